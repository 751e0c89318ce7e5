/**
 * The life cycle without any driver: as a machine that fast-check walks through, and as a driver in the modelled kernel.
 *
 * No compiler is needed for either. Outside of this repository the last import is from "sysram-verify".
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  acceptedIn,
  arbitraryRun,
  claims,
  DEFAULT_CONFIGURATION,
  describeRun,
  exploreAtRandom,
  initialKernelState,
  kernelFunctions,
  lifeAlone,
  lifeCycle,
  MACHINES,
  type MachineTable,
  machineSubject,
  nextIn,
  nodesOf,
  POLICIES,
  sysramSystem,
} from "../index.ts";

/** The states that a walk passes through; each natural picks one of the events that are accepted there. */
const walk = (table: MachineTable, picks: readonly number[]): readonly unknown[] => {
  const states: unknown[] = [table.configurations[0]!.value];
  let at = 0;
  for (const pick of picks) {
    const events = acceptedIn(table, at);
    if (events.length === 0) break;
    at = nextIn(table, at, table.eventNumber(events[pick % events.length]!));
    states.push(table.configurations[at]!.value);
  }
  return states;
};

const walks = (table: MachineTable): fc.Arbitrary<readonly unknown[]> =>
  fc.array(fc.nat(), { minLength: 60, maxLength: 60, size: "max" }).map((picks) => walk(table, picks));

describe("the life cycle as a machine", () => {
  it("abandons memory as posted, and never as intended", () => {
    const canAbandon = (policy: (typeof POLICIES)[number]): boolean =>
      fc.check(
        fc.property(walks(lifeCycle(policy)), (states) => !states.includes("abandoned")),
        { seed: 1, numRuns: 2000 },
      ).failed;

    expect(POLICIES.map((policy) => [policy, canAbandon(policy)])).toEqual([
      ["as-posted", true],
      ["intended", false],
    ]);
    expect(nodesOf(lifeCycle("intended"))).not.toContain("abandoned");
  });

  it("is one of several machines, each of which has a title", () => {
    for (const { name, title } of MACHINES)
      expect({ name, title }).toEqual({ name, title: expect.stringMatching(/\w/) });
  });
});

describe("the life cycle as a driver in the modelled kernel", () => {
  const systemOf = (policy: (typeof POLICIES)[number]) =>
    sysramSystem(machineSubject(policy).driver(), DEFAULT_CONFIGURATION, { monitors: lifeAlone(policy) });

  it("begins with no memory, and gets some through functions that are modelled", () => {
    const system = systemOf("intended");
    const getsMemory = fc.property(arbitraryRun(system), ({ steps }) =>
      steps.every(({ transition: { after } }) => after.kernel.memoryHotplug.blocks.length === 0),
    );
    const [run] = fc.check(getsMemory, { seed: 1 }).counterexample!;

    expect(initialKernelState.memoryHotplug.blocks).toEqual([]);
    expect(kernelFunctions).toHaveProperty("__add_memory_driver_managed");
    expect(describeRun(system, run)).toMatchInlineSnapshot(`
      "in a static RAM region, aligned to memory blocks, on node 1, auto_online_blocks=online_movable
         1. probe region0, online_movable"
    `);
  });

  it("is judged by the properties that judge code", async () => {
    const { findings } = await exploreAtRandom(systemOf("as-posted"), {
      ...{ claims, seed: 1, runs: 100, maxCommands: 50, faults: 0, bounds: {}, first: [] },
    });

    expect(findings.map(({ property }) => property)).toContain("memory-has-a-backing-region");
  });
});
