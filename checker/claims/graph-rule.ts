import type { ClaimWords } from "./claim.ts";

/** One thing that must stay possible. */
export interface Goal<State> {
  /** What cannot be had where it is out of reach, without addresses: `system memory`. */
  readonly object: string;
  isReached(state: State): boolean;
  /** What is wrong in a state from which it cannot be reached any more, one line. */
  detail(state: State): string;
  /** The place in the subject that is to blame, as in a `Violation`. */
  site(state: State): string;
}

/** What is claimed of the graph: from every reachable state one can be reached in which all the goals are reached at once. */
export interface GraphRule<State> extends ClaimWords {
  /** At most `MAX_GOALS`; where several are out of reach, a finding speaks of the first. */
  readonly goals: readonly Goal<State>[];
  /** What cannot be had where each of the goals can be reached, and never all at once. */
  readonly together: Omit<Goal<State>, "isReached">;
}

export const MAX_GOALS = 6;

/** Which goals are reached in a state, a bit each. */
export const reachedGoals = <State>({ goals }: GraphRule<State>, state: State): number => {
  let bits = 0;
  for (let at = 0; at < goals.length; at += 1) if (goals[at]!.isReached(state)) bits |= 1 << at;
  return bits;
};

/** The bits of all goals. */
export const allGoals = ({ goals }: GraphRule<never>): number => (1 << goals.length) - 1;
