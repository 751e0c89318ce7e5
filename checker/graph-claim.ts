/**
 * Claims that no single transition can break: they speak of what stays possible.
 *
 * "From every state that can be reached, a good one can be reached" (AG EF good) is judged on the whole graph of states
 * that a search has met. Only steps in which nothing goes wrong count as ways to the good states: no fault, no
 * interruption, and nothing that the environment does only to be in the way.
 */
import type { System } from "./system.ts";

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

/** A named claim: from every reachable state a state can be reached in which all the goals are reached at once. */
export interface GraphClaim<State> {
  /** Stable name in reports, kebab-case. */
  readonly id: string;
  readonly group: string;
  /** The claim in positive English, present tense. */
  readonly claim: string;
  /** Why it matters to a maintainer, one sentence. */
  readonly why: string;
  /** The kernel's own rule: file and function, or document. */
  readonly source: string;
  /** At most `MAX_GOALS`; where several are out of reach, a finding speaks of the first. */
  readonly goals: readonly Goal<State>[];
  /** What cannot be had where each of the goals can be reached, and never all at once. */
  readonly together: Omit<Goal<State>, "isReached">;
}

/** How a system can be left in the direction of goals. */
export interface Ways<State, Action, Event> {
  readonly system: System<State, Action, Event>;
  /**
   * The same system where more is possible than a search takes.
   *
   * A search leaves out what would make the space too large, such as one command more beside those that are under way. What
   * can be done from a state must not depend on that, so each finding is put to the test here. The actions by which
   * something only goes on stand at the same places as in the system itself.
   */
  readonly widened: System<State, Action, Event>;
  /** Whether somebody may be counted on to do this, again and again if need be. */
  leadsBack(action: Action): boolean;
  /** Whether by this action only goes on what is under way already. */
  goesOn(action: Action): boolean;
}

export const MAX_GOALS = 6;

/** Which goals are reached in a state, a bit each. */
export const reachedGoals = <State>({ goals }: GraphClaim<State>, state: State): number => {
  let bits = 0;
  for (let at = 0; at < goals.length; at += 1) if (goals[at]!.isReached(state)) bits |= 1 << at;
  return bits;
};

/** The bits of all goals. */
export const allGoals = ({ goals }: GraphClaim<never>): number => (1 << goals.length) - 1;
