import { describe, expect, it } from "vitest";
import type { Exploration } from "../../checker/explore.ts";
import type { Progress } from "../../checker/pace.ts";
import type { DriverImage } from "../../driver/compile/image.ts";
import { loadDriver } from "../../driver/run/driver.ts";
import { type Blueprint, systemFrom } from "../../harness/blueprint.ts";
import { buildSubject } from "../../harness/build-subject.ts";
import { exploreReduced } from "../../harness/explore-reduced.ts";
import { monitorsFor } from "../../harness/monitor-policy.ts";
import { NO_MONITORS } from "../../harness/monitors.ts";
import { offersOf } from "../../harness/offers.ts";
import { countsOf } from "../../harness/run-counts.ts";
import type { MakeSystem } from "../../harness/search-part.ts";
import { sysramSystem } from "../../harness/sysram-system.ts";
import type { Policy } from "../../machines/policy.ts";
import { claims } from "../../properties/index.ts";
import { commandsAreLinearizable } from "../../properties/linearizability.ts";
import type * as SearchPartsModule from "../../verify/search-parts.ts";
import { searchInParts, sourceOf } from "../../verify/search-parts.ts";
import { mutants } from "../mutants/mutants.ts";
import { bundledModule, commandLine } from "../support/cli.ts";
import { PROBE, PROBE_OFFLINE, UNBIND, write } from "../support/commands.ts";
import { confirm } from "../support/confirm.ts";
import { doing, type Edit, referenceSubject } from "../support/review.ts";

const ALL = {
  faults: "all",
  preemptions: "all",
  bounds: {},
  workers: 1,
  signal: new AbortController().signal,
  onProgress: () => {},
} as const;

const OFFLINE = write("offline");
const ONLINE = write("online_movable");

/** What no order decides, and no clock. */
const gist = ({ elapsedMs: _, properties: verdicts, findings, questions: __, ...numbers }: Exploration) => ({
  ...numbers,
  properties: verdicts.map(({ witness, ...counts }) => ({ ...counts, steps: witness?.steps.length })),
  findings: findings
    .map(({ property, object, site, cost, seen }) => JSON.stringify([property, object, site, cost, seen]))
    .sort(),
});

/** Writes take no lock, and nothing in the driver says that they must: two of them race. */
const UNLOCKED: readonly Edit[] = [
  {
    replace: "static bool is_sysram(",
    with: "#undef lockdep_assert_held\n#define lockdep_assert_held(lock) do { } while (0)\nstatic bool is_sysram(",
  },
  {
    replace: `	ACQUIRE(mutex_intr, lock)(&sysram->lock);
	err = ACQUIRE_ERR(mutex_intr, &lock);
	if (err)
		return err;

	err = sysram_command`,
    with: "\terr = sysram_command",
  },
];

describe("a search in parts", () => {
  const forgetful = mutants.find(({ name }) => name === "does not note the command that was written")!;

  /** What parts come to, beside what one search of all initial configurations comes to. */
  const both = async (edits: readonly Edit[], tasks: number, commands: readonly string[]) => {
    const image = await buildSubject(referenceSubject(...edits));
    const make: MakeSystem = ({ isReduced }) => {
      const monitors = tasks === 1 ? monitorsFor("intended") : NO_MONITORS;
      const system = sysramSystem(loadDriver(image), { regions: 1, blocks: 1, tasks }, { monitors, isReduced });
      return { system: doing(system, (label) => commands.includes(label)), monitors };
    };
    const [whole, one] = [make({ isReduced: false }), make({ isReduced: true })];
    const asked = { faults: tasks === 1 ? ("all" as const) : 0, preemptions: 1 };
    const found = await searchInParts({ make }, whole, { ...ALL, ...asked });
    const expected = await exploreReduced(one.system, { ...asked, claims, bounds: {} });
    return { found, whole, expected, one };
  };

  it("comes to what the search of all initial configurations comes to", { tags: ["mutant"] }, async () => {
    const { found, whole, expected, one } = await both([forgetful], 1, [PROBE, PROBE_OFFLINE, OFFLINE, ONLINE, UNBIND]);
    expect(gist(found)).toEqual(gist(expected));
    expect(found.findings).toHaveLength(1);
    expect(whole.system.failurePoints.report()).toEqual(one.system.failurePoints.report());
    expect(countsOf(whole.system, whole.monitors)).toEqual(countsOf(one.system, one.monitors));
  });

  it("finds the same races, in runs of a system that may be interrupted anywhere", {
    tags: ["mutant", "long"],
  }, async () => {
    const { found, whole, expected } = await both(UNLOCKED, 2, [PROBE_OFFLINE, ONLINE]);
    expect(found.ending).toBe("exhausted");
    const [overlapped, others] = [true, false].map((isOverlap) =>
      found.findings.filter(({ property }) => (property === commandsAreLinearizable.id) === isOverlap),
    );
    expect(gist({ ...found, findings: others! }).findings).toEqual(gist(expected).findings);
    expect(others!.some(({ needs }) => needs === "race")).toBe(true);
    expect(overlapped).toHaveLength(1);
    for (const finding of found.findings) confirm(whole.system, claims, finding, offersOf(whole.system));
    expect(found.properties.find(({ property }) => property === commandsAreLinearizable.id)).toMatchObject({
      verdict: "violated",
      reach: { ending: "exhausted", frontier: 0 },
    });
  });

  it("ends at once when it is interrupted before it begins, and still says so of every initial configuration", async () => {
    const { source, whole } = machine("intended");
    const found = await searchInParts(source, whole, { ...ALL, signal: AbortSignal.abort() });
    expect(found).toMatchObject({ ending: "interrupted", states: 9, frontier: 9, transitions: 0, findings: [] });
  });
});

/** What the search of a life cycle with one memory block is made from; it needs no compiler. */
const machine = (policy: Policy) => {
  const blueprint: Blueprint = { driver: { kind: "machine", policy }, configuration: { regions: 1, blocks: 1 } };
  return { blueprint, source: sourceOf(blueprint), whole: systemFrom(blueprint) };
};

/** The same search as it is shipped: only there it has threads. */
const shipped = (): Promise<typeof SearchPartsModule> => bundledModule("verify/search-parts.js");

describe("threads", () => {
  it("come to the same report, however many there are", async () => {
    const { searchInParts: search } = await shipped();
    const reports = [];
    for (const workers of [1, 2]) {
      const { source, whole } = machine("as-posted");
      const bounds = { maxDepth: 2 };
      const { elapsedMs: _, ...found } = await search(source, whole, { ...ALL, bounds, workers });
      reports.push(structuredClone({ found, counts: countsOf(whole.system, whole.monitors) }));
    }
    expect(reports[1]).toEqual(reports[0]);
    expect(reports[0]!.found.ending).toBe("depth limit");
    expect(reports[0]!.found.findings.length).toBeGreaterThan(3);
  });

  it("all end when the search is interrupted", async () => {
    const { searchInParts: search } = await shipped();
    const { source, whole } = machine("intended");
    const interrupt = new AbortController();
    const told: Progress[] = [];
    const onProgress = (progress: Progress): void => {
      told.push(progress);
      if (progress.transitions > 0) interrupt.abort();
    };
    const found = await search(source, whole, { ...ALL, workers: 2, signal: interrupt.signal, onProgress });
    expect(found.ending).toBe("interrupted");
    expect(found.transitions).toBeGreaterThanOrEqual(told.at(-1)!.transitions);
    expect(found.properties.filter(({ verdict }) => verdict === "holds")).toEqual([]);
  });

  it("all end with the error of one of them", async () => {
    const { searchInParts: search } = await shipped();
    const { source, whole } = machine("intended");
    // This thread has the whole system already; only the others find that there is no such driver.
    const image = { ...whole.system.driver.facts, wasm: new Uint8Array([1, 2, 3]) } as unknown as DriverImage;
    const broken: Blueprint = {
      driver: { kind: "image", image, policy: "none" },
      configuration: whole.system.configuration,
    };
    await expect(search({ ...source, blueprint: broken }, whole, { ...ALL, workers: 2 })).rejects.toThrow(
      "WebAssembly.Module()",
    );
  });

  it("are some, or as many as there are cores", async () => {
    const { exitCode, stdout, stderr } = await commandLine(["verify", "--workers", "0"]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toMatch(/--workers <n>.*give a whole number from 1 to 256, or auto/);
  });
});
