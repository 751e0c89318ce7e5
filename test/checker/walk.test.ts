import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { replay } from "../../checker/schedule.ts";
import type { System } from "../../checker/system.ts";
import { followed, type Step, type Strategy, taken } from "../../checker/walk.ts";
import { swarmFrom } from "../support/audit-key.ts";
import { randomFrom } from "../support/random.ts";
import { driver, graph } from "./systems.ts";
import { systemOf, tables } from "./table-system.ts";

const SEED = 20261122;

/** The steps that a strategy takes from the first initial state on, at most `limit` of them. */
const stepsOf = <State, Action, Event>(
  system: System<State, Action, Event>,
  strategy: Strategy<State, Action>,
  limit = 30,
): readonly Step[] => {
  const steps: Step[] = [];
  for (const { step } of followed(system, system.initial[0]!, strategy)) {
    steps.push(step);
    if (steps.length === limit) break;
  }
  return steps;
};

describe("a run that is followed", () => {
  it("ends where its strategy ends it, and where there is no such action", () => {
    const go = (limit: number): Strategy<string, string> => {
      let left = limit;
      return {
        action: (enabled) => {
          left -= 1;
          return left < 0 ? undefined : enabled.findIndex((to) => to !== "c");
        },
        answer: () => 0,
      };
    };
    expect(stepsOf(graph("a b c"), go(9))).toHaveLength(1);
    expect(stepsOf(graph("a b a"), go(5))).toHaveLength(5);
  });

  it("tells of each question what could have been answered, and what was", () => {
    const { step, asked, transition } = taken(
      driver({ isLeaky: true }),
      { isBound: false, leaked: 0 },
      "probe",
      0,
      (question) => (question === "register" ? 1 : 0),
    );
    expect(step).toEqual({ action: 0, answers: [0, 1] });
    expect(asked.map(({ question, answers, answer }) => [question, answers.length, answer.label])).toEqual([
      ["kmalloc", 2, "succeeds"],
      ["register", 3, "-EBUSY"],
    ]);
    expect(transition.after).toEqual({ isBound: false, leaked: 1 });
  });

  it(`can be replayed step by step, whatever is drawn (seed ${SEED})`, { tags: ["random"] }, () => {
    fc.assert(
      fc.property(tables, fc.integer(), (table, seed) => {
        const system = systemOf(table);
        const steps = stepsOf(system, swarmFrom(randomFrom(seed)));
        expect(replay(system, { initial: 0, steps }).steps.map(({ step }) => step)).toEqual(steps);
      }),
      { seed: SEED },
    );
  });
});
