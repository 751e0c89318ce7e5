/** The search against searches that share no code with it. */
import { getShortestPaths } from "@xstate/graph";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assign, initialTransition, type SnapshotFrom, setup, transition } from "xstate";
import { type Exploration, explore } from "../../checker/explore.ts";
import type { System } from "../../checker/system.ts";
import { confirm } from "../support/confirm.ts";
import { arrivals, counter, graph, jugs, lock } from "./systems.ts";
import { asTheTableSays, reckon, systemOf, tables } from "./table-system.ts";

const SEED = 20261122;

/** Breadth first over keys, in ten lines; only for systems that ask nothing. */
const distances = <State, Action, Event>(system: System<State, Action, Event>): ReadonlyMap<string, number> => {
  const silent = {
    choose: (): never => {
      throw new Error("asks");
    },
  };
  const found = new Map<string, number>();
  let level = [...system.initial];
  for (let distance = 0; level.length > 0; distance += 1) {
    level = level.filter((state) => !found.has(system.key(state)) && found.set(system.key(state), distance));
    level = level.flatMap((state) => system.actions(state).map((action) => system.step(state, action, silent).state));
  }
  return found;
};

/** The length of the cheapest run to each state, as the search has it; the initial ones are left out. */
const lengths = ({ findings }: Exploration): ReadonlyMap<string, number> =>
  new Map(findings.map(({ object, cost }) => [object, cost.steps]));

const systems: readonly (readonly [string, System<never, never, never>])[] = [
  ["a counter", counter(20)],
  ["the two jugs", jugs],
  ["a graph", graph("a b c d e", "a c", "e b", "d f g", "h a")],
  ["a lock that is atomic", lock({ isAtomic: true })],
  ["a lock that is not", lock({ isAtomic: false })],
] as unknown as readonly (readonly [string, System<never, never, never>])[];

describe("a search and plain breadth first", () => {
  it.each(systems)("agree on the states of %s and the way to each", async (_, system) => {
    const exploration = await explore(system, { claims: [arrivals(system.key)], bounds: {}, faults: "all" });
    const expected = distances(system);
    const atTheStart = new Set(system.initial.map(system.key));

    expect(exploration.states).toBe(expected.size);
    expect(exploration.depth).toBe(Math.max(...expected.values()));
    for (const [key, distance] of expected) {
      if (!atTheStart.has(key)) expect(lengths(exploration).get(key), key).toBe(distance);
    }
  });
});

describe("a search and the shortest paths of @xstate/graph", () => {
  type Events = { type: "PROBE" } | { type: "REMOVE" } | { type: "FAIL" } | { type: "HOTPLUG" } | { type: "UNPLUG" };

  /**
   * A device that gives up after three failed probes, and whose memory comes and goes in blocks.
   *
   *     unbound --PROBE--> bound --HOTPLUG/UNPLUG--> bound
   *        |                 |
   *        +--FAIL--> unbound / dead     +--REMOVE (without blocks)--> unbound
   */
  const machine = setup({
    types: { context: {} as { readonly failures: number; readonly blocks: number }, events: {} as Events },
    guards: {
      isPatient: ({ context }) => context.failures < 2,
      hasRoom: ({ context }) => context.blocks < 4,
      hasBlocks: ({ context }) => context.blocks > 0,
      isEmpty: ({ context }) => context.blocks === 0,
    },
    actions: {
      fail: assign({ failures: ({ context }) => context.failures + 1 }),
      plug: assign({ blocks: ({ context }) => context.blocks + 1 }),
      unplug: assign({ blocks: ({ context }) => context.blocks - 1 }),
    },
  }).createMachine({
    context: { failures: 0, blocks: 0 },
    initial: "unbound",
    states: {
      unbound: {
        on: {
          PROBE: { target: "bound" },
          FAIL: [{ guard: "isPatient", target: "unbound", actions: "fail" }, { target: "dead" }],
        },
      },
      bound: {
        on: {
          HOTPLUG: { guard: "hasRoom", actions: "plug" },
          UNPLUG: { guard: "hasBlocks", actions: "unplug" },
          REMOVE: { guard: "isEmpty", target: "unbound" },
        },
      },
      dead: {},
    },
  });

  type Snapshot = SnapshotFrom<typeof machine>;
  const events: readonly Events[] = (["PROBE", "REMOVE", "FAIL", "HOTPLUG", "UNPLUG"] as const).map((type) => ({
    type,
  }));
  const keyOf = ({ value, context }: Pick<Snapshot, "value" | "context">): string => JSON.stringify([value, context]);

  const system: System<Snapshot, Events, never> = {
    initial: [initialTransition(machine)[0]],
    actions: (snapshot) => events.filter((event) => snapshot.can(event)),
    step: (snapshot, event) => ({ state: transition(machine, snapshot, event)[0], events: [] }),
    key: keyOf,
    describe: ({ type }) => type,
  };

  it("agree on the states of a machine and the length of the way to each", async () => {
    const paths = getShortestPaths(machine, {
      events: [...events],
      serializeState: (snapshot) => keyOf(snapshot as Snapshot),
    });
    const exploration = await explore(system, { claims: [arrivals(keyOf)], bounds: {}, faults: "all" });

    expect(exploration).toMatchObject({ ending: "exhausted", states: 19, depth: 7 });
    expect(paths).toHaveLength(exploration.states);
    for (const { state, weight } of paths) {
      const key = keyOf(state);
      if (key !== keyOf(system.initial[0]!)) expect(lengths(exploration).get(key), key).toBe(weight);
    }
  });
});

describe(`a search and a reckoning by other means, on random small systems (seed ${SEED})`, () => {
  /** The search in the words of the reckoning. */
  const summary = ({ states, transitions, depth, fatal, cut, findings }: Exploration) => ({
    states,
    transitions,
    depth,
    fatal,
    cut,
    findings: Object.fromEntries(
      findings.map(({ object, site, cost: { smallAllocationFaults, ordinaryFaults, steps }, seen }) => [
        `${object} ${site}`,
        { cost: [smallAllocationFaults, ordinaryFaults, steps], seen },
      ]),
    ),
  });

  const budgets = fc.constantFrom<number | "all">("all", 0, 1, 2, 3);

  it("agree on states, transitions, depth, ends, and the cheapest run to every violation", {
    tags: ["random"],
  }, async () => {
    await fc.assert(
      fc.asyncProperty(tables, budgets, async (table, faults) => {
        const exploration = await explore(systemOf(table), { claims: [asTheTableSays], bounds: {}, faults });
        expect(summary(exploration)).toEqual(reckon(table, faults === "all" ? undefined : faults));
      }),
      { seed: SEED, numRuns: 1000 },
    );
  });

  it("give counterexamples that show what they cost", { tags: ["random"] }, async () => {
    await fc.assert(
      fc.asyncProperty(tables, budgets, async (table, faults) => {
        const system = systemOf(table);
        const { findings } = await explore(system, { claims: [asTheTableSays], bounds: {}, faults });
        for (const finding of findings) {
          const { steps } = confirm(system, [asTheTableSays], finding);
          const faultsOf = (kind: string): number =>
            steps.flatMap(({ asked }) => asked).filter(({ answer }) => answer.fault === kind).length;
          expect(finding.cost).toEqual({
            smallAllocationFaults: faultsOf("small allocation"),
            ordinaryFaults: faultsOf("ordinary"),
            preemptions: 0,
            steps: steps.length,
          });
        }
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  it("draw systems that are worth it", () => {
    const drawn = fc.sample(tables, { seed: SEED, numRuns: 300 }).map((table) => reckon(table));

    expect(drawn.filter(({ states }) => states > 2).length).toBeGreaterThan(60);
    expect(drawn.filter(({ findings }) => Object.keys(findings).length > 1).length).toBeGreaterThan(60);
    expect(drawn.filter(({ cut }) => cut > 0).length).toBeGreaterThan(10);
    expect(drawn.filter(({ fatal }) => fatal > 0).length).toBeGreaterThan(30);
  });
});
