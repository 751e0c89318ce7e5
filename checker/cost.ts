/**
 * How unlikely a run is in life, as one number.
 *
 * Costs are compared first by the number of small allocations that fail, then by the number of ordinary errnos, then by
 * the number of preemptions, then by the number of steps: a kernel developer believes a long run without faults before a
 * short one with a fault, and one that needs no unlucky moment before one that does. The four counts are packed into one double, the most telling one in the highest bits, so that comparing and adding costs is
 * comparing and adding numbers.
 */
import { type Answer, type FaultKind, MAX_QUESTIONS } from "./chooser.ts";
import type { Paths } from "./enumerate.ts";

/** A packed cost: 13 bits of small allocations, 13 of ordinary errnos, 10 of preemptions, 17 of steps. */
export type Cost = number;

/** What a run needs, least likely first. */
export interface Needed {
  readonly smallAllocationFaults: number;
  readonly ordinaryFaults: number;
  /** Times that a task was interrupted which could have gone on. */
  readonly preemptions: number;
  readonly steps: number;
}

const STEPS = 2 ** 17;
const PREEMPTIONS = 2 ** 10;
const FAULTS = 2 ** 13;

/** What one preemption adds. */
const PREEMPTION_COST: Cost = STEPS;

/** What one step adds where nothing goes wrong. */
export const STEP_COST: Cost = 1;

const FAULT_COSTS: Readonly<Record<FaultKind, Cost>> = {
  ordinary: STEPS * PREEMPTIONS,
  "small allocation": STEPS * PREEMPTIONS * FAULTS,
};

/** The longest run that a cost can count. */
export const MAX_STEPS = STEPS - 1;

/** What the step along this path adds to a run. */
export const costOfStep = (path: Paths): Cost => {
  let cost = STEP_COST;
  for (let at = 0; at < path.length; at += 1) {
    cost += costOfAnswer(path.answer(at));
  }
  return cost;
};

/** What one answer adds to a run. */
export const costOfAnswer = ({ fault, isPreemption }: Answer): Cost =>
  (fault === undefined ? 0 : FAULT_COSTS[fault]) + (isPreemption === true ? PREEMPTION_COST : 0);

/** What a step that asked these questions adds to a run. */
export const costOfAsked = (asked: Asked["asked"]): Cost =>
  asked.reduce((cost, { answer }) => cost + costOfAnswer(answer), STEP_COST);

/** A step, as far as it costs something. */
interface Asked {
  readonly asked: readonly { readonly answer: Answer }[];
}

/** The cost of a run of these steps. */
export const costOfSteps = (steps: readonly Asked[]): Cost =>
  steps.reduce((cost, { asked }) => cost + costOfAsked(asked), 0);

/** The number of steps alone. */
export const stepsOf = (cost: Cost): number => cost % STEPS;

/** The four counts of a packed cost. */
export const neededBy = (cost: Cost): Needed => ({
  smallAllocationFaults: Math.floor(cost / (STEPS * PREEMPTIONS * FAULTS)),
  ordinaryFaults: Math.floor(cost / (STEPS * PREEMPTIONS)) % FAULTS,
  preemptions: Math.floor(cost / STEPS) % PREEMPTIONS,
  steps: stepsOf(cost),
});

/** Whether one more step, with as many faults as a step can have, might not fit into the packing. */
export const isFull = (cost: Cost): boolean => {
  const { smallAllocationFaults, ordinaryFaults, preemptions, steps } = neededBy(cost);
  return (
    steps >= MAX_STEPS ||
    // A step ends with its first preemption.
    preemptions >= PREEMPTIONS - 1 ||
    Math.max(smallAllocationFaults, ordinaryFaults) >= FAULTS - MAX_QUESTIONS
  );
};

/** Which of two runs is the more believable one: negative for the first, 0 where neither is. */
export const compareNeeded = (one: Needed, other: Needed): number =>
  one.smallAllocationFaults - other.smallAllocationFaults ||
  one.ordinaryFaults - other.ordinaryFaults ||
  one.preemptions - other.preemptions ||
  one.steps - other.steps;
