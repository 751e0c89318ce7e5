import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../../abi/package-root.ts";
import type { Exploration } from "../../../checker/explore.ts";
import { replay } from "../../../checker/schedule.ts";
import { readInputs } from "../../../driver/patch/subject.ts";
import { DEFAULT_CONFIGURATION } from "../../../harness/configuration.ts";
import { offersOf } from "../../../harness/offers.ts";
import { exploreAtRandom, type RandomOptions } from "../../../harness/random/explore-at-random.ts";
import type { SysramSystem } from "../../../harness/sysram-system.ts";
import { confirm } from "../../support/confirm.ts";
import { exploreAll, referenceSubject, runLines, SMALL, systemOf } from "../../support/review.ts";
import { stepClaims } from "../../support/step-claims.ts";
import { MUTANTS, type Mutant, mutantSystem, referenceSystem } from "./mutants.ts";

const drawn = (system: SysramSystem, options: Partial<RandomOptions> = {}) =>
  exploreAtRandom(system, {
    ...{ claims: stepClaims, seed: 1, runs: 60, maxCommands: 60, faults: "all", bounds: {}, first: [] },
    ...options,
  });

/** What a search found, and what it takes to show it. */
const needed = ({ findings }: Pick<Exploration, "findings">) =>
  findings
    .map(({ property, object, site, cost }) => ({ property, object, site, ...cost }))
    .sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));

/** How long the exhaustive search's runs may become, and how many are drawn: the space of a driver that leaks has no end. */
const SCALES: Readonly<Record<Mutant, { readonly maxDepth: number; readonly runs: number }>> = {
  "never frees the name": { maxDepth: 2, runs: 50 },
  "forgets memory that it could not take back": { maxDepth: 4, runs: 100 },
  "leaves memory plugged in when it could not be onlined": { maxDepth: 3, runs: 300 },
  "keeps the resource of memory that could not be added": { maxDepth: 3, runs: 600 },
};

const posted = join(packageRoot, "../shared/inputs/v4-24of27.mbox");

describe("random search with seed 1", { tags: ["random"] }, () => {
  it.each(Object.keys(MUTANTS) as readonly Mutant[])(
    "finds what the exhaustive search finds in a driver that %s, in as few steps and faults",
    { tags: ["long"] },
    async (mutant) => {
      const system = await mutantSystem(mutant);
      const { maxDepth, runs } = SCALES[mutant];
      const exhaustive = await exploreAll(system, { bounds: { maxDepth } });
      const random = await drawn(system, { runs, maxCommands: 200 });

      expect(needed(exhaustive)).not.toEqual([]);
      expect(needed(random)).toEqual(needed(exhaustive));
      for (const finding of random.findings) confirm(random.system, stepClaims, finding, offersOf(random.system));
    },
  );

  it("finds what the exhaustive search finds in the posted patch, in as few steps and faults", {
    tags: ["random", "long"],
  }, async ({ skip }) => {
    skip(!existsSync(posted), "the posted patch is not on this machine");
    const system = await systemOf(await readInputs([posted]), { configuration: DEFAULT_CONFIGURATION });
    const exhaustive = await exploreAll(system, { bounds: { maxDepth: 3 } });
    const random = await drawn(system, { runs: 400, maxCommands: 200 });

    expect(needed(random)).toEqual(needed(exhaustive));
  });

  it("says inconclusive, never holds, where it finds nothing", async () => {
    const { ending, properties: verdicts, findings } = await drawn(await referenceSystem());

    expect(ending).toBe("sampled");
    expect(findings).toEqual([]);
    expect(new Set(verdicts.map(({ verdict }) => verdict))).toEqual(new Set(["inconclusive"]));
    expect(verdicts[0]!.because).toContain("runs were only sampled");
  });

  it("gives the same result for the same seed, and another one for another seed", {
    tags: ["random", "long"],
  }, async () => {
    const first = await drawn(await mutantSystem("never frees the name"));
    const second = await drawn(await mutantSystem("never frees the name"));
    const other = await drawn(await mutantSystem("never frees the name"), { seed: 2 });
    const timeless = ({ elapsedMs: _, ...rest }: Awaited<ReturnType<typeof drawn>>) => JSON.stringify(rest);

    expect(timeless(second)).toBe(timeless(first));
    expect(timeless(other)).not.toBe(timeless(first));
  });

  it("shrinks to runs that read as a person would write them", async () => {
    const system = await mutantSystem("forgets memory that it could not take back");
    const { findings } = await drawn(system);
    const finding = findings.find(({ property }) => property === "names-outlive-resources") ?? findings[0]!;

    expect(runLines(system, finding.counterexample)).toMatchInlineSnapshot(`
      [
        "probe region0, online_movable",
        "a page in memory block 0 of region0 is pinned",
        "echo offline > sysram_region0/hotplug",
        "a signal ends the wait",
      ]
    `);
  });

  it("finds what only a drawn value shows, as a schedule of the system that it gives with it", {
    tags: ["random", "long"],
  }, async () => {
    const replace = "\tcmd = mhp_online_type_from_str(buf);\n";
    const isLong = "\tif (len > 100)\n\t\treturn len + 1;\n";
    const system = await systemOf(referenceSubject({ replace, with: `${isLong}${replace}` }), SMALL);
    const random = await drawn(system, { runs: 100 });

    expect(await exploreAll(system)).toMatchObject({ findings: [] });
    expect(random.findings.map(({ property }) => property)).toEqual(["results-tell-what-happened"]);
    const [finding] = random.findings;
    expect(runLines(random.system, finding!.counterexample)).toMatchInlineSnapshot(`
      [
        "probe region0, online_movable",
        "printf '%200s' > sysram_region0/hotplug",
      ]
    `);
    confirm(random.system, stepClaims, finding!, offersOf(random.system));
  });

  it("keeps to the most faults that a run may have", async () => {
    const system = await mutantSystem("never frees the name");
    const { statistics, findings } = await drawn(system, { faults: 0 });

    expect(statistics.faults.filter(({ given }) => given > 0)).toEqual([]);
    expect(findings.map(({ needs }) => needs)).toEqual(findings.map(() => "nothing"));
  });

  it("takes the runs that are known before it draws any", async () => {
    const system = await mutantSystem("never frees the name");
    const [known] = (await drawn(system)).findings;
    const { findings, statistics, depth } = await drawn(system, {
      runs: 0,
      first: [known!.counterexample],
    });

    expect(findings.map(({ counterexample }) => counterexample)).toEqual([known!.counterexample]);
    expect(statistics.runs).toBe(0);
    expect(depth).toBe(replay(system, known!.counterexample).steps.length);
  });

  it.each([
    ["state limit", { bounds: { maxStates: 10 } }],
    ["time limit", { bounds: { maxMillis: 0 } }],
    ["interrupted", { signal: AbortSignal.abort() }],
  ] as const)("stops at its %s, with what was found so far", async (ending, options) => {
    const exploration = await drawn(await referenceSystem(), { runs: 100_000, ...options });

    expect(exploration.ending).toBe(ending);
    expect(exploration.statistics.runs).toBeLessThan(1000);
  });

  it("refuses a number of runs that is none", async () => {
    await expect(drawn(await referenceSystem(), { runs: -1 })).rejects.toThrow("runs is -1");
  });
});
