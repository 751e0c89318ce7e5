import type { Chooser } from "./chooser.ts";

/** What one step led to: the state after it, and what happened on the way. */
export interface Outcome<State, Event> {
  readonly state: State;
  /** What properties may need that the state does not keep, in the order in which it happened. */
  readonly events: readonly Event[];
}

/**
 * A nondeterministic transition system, and all that the checker knows of one.
 *
 * `actions` lists what may happen next, always in the same order for the same state: a schedule names its steps by
 * their place in that list, so an unstable order would make a counterexample impossible to replay. `step` is a
 * function of the state, the action and the answers of the chooser, and of nothing else; it leaves the state that it is
 * given as it was, because the search takes several steps from one state.
 */
export interface System<State, Action, Event> {
  readonly initial: readonly State[];
  actions(state: State): readonly Action[];
  step(state: State, action: Action, chooser: Chooser): Outcome<State, Event>;
  /** Two states with one key are one state to the search. */
  key(state: State): string;
  /**
   * Brings back a state that was met before by its key.
   *
   * Where a system can, a search keeps no state that waits; where it has no such method, it keeps them all. Whoever puts another
   * `key` into the place of a system's own has to do the same with this.
   */
  readonly revive?: ((key: string) => State) | undefined;
  describe(action: Action): string;
}
