import { describe, expect, it } from "vitest";
import { replay } from "../../checker/schedule.ts";
import type { Subject } from "../../driver/patch/subject.ts";
import { loadDriver } from "../../driver/run/driver.ts";
import { buildSubject } from "../../harness/build-subject.ts";
import { exploreReduced } from "../../harness/explore-reduced.ts";
import { machineContext } from "../../harness/offers.ts";
import type { SysramAction, SysramState } from "../../harness/state.ts";
import { sysramSystem } from "../../harness/sysram-system.ts";
import type { SysramEvent } from "../../models/observation.ts";
import { claims } from "../../properties/index.ts";
import { PIN, PROBE, UNBIND, UNPIN, WORKER_UNBINDS, write } from "../support/commands.ts";
import { doing, type Edit, referenceSubject, runLines, SMALL, systemOf } from "../support/review.ts";

const progress = claims.find(({ id }) => id === "memory-can-be-taken-back")!;

const OFFLINES = "the administrator offlines memory block 0 of region0";

const search = async (subject: Subject, faults: number | "all", maxStates?: number) => {
  const system = await systemOf(subject, SMALL);
  const found = await exploreReduced(system, { claims, faults, bounds: { maxStates } });
  const livelocks = found.findings.filter(({ property }) => property === progress.id);
  const verdict = found.properties.find(({ property }) => property === progress.id)!;
  return { system, found, livelocks, verdict };
};

/** The drivers that are wrong in nothing but that something is not possible any more, with the shortest run to there. */
const cases: readonly {
  readonly name: string;
  readonly edits: readonly Edit[];
  readonly faults: number | "all";
  readonly run: readonly string[];
  readonly detail: string;
  /**
   * The states of the livelock, and how many steps what goes on there takes until it comes round. The block is online or it is
   * not; and behind the unbind waits nobody, another unbind, that of a worker, or a decommit.
   */
  readonly livelock: { readonly states: number; readonly round: number };
}[] = [
  {
    name: "waits for ever behind a removal that failed once, and never tries again",
    edits: [
      {
        replace: "\t\treported = true;\n\t\tmsleep(SYSRAM_RETRY_MS);\n",
        with: "\t\treported = true;\n\t\twhile (reported)\n\t\t\tmsleep(SYSRAM_RETRY_MS);\n",
      },
    ],
    faults: 0,
    run: [PROBE, WORKER_UNBINDS],
    detail:
      "the command that is under way never comes to its end, whatever is done, and 1 memory block is still system memory",
    livelock: { states: 8, round: 1 },
  },
  {
    name: "waits in its teardown for a write that has failed",
    edits: [
      { replace: "static bool is_sysram(", with: "static bool sysram_busy;\n\nstatic bool is_sysram(" },
      {
        replace: "\terr = sysram_command(sysram, cmd);\n\n\treturn err ? err : (ssize_t)len;",
        with: "\tsysram_busy = true;\n\terr = sysram_command(sysram, cmd);\n\tif (err)\n\t\treturn err;\n\tsysram_busy = false;\n\n\treturn len;",
      },
      {
        replace: "\tdevice_del(&sysram->dev);\n",
        with: "\tdevice_del(&sysram->dev);\n\twhile (sysram_busy)\n\t\tmsleep(SYSRAM_RETRY_MS);\n",
      },
    ],
    faults: 0,
    run: [PROBE, write("online"), UNBIND],
    detail:
      "the command that is under way never comes to its end, whatever is done, and 1 memory block is still system memory",
    livelock: { states: 8, round: 1 },
  },
];

describe("a driver that", { tags: ["mutant"] }, () => {
  it.each(cases.map((each) => [each.name, each] as const))(
    "%s breaks progress alone",
    async (_, { edits, faults, run, detail, livelock }) => {
      const { system, found, livelocks, verdict } = await search(referenceSubject(...edits), faults);

      expect(found.ending).toBe("exhausted");
      expect(found.findings.map(({ property }) => property)).toEqual([progress.id]);
      expect(verdict.verdict).toBe("violated");
      expect(runLines(system, livelocks[0]!.counterexample)).toEqual(run);
      expect(livelocks[0]!.detail).toBe(detail);
      const context = machineContext(system, claims);
      const again = replay<SysramState, SysramAction, SysramEvent>(system, livelocks[0]!.counterexample);
      const [shown] = progress.shownIn(again, context);
      expect(shown).toMatchObject({ step: again.steps.length, violation: { detail } });
      expect(shown!.notes[0]).toContain(`${livelock.states} states can be reached`);
      expect(shown!.onward?.round).toHaveLength(livelock.round);
    },
  );
});

describe("the reference driver", { tags: ["mutant"] }, () => {
  it("can always be brought back, also where two commands are under way", async () => {
    const system = sysramSystem(loadDriver(await buildSubject(referenceSubject())), {
      regions: 1,
      blocks: 1,
      tasks: 2,
    });
    const small = doing(system, (label) => [PROBE, write("offline"), UNBIND, PIN, UNPIN, OFFLINES].includes(label));
    const found = await exploreReduced(small, {
      ...{ claims, faults: 0, preemptions: 1, bounds: {} },
    });
    expect(found).toMatchObject({ ending: "exhausted", findings: [], states: 608 });
    const verdicts = found.properties.filter(({ property }) => /taken/.test(property));
    expect(verdicts.map(({ property, verdict }) => [property, verdict])).toEqual([
      ["memory-can-be-taken-back", "holds"],
      ["locks-are-taken-in-one-order", "holds"],
    ]);
  });
});

describe("what an earlier round of interruptions has found", () => {
  it("can be replayed also where a later one has learned more, and was cut short before it found it again", async () => {
    const image = await buildSubject(referenceSubject(...cases[0]!.edits));
    let cut = 0;
    for (const maxStates of [60, 70, 80]) {
      const whole = sysramSystem(loadDriver(image), { regions: 1, blocks: 1, tasks: 2 });
      const system = doing({ ...whole, initial: whole.initial.slice(0, 1) }, (label) =>
        [PROBE, PIN, UNBIND, WORKER_UNBINDS, UNPIN, write("offline")].includes(label),
      );
      const found = await exploreReduced(system, {
        ...{ claims, faults: 0, preemptions: 1, bounds: { maxStates } },
      });
      if (found.ending === "state limit") cut += 1;
      for (const { counterexample } of found.findings) expect(replay(system, counterexample).steps).not.toHaveLength(0);
    }
    expect(cut).toBe(3);
  });
});
