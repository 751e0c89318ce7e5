import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Exploration, explore } from "../../checker/explore.ts";
import { loadDriver } from "../../driver/run/driver.ts";
import { buildSubject } from "../../harness/build-subject.ts";
import { exploreReduced } from "../../harness/explore-reduced.ts";
import { monitorsFor } from "../../harness/monitor-policy.ts";
import { NO_MONITORS } from "../../harness/monitors.ts";
import { countsOf } from "../../harness/run-counts.ts";
import { sysramSystem } from "../../harness/sysram-system.ts";
import { claims } from "../../properties/index.ts";
import { PROBE, PROBE_OFFLINE, UNBIND, write } from "../support/commands.ts";
import { doing, referenceSubject } from "../support/review.ts";
import { type Doing, type Programmed, programmed, searched } from "./programmed-driver.ts";

/** All that a search says, but how long it took. */
const told = ({ elapsedMs: _, ...all }: Exploration) => all;

const ONLINE = write("online_movable");
const OFFLINE = write("offline");
const HOLD = "cxl_region_find_sysram() of region0, and hold the reference";

/** A search of the reference driver, and all that it has covered, with and without steps that are kept. */
const both = async (tasks: number, faults: number, commands: readonly string[]) => {
  const image = await buildSubject(referenceSubject());
  const search = async (isCached: boolean) => {
    const monitors = tasks === 1 ? monitorsFor("intended") : NO_MONITORS;
    const whole = sysramSystem(loadDriver(image), { regions: 1, blocks: 1, tasks }, { monitors, isCached });
    const system = doing({ ...whole, initial: whole.initial.slice(0, 1) }, (label) => commands.includes(label));
    const found =
      tasks === 1
        ? await explore(system, { claims, faults, bounds: {} })
        : await exploreReduced(system, { claims, faults, preemptions: 1, bounds: {} });
    return { found: told(found), counts: countsOf(system, monitors) };
  };
  return { kept: await search(true), run: await search(false) };
};

describe("a search in which steps are kept", () => {
  it("says and has covered what one says that runs each of them, with one task and its monitors", async () => {
    const { kept, run } = await both(1, 2, [PROBE, ONLINE, OFFLINE, UNBIND]);
    expect(kept).toEqual(run);
    expect(run.found).toMatchObject({ ending: "exhausted", findings: [] });
  });

  it("does so with two tasks, and faults", async () => {
    const { kept, run } = await both(2, 1, [PROBE_OFFLINE, ONLINE, UNBIND]);
    expect(kept).toEqual(run);
    expect(run.found).toMatchObject({ ending: "exhausted", findings: [] });
  });
});

const SEED = 20261130;

const OPERATIONS = [..."01rw+!?BFbsgGctTudfkKJRP."];

/** Mostly under a lock, and now and then without one: also what races, and what uses memory that others free. */
const section = fc
  .tuple(
    fc.constantFrom("LU", "LU", "IU", "MN", ""),
    fc.array(fc.constantFrom(...OPERATIONS), { minLength: 1, maxLength: 3 }),
  )
  .map(([[take = "", release = ""], inside]) => `${take}${inside.join("")}${release}`);

const programs = fc.uniqueArray(
  fc.array(section, { minLength: 1, maxLength: 2 }).map((sections) => sections.join(".")),
  { minLength: 2, maxLength: 2 },
);

/** @param commands - what is done beside the programs */
const agree = async (driver: Programmed, runs: number, commands: readonly string[]): Promise<number> => {
  let findings = 0;
  await fc.assert(
    fc.asyncProperty(programs, fc.boolean(), fc.nat({ max: 1 }), async (texts, isReduced, faults) => {
      const asked: Doing = { programs: texts, commands, faults: isReduced ? faults : 0, maxStates: 2_000 };
      const kept = await searched(driver, asked, { isReduced });
      const run = await searched(driver, asked, { isReduced, isCached: false });
      findings += run.findings.length;
      expect(told(kept)).toEqual(told(run));
    }),
    { seed: SEED, numRuns: runs, endOnFailure: true },
  );
  return findings;
};

describe("a driver that goes on with a device whose last reference it has dropped", () => {
  const comesToTheSame = async (mode: number, preemptions: number): Promise<void> => {
    const driver = await programmed();
    const asked: Doing = { commands: [HOLD, UNBIND], mode, preemptions };
    const kept = await searched(driver, asked, {});
    expect(told(kept)).toEqual(told(await searched(driver, asked, { isCached: false })));
    expect(kept.findings).not.toEqual([]);
  };

  it.each([10, 11, 13])("comes to the same where steps are kept, in its way %i", (mode) => comesToTheSame(mode, 1));

  it.each([10, 11, 13])("comes to the same where it is interrupted twice, in its way %i", { tags: ["long"] }, (mode) =>
    comesToTheSame(mode, 2),
  );
});

describe("drivers that were drawn", { tags: ["random"] }, () => {
  it(`come to the same where steps are kept, 3 of them (seed ${SEED})`, async () => {
    expect(await agree(await programmed(), 3, [])).toBeGreaterThan(0);
  });

  it(`come to the same where steps are kept, 100 of them that may be unbound (seed ${SEED})`, {
    tags: ["long"],
    timeout: 1_800_000,
  }, async () => {
    expect(await agree(await programmed(), 100, [UNBIND])).toBeGreaterThan(100);
  });

  it(`come to the same where they are interrupted at accesses, 40 of them (seed ${SEED})`, {
    tags: ["long"],
    timeout: 1_800_000,
  }, async () => {
    expect(await agree(await programmed("accesses"), 40, [])).toBeGreaterThan(50);
  });
});
