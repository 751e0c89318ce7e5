import type { Replay } from "../schedule.ts";
import type { Goal, GraphRule } from "./graph-rule.ts";
import { type KnownWays, type Leading, type Livelock, type WayBack, wayBack } from "./way-back.ts";

/** How far a finding is put to the test; a livelock with more states is none that is told of. */
const MAX_LIVELOCK = 20_000;

/** Where a run has led to no way back. */
export interface Lost {
  readonly object: string;
  readonly site: string;
  readonly detail: string;
  readonly livelock: Livelock;
}

/** What is out of reach in a livelock: the first goal that no state of it reaches, or all of them together. */
const outOfReach = <State>(
  { goals, together }: GraphRule<State>,
  { reached }: Livelock,
): Omit<Goal<State>, "isReached"> => goals.find((_, goal) => (reached & (1 << goal)) === 0) ?? together;

/** Looks whether nothing leads out of a state; gives what is wrong there, or why it is no livelock. */
export const lostFrom = <State, Action, Event>(
  rule: GraphRule<State>,
  state: State,
  context: Leading<State, Action, Event>,
  known?: KnownWays,
): Lost | Exclude<WayBack, Livelock> => {
  const found = wayBack(state, context, { rule, maxStates: MAX_LIVELOCK, known });
  if (found.kind !== "livelock") return found;
  const goal = outOfReach(rule, found);
  return { object: goal.object, site: goal.site(state), detail: goal.detail(state), livelock: found };
};

/** The state that a run ends in. */
export const endOf = <State, Action, Event>({ start, steps }: Replay<State, Action, Event>): State =>
  steps.at(-1)?.transition.after ?? start;
