import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { replay } from "../../../checker/schedule.ts";
import { type ExtraInputs, extraInputsOf } from "../../../harness/extra-inputs/extra-inputs.ts";
import { arbitraryRun } from "../../../harness/random/arbitrary-run.ts";
import { describeRun, type Run } from "../../../harness/random/run.ts";
import { compareRuns, simplerRuns } from "../../../harness/random/simpler-runs.ts";
import { mutantSystem, referenceSystem } from "./mutants.ts";

const small = { seed: 1, numRuns: 20 } as const;

describe("an arbitrary run (seed 1)", { tags: ["random"] }, async () => {
  const system = await referenceSystem();
  const faultsOf = ({ steps }: Run) => steps.flatMap(({ asked }) => asked.filter(({ answer }) => answer.fault));

  it("is a run of the system, and is taken again by its schedule", () => {
    fc.assert(
      fc.property(arbitraryRun(system, { maxCommands: 40 }), ({ system: own, schedule, steps }) => {
        const again = replay(own, schedule).steps;
        expect(again.map(({ transition }) => system.key(transition.after))).toEqual(
          steps.map(({ transition }) => system.key(transition.after)),
        );
      }),
      small,
    );
  });

  it("goes on for as many steps as it may, and has no more faults than it may", () => {
    fc.assert(
      fc.property(arbitraryRun(system, { maxCommands: 40, faults: 2 }), (run) => {
        expect(run.steps).toHaveLength(40);
        expect(faultsOf(run).length).toBeLessThanOrEqual(2);
      }),
      small,
    );
  });

  it("has all commands in some runs and lacks whole commands in others", () => {
    const runs = fc.sample(arbitraryRun(system, { maxCommands: 100 }), small);
    const kinds = runs.map(({ steps }) => new Set(steps.map(({ action }) => system.describe(action))).size);

    expect(Math.max(...kinds)).toBeGreaterThan(20);
    expect(Math.min(...kinds)).toBeLessThan(20);
  });

  it("has runs without faults and runs full of them", () => {
    const runs = fc.sample(arbitraryRun(system, { maxCommands: 60 }), { ...small, numRuns: 40 });
    const counts = runs.map((run) => faultsOf(run).length);

    expect(Math.min(...counts)).toBe(0);
    expect(Math.max(...counts)).toBeGreaterThan(30);
  });

  it("meets with drawn values in some runs, or with none at all where it is told so", () => {
    const runsWith = (values: "any" | "table") => fc.sample(arbitraryRun(system, { maxCommands: 40, values }), small);
    const drawn = ({ system: own, schedule, steps }: Run): ExtraInputs =>
      extraInputsOf(
        own,
        schedule.initial,
        steps.map(({ action }) => action),
      );

    expect(runsWith("table").filter(({ system: own }) => own !== system)).toEqual([]);
    const words = runsWith("any").map(drawn);
    const kinds = words.map(
      ({ initialConfigurations, commands }) => `${initialConfigurations.length} ${Math.min(commands.length, 1)}`,
    );
    expect(new Set(kinds)).toEqual(new Set(["0 0", "0 1", "1 0", "1 1"]));
  });

  it("shrinks to values of the table where those show the same, and to the plainest value where they do not", () => {
    const shrunk = (isMeant: (run: Run) => boolean): string => {
      const property = fc.property(arbitraryRun(system), (run) => !isMeant(run));
      const [run] = fc.check(property, { seed: 1, numRuns: 1000 }).counterexample!;
      return describeRun(system, run);
    };
    const texts = ({ steps }: Run): readonly string[] =>
      steps.flatMap(({ transition: { events } }) =>
        events.flatMap((event) =>
          event.kind === "returned" && event.command.kind === "write" ? [event.command.text] : [],
        ),
      );

    expect(shrunk((run) => texts(run).some((text) => !/online/.test(text)))).toMatchInlineSnapshot(`
      "in a static RAM region, aligned to memory blocks, on node 1, auto_online_blocks=online_movable
         1. probe region0, online_movable
         2. echo offline > sysram_region0/hotplug"
    `);
    expect(shrunk((run) => texts(run).some((text) => text.length > 2000))).toMatchInlineSnapshot(`
      "in a static RAM region, aligned to memory blocks, on node 1, auto_online_blocks=online_movable
         1. probe region0, online_movable
         2. printf '%2020s' > sysram_region0/hotplug"
    `);
    expect(
      shrunk(({ start }) => start.kernel.memoryHotplug.defaultOnlineType === 0 && start.kernel.numa.targetNode > 1),
    ).toMatchInlineSnapshot(
      `"in a static RAM region, aligned to memory blocks, on node 8, auto_online_blocks=offline"`,
    );
  });

  it("ends where the machine is dead", async () => {
    const mutant = await mutantSystem("never frees the name");
    const isDead = ({ steps }: Run) =>
      steps.findIndex(({ transition }) =>
        transition.events.some((event) => event.kind === "died" || (event.kind === "misuse" && event.isFatal)),
      );
    fc.assert(
      fc.property(arbitraryRun(mutant, { maxCommands: 40 }), (run) => {
        expect([-1, run.steps.length - 1]).toContain(isDead(run));
      }),
      small,
    );
  });

  it("prints as the commands that it consists of", () => {
    const [run] = fc.sample(arbitraryRun(system, { maxCommands: 3 }), { seed: 1, numRuns: 1 });

    expect(fc.stringify(run)).toBe(describeRun(system, run!));
    expect(fc.stringify(run)).toMatch(/^in a static RAM region, .*\n {3}1\. .*\n {3}2\. .*\n {3}3\. /);
  });

  it("shrinks only to runs that are simpler", () => {
    fc.assert(
      fc.property(arbitraryRun(system, { maxCommands: 12 }), (run) => {
        for (const simpler of simplerRuns(system, run)) expect(compareRuns(simpler, run)).toBeLessThan(0);
      }),
      { seed: 1, numRuns: 3 },
    );
  });

  it("shrinks to the shortest run that a claim of one's own forbids", () => {
    const isPinned = ({ steps }: Run) => steps.some(({ transition: { after } }) => after.kernel.page.pinned.length > 0);
    const { counterexample } = fc.check(
      fc.property(arbitraryRun(system), (run) => !isPinned(run)),
      { seed: 1 },
    );

    expect(describeRun(system, counterexample![0])).toMatchInlineSnapshot(`
      "in a static RAM region, aligned to memory blocks, on node 1, auto_online_blocks=online_movable
         1. probe region0, online_movable
         2. a page in memory block 0 of region0 is pinned"
    `);
  });
});
