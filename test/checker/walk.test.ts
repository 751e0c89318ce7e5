import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { replay, type Schedule } from "../../checker/schedule.ts";
import type { System } from "../../checker/system.ts";
import { fromNaturals, fromSchedule, type Strategy, walk } from "../../checker/walk.ts";
import { counter, driver, graph, jugs } from "./systems.ts";
import { systemOf, tables } from "./table-system.ts";

const SEED = 20261122;

/** The run that a strategy takes, at most `limit` steps of it. */
const scheduleOf = <State, Action, Event>(
  system: System<State, Action, Event>,
  strategy: Strategy,
  limit = Number.POSITIVE_INFINITY,
): Schedule => {
  const { initial, steps } = walk(system, strategy);
  const taken = [];
  for (const { step } of steps) {
    taken.push(step);
    if (taken.length >= limit) break;
  }
  return { initial, steps: taken };
};

describe("a walk along a list of naturals", () => {
  const leaky = driver({ isLeaky: true });

  it("takes one natural for an action, and one for each question that has a choice", () => {
    expect(scheduleOf(leaky, fromNaturals([0, 0, 1, 0]))).toEqual({
      initial: 0,
      steps: [
        { action: 0, answers: [0, 1] },
        { action: 0, answers: [0, 0] },
      ],
    });
  });

  it("takes none where there is no choice", () => {
    const single: System<number, "go", never> = {
      initial: [0],
      actions: () => ["go"],
      step: (state, _, chooser) => {
        chooser.choose("only", [{ label: "succeeds" }]);
        return { state: state + 1, events: [] };
      },
      key: String,
      describe: (action) => action,
    };

    expect(scheduleOf(single, fromNaturals([5, 5])).steps).toEqual([
      { action: 0, answers: [0] },
      { action: 0, answers: [0] },
    ]);
  });

  it("reads each modulo the number of possibilities", () => {
    expect(scheduleOf(leaky, fromNaturals([7, 4, 31]))).toEqual({
      initial: 0,
      steps: [{ action: 0, answers: [0, 1] }],
    });
  });

  it("chooses the initial state where there are several", () => {
    expect(scheduleOf({ ...counter(9), initial: [3, 4, 5] }, fromNaturals([5, 1]))).toEqual({
      initial: 2,
      steps: [{ action: 1, answers: [] }],
    });
  });

  it("ends where nothing is possible", () => {
    expect(scheduleOf(graph("a b c"), fromNaturals([0, 0, 0, 0])).steps).toHaveLength(2);
  });

  it("goes nowhere on an empty list", () => {
    expect(scheduleOf(jugs, fromNaturals([]))).toEqual({ initial: 0, steps: [] });
  });
});

describe(`every list and every schedule (seed ${SEED})`, () => {
  const place = fc.nat({ max: 9 });
  const naturals = fc.array(place, { maxLength: 30 });
  const schedules: fc.Arbitrary<Schedule> = fc.record({
    initial: place,
    steps: fc.array(fc.record({ action: place, answers: fc.array(place, { maxLength: 4 }) }), { maxLength: 10 }),
  });

  it("is a run that replays step by step", () => {
    fc.assert(
      fc.property(tables, naturals, schedules, (table, list, loose) => {
        const system = systemOf(table);
        for (const strategy of [fromNaturals(list), fromSchedule(loose)]) {
          const schedule = scheduleOf(system, strategy);
          expect(replay(system, schedule).steps.map(({ step }) => step)).toEqual(schedule.steps);
        }
      }),
      { seed: SEED },
    );
  });

  it("takes an exact schedule as it is", () => {
    fc.assert(
      fc.property(tables, naturals, (table, list) => {
        const system = systemOf(table);
        const schedule = scheduleOf(system, fromNaturals(list));
        expect(scheduleOf(system, fromSchedule(schedule))).toEqual(schedule);
      }),
      { seed: SEED },
    );
  });

  it("shrinks to the steps and faults that matter", () => {
    const system = driver({ isLeaky: true });
    const { counterexample } = fc.check(
      fc.property(schedules, (schedule) => {
        for (const { transition } of walk(system, fromSchedule(schedule)).steps)
          expect(transition.after.leaked).toBe(0);
      }),
      { seed: SEED },
    );

    expect(counterexample).toEqual([{ initial: 0, steps: [{ action: 0, answers: [0, 1] }] }]);
  });
});
