import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Answer, FaultKind } from "../../checker/chooser.ts";
import { MAX_QUESTIONS } from "../../checker/chooser.ts";
import { costOfAnswer, costOfStep, isFull, MAX_STEPS, neededBy, STEP_COST, stepsOf } from "../../checker/cost.ts";
import { Paths } from "../../checker/enumerate.ts";

const SEED = 20261122;

const costOf = (answer: Omit<Answer, "label">): number => costOfAnswer({ label: "", ...answer });

const packed = ([small, ordinary, preemptions, steps]: readonly [number, number, number, number]): number =>
  small * costOf({ fault: "small allocation" }) +
  ordinary * costOf({ fault: "ordinary" }) +
  preemptions * costOf({ isPreemption: true }) +
  steps * STEP_COST;

/** The most faults of one kind, and preemptions, that a run may have before it is full. */
const FAULTS = 2 ** 13 - MAX_QUESTIONS - 1;
const PREEMPTIONS = 2 ** 10 - 2;

const counts = fc.tuple(
  fc.nat({ max: FAULTS }),
  fc.nat({ max: FAULTS }),
  fc.nat({ max: PREEMPTIONS }),
  fc.nat({ max: MAX_STEPS }),
);

const compare = (one: readonly number[], other: readonly number[]): number => {
  const at = one.findIndex((number, place) => number !== other[place]);
  return at === -1 ? 0 : Math.sign(one[at]! - other[at]!);
};

describe(`the cost of a run (seed ${SEED})`, () => {
  it("orders runs by small allocations, then ordinary errnos, then preemptions, then steps", () => {
    fc.assert(
      fc.property(counts, counts, (one, other) => {
        expect(Math.sign(packed(one) - packed(other))).toBe(compare(one, other));
      }),
      { seed: SEED },
    );
  });

  it("gives back the four counts", () => {
    fc.assert(
      fc.property(counts, (all) => {
        const { smallAllocationFaults, ordinaryFaults, preemptions, steps } = neededBy(packed(all));
        expect([smallAllocationFaults, ordinaryFaults, preemptions, steps]).toEqual(all);
        expect(stepsOf(packed(all))).toBe(steps);
      }),
      { seed: SEED },
    );
  });

  it("is full before any count could run into the next", () => {
    expect(isFull(packed([FAULTS, FAULTS, PREEMPTIONS, MAX_STEPS - 1]))).toBe(false);
    expect(isFull(packed([0, 0, 0, MAX_STEPS]))).toBe(true);
    expect(isFull(packed([0, 0, PREEMPTIONS + 1, 0]))).toBe(true);
    expect(isFull(packed([0, FAULTS + 1, 0, 0]))).toBe(true);
    expect(isFull(packed([FAULTS + 1, 0, 0, 0]))).toBe(true);
  });

  it("is exact to the last step", () => {
    const last = packed([2 ** 13 - 1, 2 ** 13 - 1, 2 ** 10 - 1, MAX_STEPS]);

    expect(Number.isSafeInteger(last)).toBe(true);
  });

  it("adds up the faults and the preemption of a step", () => {
    const paths = new Paths();
    const fails = (fault: FaultKind): readonly [Answer] => [{ label: fault, fault }];
    paths.start().choose("a", fails("ordinary"));
    paths.choose("b", fails("small allocation"));
    paths.choose("c", fails("ordinary"));
    paths.choose("d", [{ label: "succeeds" }]);
    paths.choose("e", [{ label: "is preempted", isPreemption: true }]);

    const needed = { smallAllocationFaults: 1, ordinaryFaults: 2, preemptions: 1, steps: 1 };
    expect(neededBy(costOfStep(paths))).toEqual(needed);
  });
});
