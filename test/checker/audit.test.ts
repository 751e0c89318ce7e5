import { describe, expect, it } from "vitest";
import { replayTwice } from "../../checker/audit.ts";
import type { Chooser } from "../../checker/chooser.ts";
import { explore } from "../../checker/explore.ts";
import type { System } from "../../checker/system.ts";
import { auditKey } from "../support/audit-key.ts";
import { confirm } from "../support/confirm.ts";
import {
  claim,
  counter,
  driver,
  excludes,
  jugs,
  lock,
  neverFourGallons,
  unboundHoldsNothing,
  wrong,
} from "./systems.ts";

const SEED = 20261122;
const thorough = { bounds: { maxStates: 1000, maxDepth: 20 }, walks: { seed: SEED, runs: 50, maxDepth: 20 } };
const searchOnly = { ...thorough, walks: { ...thorough.walks, runs: 0 } };

describe(`the audit of a key (seed ${SEED})`, () => {
  it("passes where states of one key are alike", async () => {
    expect(await auditKey(jugs, [neverFourGallons], thorough)).toEqual({ states: 16, compared: 81 + 1000 });
    expect((await auditKey(driver({ isLeaky: true }), [unboundHoldsNothing], thorough)).compared).toBeGreaterThan(10);
    expect((await auditKey(lock({ isAtomic: false }), [excludes], searchOnly)).compared).toBe(12);
  });

  const leaky = driver({ isLeaky: true });

  it("tells of a field that the key leaves out, where the search says that the property holds", async () => {
    const forgetful: typeof leaky = { ...leaky, key: ({ isBound }: { readonly isBound: boolean }) => String(isBound) };
    const properties = [
      claim<Parameters<typeof leaky.key>[0], never>(
        "looks elsewhere",
        () => [],
        ({ after }) => !after.isBound,
      ),
    ];
    const overlooked = claim<Parameters<typeof leaky.key>[0], never>("holds one buffer at most", ({ after }) =>
      after.leaked > 1 ? [wrong("the buffer")] : [],
    );
    const { properties: verdicts } = await explore(forgetful, { claims: [overlooked], bounds: {}, faults: "all" });

    expect(verdicts[0]!.verdict).toBe("holds");
    await expect(auditKey(forgetful, [overlooked], thorough)).rejects.toMatchObject({
      code: "key-merges-states",
      schedule: { initial: 0, steps: { length: 1 } },
    });
    await expect(auditKey(forgetful, properties, thorough)).resolves.toBeDefined(); // Nothing looks at what was leaked.
  });

  it("names both states and where they part", async () => {
    const forgetful: System<{ readonly x: number; readonly y: number }, "up" | "turn", never> = {
      initial: [{ x: 0, y: 0 }],
      actions: () => ["turn", "up"],
      step: ({ x, y }, action) => ({
        state: action === "turn" ? { x, y: 1 - y } : { x: Math.min(x + 1 + y, 3), y },
        events: [],
      }),
      key: ({ x }) => `x=${x}`,
      describe: (action) => action,
    };

    await expect(auditKey(forgetful, [], thorough)).rejects.toThrow(
      'checker bug: two states have the key x=0, but one does "up, leads to x=1, judged []", the other "up, leads to x=2, judged []"; ' +
        'the first is reached by {"initial":0,"steps":[]}; put what tells them apart into the key',
    );
  });

  it("follows states that the search merges, and so finds what shows only later", async () => {
    const later = hidden({ isInKey: false });

    await expect(auditKey(later, [], searchOnly)).resolves.toMatchObject({ states: 4 });
    await expect(auditKey(later, [], thorough)).rejects.toMatchObject({ code: "key-merges-states" });
    await expect(auditKey(hidden({ isInKey: true }), [], thorough)).resolves.toMatchObject({ states: 6 });
  });

  it("finds a property that looks at what the key leaves out", async () => {
    const later = hidden({ isInKey: false });
    const onTheRight = ({ before }: { readonly before: { readonly way: string } }) => before.way === "right";
    const concerned = claim<{ readonly at: number; readonly way: string }, never>("sees", () => [], onTheRight);
    const violated = claim<{ readonly at: number; readonly way: string }, never>("sees", (transition) =>
      onTheRight(transition) ? [wrong("it")] : [],
    );

    await expect(auditKey(later, [concerned], searchOnly)).rejects.toThrow("one does");
    await expect(auditKey(later, [violated], searchOnly)).rejects.toThrow("one does");
  });

  it("does not look behind a fatal violation", async () => {
    const fatal = claim<{ readonly at: number; readonly way: string }, never>("stays on the left", ({ after }) =>
      after.way === "right" ? [{ ...wrong("it"), isFatal: true }] : [],
    );

    await expect(auditKey(hidden({ isInKey: false }), [fatal], thorough)).resolves.toMatchObject({ states: 4 });
  });

  it("finds actions whose order changes", async () => {
    let calls = 0;
    const unstable: System<number, "up" | "down", never> = {
      ...counter(3),
      actions: (count) => {
        calls += 1;
        const actions = counter(3).actions(count);
        return calls % 2 === 0 ? [...actions].reverse() : actions;
      },
    };

    await expect(auditKey(unstable, [], thorough)).rejects.toMatchObject({ code: "actions-unstable" });
  });

  it("finds a step that changes the state that it leaves", async () => {
    const careless: System<{ count: number }, "up", never> = {
      initial: [{ count: 0 }],
      actions: ({ count }) => (count < 2 ? ["up"] : []),
      step: (state) => {
        state.count += 1;
        return { state: { count: state.count }, events: [] };
      },
      key: ({ count }) => String(count),
      describe: (action) => action,
    };

    await expect(auditKey(careless, [], thorough)).rejects.toMatchObject({
      code: "state-changed",
      schedule: { initial: 0, steps: [] },
    });
  });
});

/** Two ways to one place, which part again two steps later. */
const hidden = ({
  isInKey,
}: {
  readonly isInKey: boolean;
}): System<{ readonly at: number; readonly way: string }, string, never> => ({
  initial: [{ at: 0, way: "" }],
  actions: ({ at }) => (at === 0 ? ["left", "right"] : at < 3 ? ["on"] : []),
  step: ({ at, way }, action) => {
    if (at === 0) return { state: { at: 1, way: action }, events: [] };
    return {
      state: { at: at === 2 && way === "right" ? 0 : at + 1, way: at === 2 && way === "right" ? "" : way },
      events: [],
    };
  },
  key: ({ at, way }) => (isInKey ? `${at} ${way}` : String(at)),
  describe: (action) => action,
});

describe("a schedule that is replayed twice", () => {
  const schedule = {
    initial: 0,
    steps: [
      { action: 0, answers: [] },
      { action: 0, answers: [] },
    ],
  };

  it("gives the run where both are one", () => {
    expect(replayTwice(counter(5), schedule).steps.map(({ transition }) => transition.after)).toEqual([1, 2]);
  });

  it("tells the step and the part in which they differ", () => {
    let calls = 0;
    const called = (): number => {
      calls += 1;
      return calls;
    };
    const drifting: System<number, "up", string> = {
      initial: [0],
      actions: () => ["up"],
      step: (count) => ({ state: count + (called() === 4 ? 2 : 1), events: [] }),
      key: String,
      describe: (action) => action,
    };
    const chatty = { ...drifting, step: (count: number) => ({ state: count + 1, events: [`call ${called()}`] }) };

    expect(() => replayTwice(drifting, schedule)).toThrow(
      'checker bug: two replays of one schedule differ at step 2 in the state it led to: first "2", then "3"',
    );
    const asking = {
      ...drifting,
      step: (count: number, _: "up", chooser: Chooser) => {
        chooser.choose(`call ${called()}`, [{ label: "succeeds" }]);
        return { state: count + 1, events: [] };
      },
    };
    const answered = { initial: 0, steps: [{ action: 0, answers: [0] }] };

    expect(() => replayTwice(asking, answered)).toThrow("differ at step 1 in what was asked");
    expect(() => replayTwice(chatty, schedule)).toThrow("differ at step 1 in what happened");
  });
});

describe("the confirmation of a finding", () => {
  it("gives its run, and tells where the run does not show it", async () => {
    const system = driver({ isLeaky: true });
    const { findings } = await explore(system, { claims: [unboundHoldsNothing], bounds: {}, faults: "all" });
    const finding = findings[0]!;

    expect(confirm(system, [unboundHoldsNothing], finding).steps).toHaveLength(1);
    expect(() => confirm(driver({ isLeaky: false }), [unboundHoldsNothing], finding)).toThrow(
      expect.objectContaining({ code: "finding-not-reproduced", schedule: finding.counterexample }),
    );
  });
});
