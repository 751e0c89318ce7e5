import { getShortestPaths, getSimplePaths } from "@xstate/graph";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AnyMachineSnapshot, type AnyStateMachine, assign, initialTransition, setup, transition } from "xstate";
import { MACHINES, type NamedMachine, tableOf } from "../../machines/index.ts";
import { edgesOf, nodesOf } from "../../machines/listing.ts";
import type { Policy } from "../../machines/policy.ts";
import { serialise } from "../../machines/serialise.ts";
import { compile, keyOf, type MachineTable, nextIn, UnboundedMachine } from "../../machines/table.ts";

interface Case {
  readonly label: string;
  readonly named: NamedMachine;
  readonly policy: Policy | undefined;
}

/** Each machine under each of its policies. */
const cases: readonly Case[] = MACHINES.flatMap((named): readonly Case[] =>
  named.policies.length === 0
    ? [{ label: named.name, named, policy: undefined }]
    : named.policies.map((policy) => ({ label: `${named.name}, ${policy}`, named, policy })),
);

const inputOf = (policy: Policy | undefined) => (policy === undefined ? undefined : { policy });

const graphOptions = ({ named, policy }: Case) =>
  ({
    input: inputOf(policy),
    events: tableOf(named, policy).events.map((type) => ({ type })),
    serializeState: keyOf,
    limit: 10_000,
  }) as never;

/** Where a table and XState disagree, in words; empty where they agree on every reachable state and every event. */
const disagreements = (machine: AnyStateMachine, input: unknown, table: MachineTable): readonly string[] => {
  const found: string[] = [];
  const [initial] = initialTransition(machine, input as never) as unknown as [AnyMachineSnapshot];
  const snapshots = new Map<string, AnyMachineSnapshot>([[keyOf(initial), initial]]);
  for (const [key, snapshot] of snapshots) {
    const at = table.configurations.findIndex((configuration) => configuration.key === key);
    if (at === -1) {
      found.push(`${key} is not in the table`);
      continue;
    }
    for (const type of [...table.events, "an event that no state names"]) {
      const place = nextIn(table, at, table.eventNumber(type));
      const told = place === -1 ? "refused" : (table.configurations[place]?.key ?? "nowhere");
      const [next] = transition(machine, snapshot as never, { type } as never) as unknown as [AnyMachineSnapshot];
      const truth = snapshot.can({ type }) ? keyOf(next) : "refused";
      if (told !== truth) found.push(`${key} --${type}--> ${truth}, and the table says ${told}`);
      if (truth !== "refused" && !snapshots.has(truth)) snapshots.set(truth, next);
    }
  }
  if (snapshots.size !== table.configurations.length) found.push("the table holds what cannot be reached");
  return found;
};

describe("the compiled tables", () => {
  it.each(cases)("agree with XState on every reachable state and event: $label", ({ named, policy }) => {
    expect(disagreements(named.machine, inputOf(policy), tableOf(named, policy))).toEqual([]);
  });

  it("are caught when they diverge by a single entry", () => {
    const { machine } = MACHINES[0]!;
    const table = tableOf(MACHINES[0]!, "intended");
    const next = table.next.slice();
    const place = next.findIndex((to, at) => at > 500 && to !== -1);
    next[place] = 0;
    expect(disagreements(machine, { policy: "intended" }, { ...table, next })).toHaveLength(1);
  });

  it("are caught when a configuration is missing", () => {
    const table = tableOf(MACHINES[1]!);
    const configurations = table.configurations.slice(0, -1);
    expect(disagreements(MACHINES[1]!.machine, undefined, { ...table, configurations })).not.toEqual([]);
  });

  it("keep states, configurations, edges and entries at these numbers", () => {
    const sizes = cases.map(({ label, named, policy }) => {
      const table = tableOf(named, policy);
      const entries = table.next.filter((to) => to !== -1).length;
      return `${label}: ${nodesOf(table).length} ${table.configurations.length} ${edgesOf(table).length} ${entries}`;
    });
    expect(sizes).toMatchInlineSnapshot(`
      [
        "sysram, as-posted: 31 63 70 102",
        "sysram, intended: 36 66 71 106",
        "memory-group: 3 3 10 10",
        "iomem-resource: 4 4 8 8",
        "memory-type: 3 3 8 8",
        "device-references: 6 6 12 12",
        "memory-block: 4 4 9 9",
        "region: 3 3 6 6",
      ]
    `);
  });

  it("refuse a machine whose context grows without bound", () => {
    const counter = setup({
      types: { context: {} as { readonly count: number }, events: {} as { type: "more" } },
    }).createMachine({
      context: { count: 0 },
      initial: "counting",
      states: {
        counting: { on: { more: { actions: assign({ count: ({ context }) => context.count + 1 }) } } },
      },
    });
    expect(() => compile(counter)).toThrow(UnboundedMachine);
  });
});

describe("the states of the life cycle", () => {
  it("include the seven of the life and the two that the code forces on it", () => {
    const seven = ["allocated", "named", "tier-set", "group-registered", "added", "hotplugged", "released"];
    const posted = nodesOf(tableOf(MACHINES[0]!, "as-posted"));
    const intended = nodesOf(tableOf(MACHINES[0]!, "intended"));
    expect(posted).toEqual(expect.arrayContaining([...seven, "unregistered", "abandoned"]));
    expect(intended).toEqual(expect.arrayContaining([...seven, "unregistered"]));
    expect(intended).not.toContain("abandoned");
  });

  it("wait for nothing but events: no timer, no invocation, no entry or exit action", () => {
    for (const { machine } of MACHINES) {
      for (const state of Object.values(machine.states)) {
        const { after, invoke, entry, exit } = (state as unknown as { config: Record<string, unknown> }).config;
        expect({ after, invoke, entry, exit }).toEqual({});
      }
    }
  });
});

describe("the serialiser", () => {
  it.each(cases)("tells all reachable states apart: $label", ({ named, policy }) => {
    const { configurations } = tableOf(named, policy);
    const keys = new Set(configurations.map(keyOf));
    expect(keys.size).toBe(configurations.length);
    for (const { key, value, context } of configurations) expect(JSON.parse(key)).toEqual([value, context ?? {}]);
  });

  it("gives one string to equal data and another to any other (seed 1)", { tags: ["random"] }, () => {
    const plain = fc.jsonValue({ noUnicodeString: false } as never).filter((value) => !hasMinusZero(value));
    fc.assert(
      fc.property(plain, plain, (one, other) => {
        expect(JSON.parse(serialise(one))).toEqual(one);
        if (serialise(one) === serialise(other)) expect(one).toEqual(other);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it("does not depend on the order of an object's fields", () => {
    expect(serialise({ one: 1, two: [{ b: 1, a: 2 }] })).toBe(serialise({ two: [{ a: 2, b: 1 }], one: 1 }));
  });

  it.each([new Set([1]), new Map(), undefined, Number.NaN, 1n, () => 1, -0, { nested: new Set() }])(
    "refuses what is no plain data: %s",
    (value) => {
      expect(() => serialise(value)).toThrow(TypeError);
    },
  );
});

const hasMinusZero = (value: unknown): boolean =>
  Object.is(value, -0) || (typeof value === "object" && value !== null && Object.values(value).some(hasMinusZero));

describe("the graphs of @xstate/graph", () => {
  it("reach every state by a shortest path, and hold these numbers of simple paths", () => {
    const counts = cases.map((each) => {
      const shortest = getShortestPaths(each.named.machine, graphOptions(each));
      const ends = new Set(shortest.map(({ state }) => keyOf(state as never)));
      expect([...ends].sort()).toEqual(
        tableOf(each.named, each.policy)
          .configurations.map(({ key }) => key)
          .sort(),
      );
      // A path begins with XState's own first step.
      const longest = Math.max(...shortest.map(({ steps }) => steps.length - 1));
      const simple = getSimplePaths(each.named.machine, graphOptions(each)).length;
      return `${each.label}: ${shortest.length} shortest, the longest of ${longest} steps, ${simple} simple`;
    });
    expect(counts).toMatchInlineSnapshot(`
      [
        "sysram, as-posted: 63 shortest, the longest of 22 steps, 384 simple",
        "sysram, intended: 66 shortest, the longest of 21 steps, 648 simple",
        "memory-group: 3 shortest, the longest of 2 steps, 3 simple",
        "iomem-resource: 4 shortest, the longest of 3 steps, 4 simple",
        "memory-type: 3 shortest, the longest of 2 steps, 3 simple",
        "device-references: 6 shortest, the longest of 3 steps, 13 simple",
        "memory-block: 4 shortest, the longest of 3 steps, 4 simple",
        "region: 3 shortest, the longest of 1 steps, 4 simple",
      ]
    `);
  });
});
