import { beforeAll, describe, expect, it } from "vitest";
import { explore } from "../../checker/explore.ts";
import type { SysramAction, SysramState } from "../../harness/state.ts";
import { contentOfStates } from "../../harness/state-content.ts";
import type { SysramSystem } from "../../harness/sysram-system.ts";
import type { SysramEvent } from "../../models/observation.ts";
import { referenceSubject, SMALL, systemOf } from "../support/review.ts";

const hex = (content: Uint8Array): string => Buffer.from(content).toString("hex");

/** Every state of the runs of so many commands, by its key, in the order in which they are met. */
const statesOf = async (system: SysramSystem, maxDepth: number): Promise<ReadonlyMap<string, SysramState>> => {
  const states = new Map<string, SysramState>();
  await explore<SysramState, SysramAction, SysramEvent>(system, {
    claims: [],
    bounds: { maxDepth },
    faults: "all",
    onTransition: ({ transition: { after } }) => states.set(system.key(after), after),
  });
  return states;
};

/** The same system, whose environment does last what the other does first. */
const backwards = (system: SysramSystem): SysramSystem => ({
  ...system,
  actions: (state) => system.actions(state).toReversed(),
});

describe("the content of a state", () => {
  let first: ReadonlyMap<string, SysramState>;
  let second: ReadonlyMap<string, SysramState>;
  beforeAll(async () => {
    first = await statesOf(await systemOf(referenceSubject(), SMALL), 3);
    second = await statesOf(backwards(await systemOf(referenceSubject(), SMALL)), 3);
  });

  it("tells apart what the key tells apart, and nothing else", () => {
    const contentOf = contentOfStates();
    const contents = new Set([...first.values()].map((state) => hex(contentOf(state))));
    expect(first.size).toBeGreaterThan(300);
    expect(contents.size).toBe(first.size);
  });

  it("is the same in another search that meets the states in another order", () => {
    const [one, two] = [contentOfStates(), contentOfStates()];
    expect([...second.keys()]).not.toEqual([...first.keys()]);
    const sorted = (contents: Iterable<string>): readonly string[] => [...contents].sort();
    expect(sorted([...second.values()].map((state) => hex(two(state))))).toEqual(
      sorted([...first.values()].map((state) => hex(one(state)))),
    );
  });

  it("covers what a task that sleeps has in hand", () => {
    const sleeping = [...first.values()].find(({ tasks }) => tasks.length > 0)!;
    const contentOf = contentOfStates();
    const [task] = sleeping.tasks;
    const changed = (field: object): string => hex(contentOf({ ...sleeping, tasks: [{ ...task!, ...field }] }));
    const whole = hex(contentOf(sleeping));
    expect(changed({})).toBe(whole);
    const { before, target } = task!;
    const kernel = { ...first.values().next().value!.kernel, numa: { targetNode: 7, addNode: 7 } };
    const others = [
      { target: target + 1 },
      { hadFault: true, errors: [-1] },
      { layers: [] },
      { before: { ...before, kernel } },
    ];
    expect(new Set([whole, ...others.map(changed)]).size).toBe(others.length + 1);
  });

  it("refuses what could not be compared", () => {
    const state = first.values().next().value!;
    expect(() => contentOfStates()({ ...state, monitor: new Map() } as never)).toThrow(
      "a state holds [object Map], which is no plain data",
    );
  });
});
