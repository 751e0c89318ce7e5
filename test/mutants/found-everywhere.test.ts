import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isEstablished } from "../../checker/certificate.ts";
import { certify } from "../../checker/certify.ts";
import type { Finding } from "../../checker/finding.ts";
import { searchPlainly } from "../../checker/plain-search.ts";
import { replay } from "../../checker/schedule.ts";
import type { Subject } from "../../driver/patch/subject-file.ts";
import { loadDriver } from "../../driver/run/driver.ts";
import { buildSubject } from "../../harness/build-subject.ts";
import { composeCertificate, examine } from "../../harness/certificate.ts";
import { readCorpus, recall, savedRun, writeCorpus } from "../../harness/corpus.ts";
import { NO_MONITORS } from "../../harness/monitors.ts";
import { machineContext, offersOf } from "../../harness/offers.ts";
import { exploreAtRandom } from "../../harness/random/explore-at-random.ts";
import type { MakeSystem } from "../../harness/search-part.ts";
import type { SysramAction, SysramState } from "../../harness/state.ts";
import { contentOfStates } from "../../harness/state-content.ts";
import { type SysramSystem, sysramSystem } from "../../harness/sysram-system.ts";
import { encodeToken, findRun, parseToken } from "../../harness/token.ts";
import type { SysramEvent } from "../../models/observation.ts";
import { claims } from "../../properties/index.ts";
import { compareVersions } from "../../verify/compare.ts";
import { searchInParts } from "../../verify/search-parts.ts";
import { HOLD, PIN, PROBE, PROBE_OFFLINE, UNBIND, USE, write } from "../support/commands.ts";
import { doing, type Edit, narrowed, referenceSubject } from "../support/review.ts";
import { LOCK_OF_HELPER, LOCK_OF_STORE, OFFLINE, ONLINE, raceCases } from "./races.ts";

const TWO_TASKS = { regions: 1, blocks: 1, tasks: 2 } as const;

/** A driver of our own that is wrong in one way, the commands that show it, and the claim that it breaks. */
interface Variant {
  readonly name: string;
  readonly claim: string;
  readonly edits: readonly Edit[];
  readonly commands: readonly string[];
}

const UNLOCKED = raceCases.find(({ name }) => name === "takes no lock in a write")!;

const WAITS_FOR_EVER: readonly Edit[] = [
  {
    replace: "\t\treported = true;\n\t\tmsleep(SYSRAM_RETRY_MS);\n",
    with: "\t\treported = true;\n\t\twhile (reported)\n\t\t\tmsleep(SYSRAM_RETRY_MS);\n",
  },
];

const LOCKS_BOTH_WAYS: readonly Edit[] = [
  {
    replace: LOCK_OF_HELPER,
    with: "\tguard(device)(&sysram->dev);\n\tguard(mutex)(&sysram->lock);\n\n\treturn sysram_command",
  },
  {
    replace: LOCK_OF_STORE,
    with: LOCK_OF_STORE.replace("\terr = sysram_command", "\tguard(device)(dev);\n\terr = sysram_command"),
  },
];

const variants: readonly Variant[] = [
  {
    name: "a race",
    claim: "accesses-are-ordered",
    edits: UNLOCKED.edits,
    commands: [PROBE_OFFLINE, ONLINE],
  },
  {
    name: "a cycle of locks",
    claim: "locks-are-taken-in-one-order",
    edits: LOCKS_BOTH_WAYS,
    commands: [PROBE, HOLD, USE, OFFLINE],
  },
  {
    name: "a dead end",
    claim: "memory-can-be-taken-back",
    edits: WAITS_FOR_EVER,
    commands: [PROBE, PIN, UNBIND],
  },
  {
    name: "a result of no serial order",
    claim: "commands-are-linearizable",
    edits: UNLOCKED.edits,
    commands: [PROBE_OFFLINE, ONLINE],
  },
];

/** The driver with two tasks in the plain machine, and nothing but some commands. */
const systemsOf = async (subject: Subject, commands: readonly string[]) => {
  const image = await buildSubject(subject);
  const make: MakeSystem = ({ isReduced }) => {
    const whole = sysramSystem(loadDriver(image), TWO_TASKS, { isReduced });
    const [plain] = whole.initialConfigurations;
    const system = doing(
      narrowed(whole, (one) => one === plain),
      (label) => commands.includes(label),
    );
    return { system, monitors: NO_MONITORS };
  };
  return { make, ...make({ isReduced: false }) };
};

const EVERYTHING = {
  ...{ faults: 0, preemptions: 1, bounds: {}, workers: 1 },
  signal: new AbortController().signal,
  onProgress: () => {},
} as const;

const nameOf = ({ property, object }: Pick<Finding, "property" | "object">): string => `${property}: ${object}`;

/** Whether a run shows a finding, taken from its token. */
const showsAgain = (system: SysramSystem, subject: Subject, finding: Finding): boolean => {
  const token = encodeToken(system, finding.counterexample, subject.sha256, TWO_TASKS);
  const found = findRun(system, parseToken(token));
  const run = replay<SysramState, SysramAction, SysramEvent>(found.system, found.schedule);
  const claim = claims.find(({ id }) => id === finding.property)!;
  const context = machineContext(found.system, claims);
  return claim.evidence(run, { ...finding, isAtEnd: true }, context).kind === "shown";
};

describe.each(variants.map((each) => [each.name, each] as const))(
  "%s with two tasks",
  { tags: ["mutant"] },
  (_, { claim, edits, commands }) => {
    const subject = referenceSubject(...edits);

    it("is found by the exhaustive and the random search, saved, brought back, replayed, and told by compare", async () => {
      const versions = await systemsOf(subject, commands);
      const { system } = versions;
      const exhaustive = await searchInParts(versions, versions, EVERYTHING);
      const searched = exhaustive.findings.filter(({ property }) => property === claim);
      expect(searched).not.toEqual([]);

      const options = { claims, faults: 0, bounds: {}, seed: 4, maxCommands: 12, values: "table", first: [] } as const;
      const drawn = await exploreAtRandom(system, { ...options, runs: 150 });
      const names = searched.map(nameOf);
      const random = drawn.findings.filter((finding) => names.includes(nameOf(finding)));
      expect(random).not.toEqual([]);
      for (const finding of [...searched, ...random]) expect(showsAgain(system, subject, finding)).toBe(true);

      const folder = await mkdtemp(join(tmpdir(), "corpus-"));
      try {
        await writeCorpus(
          folder,
          [searched[0]!].map((finding) => savedRun(system, finding, subject.sha256, TWO_TASKS)),
        );
        const { entries } = await readCorpus(folder, subject.sha256);
        const found = recall(system, entries[0]!.run);
        if ("reason" in found) throw new Error(found.reason);
        const first = [found.schedule, ...found.besides];
        const again = await exploreAtRandom(system, { ...options, runs: 0, first });
        expect(again.findings.map(nameOf)).toContain(names[0]);
        const one = sysramSystem(system.driver, { ...TWO_TASKS, tasks: 1 });
        expect(recall(one, entries[0]!.run)).toEqual({ reason: expect.stringContaining("it has 2 tasks") });
      } finally {
        await rm(folder, { recursive: true });
      }

      const fixed = await systemsOf(referenceSubject(), commands);
      const version = (of: typeof versions, from: Subject) => ({
        ...{ subject: from, source: { make: of.make }, system: of.system, monitors: of.monitors },
        sequential: doing(sysramSystem(of.system.driver, { ...TWO_TASKS, tasks: 1 }), () => false),
      });
      const { findings } = await compareVersions(version(versions, subject), version(fixed, referenceSubject()), {
        ...{ configuration: TWO_TASKS, search: { ...EVERYTHING, tasks: 2 }, policy: "none" },
        ...{ signal: EVERYTHING.signal, onProgress: () => {} },
      });
      const change = findings.find((finding) => nameOf(finding) === names[0]);
      expect(change).toMatchObject({ status: "fixed", rerun: { kind: "no longer shows it" } });
    });
  },
);

describe("a certificate of a driver with one task that breaks only", { tags: ["mutant"] }, () => {
  it.each([
    ["the way back", WAITS_FOR_EVER, [PROBE, PIN, UNBIND], "memory-can-be-taken-back"],
    ["the order of locks", LOCKS_BOTH_WAYS, [PROBE, HOLD, USE, write("offline")], "locks-are-taken-in-one-order"],
  ] as const)("%s says so, and a second search establishes that", async (_, edits, commands, claim) => {
    const subject = referenceSubject(...edits);
    const image = await buildSubject(subject);
    const configuration = {
      ...{ regions: 1, blocks: 1, tasks: 1, faults: 0 },
      preemptions: "all",
      maxSteps: null,
    } as const;
    const make = (isCached: boolean): SysramSystem => {
      const whole = sysramSystem(loadDriver(image), { regions: 1, blocks: 1 }, { isReduced: false, isCached });
      return doing({ ...whole, initial: whole.initial.slice(0, 1) }, (label) =>
        (commands as readonly string[]).includes(label),
      );
    };
    const system = make(true);
    const contentOf = contentOfStates();
    const asked = { ...configuration, claims, contentOf } as const;
    const { proof } = await certify<SysramState, SysramAction, SysramEvent>(system, {
      ...{ ...asked, offers: offersOf(system), limits: {} },
    });
    const of = { name: "a variant", sha256: subject.sha256, image: image.sha256 };
    const certificate = composeCertificate(
      system,
      of,
      { ...configuration, policy: "none" },
      { ...proof!, neverRun: [] },
    );
    expect(certificate.verdict).toBe("violated");
    expect(certificate.properties.filter(({ verdict }) => verdict === "violated").map(({ id }) => id)).toEqual([claim]);

    const second = make(false);
    const established = await searchPlainly<SysramState, SysramAction, SysramEvent>(second, {
      ...{ ...asked, offers: offersOf(second) },
    });
    const statements = examine(certificate, second, claims, { ...established!, neverRun: [] });
    expect(statements.filter((one) => !isEstablished(one))).toEqual([]);
    const tampered = {
      ...certificate,
      verdict: "holds" as const,
      violations: [],
      properties: certificate.properties.map((each) =>
        each.id === claim ? { ...each, verdict: "holds" as const, broken: 0 } : each,
      ),
    };
    const wrong = examine(tampered, second, claims, { ...established!, neverRun: [] }).filter(
      (one) => !isEstablished(one),
    );
    expect(wrong.map(({ what }) => what)).toContain(`the property ${claim}`);
  });
});
