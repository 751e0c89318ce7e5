/**
 * How unlikely a run is in life, as one number.
 *
 * Costs are compared first by the number of small allocations that fail, then by the number of ordinary errnos, then by
 * the number of steps: a kernel developer believes a long run without faults before a short one with a fault. The three
 * counts are packed into one double, the most telling one in the highest bits, so that comparing and adding costs is
 * comparing and adding numbers.
 */
import type { FaultKind } from "./chooser.ts";
import { MAX_QUESTIONS, type Paths } from "./enumerate.ts";

/** A packed cost: 15 bits of small allocations, 15 of ordinary errnos, 23 of steps. */
export type Cost = number;

/** What a run needs, least likely first. */
export interface Needed {
  readonly smallAllocationFaults: number;
  readonly ordinaryFaults: number;
  readonly steps: number;
}

const STEPS = 2 ** 23;
const FAULTS = 2 ** 15;

/** What one step adds where nothing goes wrong. */
export const STEP_COST: Cost = 1;

const FAULT_COSTS: Readonly<Record<FaultKind, Cost>> = {
  ordinary: STEPS,
  "small allocation": STEPS * FAULTS,
};

/** The longest run that a cost can count. */
export const MAX_STEPS = STEPS - 1;

/** What the step along this path adds to a run. */
export const costOfStep = (path: Paths): Cost => {
  let cost = STEP_COST;
  for (let at = 0; at < path.length; at += 1) {
    const fault = path.fault(at);
    if (fault !== undefined) cost += FAULT_COSTS[fault];
  }
  return cost;
};

/** What one fault adds to a run. */
export const costOfFault = (fault: FaultKind | undefined): Cost => (fault === undefined ? 0 : FAULT_COSTS[fault]);

/** The number of steps alone. */
export const stepsOf = (cost: Cost): number => cost % STEPS;

/** The three counts of a packed cost. */
export const neededBy = (cost: Cost): Needed => ({
  smallAllocationFaults: Math.floor(cost / (STEPS * FAULTS)),
  ordinaryFaults: Math.floor(cost / STEPS) % FAULTS,
  steps: stepsOf(cost),
});

/** Whether one more step, with as many faults as a step can have, might not fit into the packing. */
export const isFull = (cost: Cost): boolean => {
  const { smallAllocationFaults, ordinaryFaults, steps } = neededBy(cost);
  return steps >= MAX_STEPS || Math.max(smallAllocationFaults, ordinaryFaults) >= FAULTS - MAX_QUESTIONS;
};
