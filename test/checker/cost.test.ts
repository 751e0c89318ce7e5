import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Answer, FaultKind } from "../../checker/chooser.ts";
import { costOfFault, costOfStep, isFull, MAX_STEPS, neededBy, STEP_COST, stepsOf } from "../../checker/cost.ts";
import { MAX_QUESTIONS, Paths } from "../../checker/enumerate.ts";

const SEED = 20261122;

const packed = ([small, ordinary, steps]: readonly [number, number, number]): number =>
  small * costOfFault("small allocation") + ordinary * costOfFault("ordinary") + steps * STEP_COST;

const triples = fc.tuple(fc.nat({ max: 28_671 }), fc.nat({ max: 28_671 }), fc.nat({ max: MAX_STEPS }));

const compare = (one: readonly number[], other: readonly number[]): number => {
  const at = one.findIndex((number, place) => number !== other[place]);
  return at === -1 ? 0 : Math.sign(one[at]! - other[at]!);
};

describe(`the cost of a run (seed ${SEED})`, () => {
  it("orders runs by small allocations, then ordinary errnos, then steps", () => {
    fc.assert(
      fc.property(triples, triples, (one, other) => {
        expect(Math.sign(packed(one) - packed(other))).toBe(compare(one, other));
      }),
      { seed: SEED },
    );
  });

  it("gives back the three counts", () => {
    fc.assert(
      fc.property(triples, (triple) => {
        const { smallAllocationFaults, ordinaryFaults, steps } = neededBy(packed(triple));
        expect([smallAllocationFaults, ordinaryFaults, steps]).toEqual(triple);
        expect(stepsOf(packed(triple))).toBe(steps);
      }),
      { seed: SEED },
    );
  });

  it("is full before any count could run into the next", () => {
    expect(isFull(packed([0, 0, MAX_STEPS - 1]))).toBe(false);
    expect(isFull(packed([0, 0, MAX_STEPS]))).toBe(true);
    expect(isFull(packed([0, 2 ** 15 - MAX_QUESTIONS - 1, 0]))).toBe(false);
    expect(isFull(packed([0, 2 ** 15 - MAX_QUESTIONS, 0]))).toBe(true);
    expect(isFull(packed([2 ** 15 - MAX_QUESTIONS, 0, 0]))).toBe(true);
  });

  it("is exact to the last step", () => {
    const last = packed([28_671, 28_671, MAX_STEPS]);

    expect(Number.isSafeInteger(last)).toBe(true);
  });

  it("adds up the faults of a step", () => {
    const paths = new Paths();
    const fails = (fault: FaultKind): readonly [Answer] => [{ label: fault, fault }];
    paths.start().choose("a", fails("ordinary"));
    paths.choose("b", fails("small allocation"));
    paths.choose("c", fails("ordinary"));
    paths.choose("d", [{ label: "succeeds" }]);

    expect(neededBy(costOfStep(paths))).toEqual({ smallAllocationFaults: 1, ordinaryFaults: 2, steps: 1 });
  });
});
