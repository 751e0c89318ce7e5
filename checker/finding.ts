import { type Cost, type Needed, neededBy } from "./cost.ts";
import type { Schedule } from "./schedule.ts";
import type { Violation } from "./transition.ts";

/** The least likely thing that has to happen for a finding to show. */
export type Needs = "nothing" | "ordinary-errno" | "race" | "small-allocation-failure";

/** One thing that is wrong, with the cheapest run that shows it. */
export interface Finding {
  /** The `id` of the claim that it breaks. */
  readonly property: string;
  readonly object: string;
  readonly site: string;
  /** What is wrong at the end of the counterexample; may carry numbers. */
  readonly detail: string;
  readonly isFatal: boolean;
  readonly needs: Needs;
  readonly cost: Needed;
  /** The number of transitions that show it; where runs are followed one by one and their ends tell, the number of runs. */
  readonly seen: number;
  /** Its last step shows the violation. */
  readonly counterexample: Schedule;
  /** What only together with the counterexample is wrong. */
  readonly besides?: readonly Beside[];
}

/** A part of what is wrong that another run shows. */
export interface Beside {
  /** What it shows, one line. */
  readonly what: string;
  readonly site: string;
  /** Its last step shows it. */
  readonly run: Schedule;
}

/** The least likely thing among what a run needs. */
export const needsOf = ({ smallAllocationFaults, ordinaryFaults, preemptions }: Needed): Needs => {
  if (smallAllocationFaults > 0) return "small-allocation-failure";
  if (preemptions > 0) return "race";
  return ordinaryFaults > 0 ? "ordinary-errno" : "nothing";
};

/** What is wrong, with the cheapest run that shows it. */
export const findingOf = (
  property: string,
  { object, site, detail, isFatal = false }: Violation,
  packed: Cost,
  seen: number,
  counterexample: Schedule,
): Finding => {
  const cost = neededBy(packed);
  return { property, object, site, detail, isFatal, needs: needsOf(cost), cost, seen, counterexample };
};
