/**
 * A system whose actions are parts of operations: each is begun by somebody, goes on, and gives a result in the end.
 *
 * Linearizability speaks of those (Herlihy and Wing, "Linearizability: a correctness condition for concurrent objects",
 * TOPLAS 1990): operations that overlap give the results, and leave behind, what they would one after the other.
 */
import type { System } from "../system.ts";

/** What of a system are operations. */
export interface Operations<State, Action, Event> {
  /** The same system, whose steps tell beside everything else which operations came to their ends. */
  readonly ending: System<State, Action, Event | OperationEnd>;
  /** No operation is under way. */
  isAtRest(state: State): boolean;
  /** What may happen where one operation is under way at a time; things that no operation does are among it. */
  alone(state: State): readonly Action[];
  /** The beginnings of operations that are possible in a state, at rest or beside one that is under way. */
  beginnings(state: State): readonly Action[];
  /** What an action is: the beginning of an operation, a part of one that is under way, or neither. */
  roleOf(action: Action): "begins" | "goes on" | "aside";
  /** The actions by which what is under way goes on. */
  goOn(state: State): readonly Action[];
  /** The same state, where an operation has been begun that has done nothing yet: it has found what it acts on, and no more. */
  begun(state: State, beginning: Action): Begun<State, Action>;
  /** What kind of operation this is, without what tells one of its kind from another: `a write to hotplug`. */
  kindOf(beginning: Action): string;
  /** Whether a result says that somebody else is at it, and nothing was done. */
  isRefusal(end: OperationEnd): boolean;
  /** What can be seen at rest, a line each; two states with the same lines count as the same. */
  left(state: State): readonly string[];
}

/** An operation that has done nothing yet. */
export interface Begun<State, Action> {
  readonly state: State;
  /** Goes on with it; as long as it has not ended an action of the same description does. */
  readonly action: Action;
}

/** An operation came to its end. */
export interface OperationEnd {
  readonly kind: "ended";
  /** What was done, as the system describes its beginning. */
  readonly operation: string;
  /** What it gave to who began it. */
  readonly result: string;
  /** What that says, where several results say the same. */
  readonly meaning?: string;
}

/** What two operations came to. */
export interface OverlapOutcome {
  /** In the order of their words, whoever ended first. */
  readonly ends: readonly OperationEnd[];
  readonly left: readonly string[];
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

const wordsOf = ({ operation, result, meaning = result }: OperationEnd): string => JSON.stringify([operation, meaning]);

/** What operations came to that have ended in some order. */
export const outcomeOf = (ends: readonly OperationEnd[], left: readonly string[]): OverlapOutcome => ({
  ends: ends.toSorted((one, other) => compare(wordsOf(one), wordsOf(other))),
  left,
});

/** Equal for results that say the same and the same that is left, and only for those. */
export const keyOfOutcome = ({ ends, left }: OverlapOutcome): string => JSON.stringify([ends.map(wordsOf), left]);

/** Whether an event is the end of an operation. */
export const isEnd = (event: unknown): event is OperationEnd =>
  typeof event === "object" && event !== null && "kind" in event && event.kind === "ended";

/** The ends of operations among events. */
export const endsIn = (events: readonly unknown[]): readonly OperationEnd[] => events.filter(isEnd);

/** The same events without them. */
export const withoutEnds = <Event>(events: readonly (Event | OperationEnd)[]): readonly Event[] =>
  events.filter((event): event is Event => !isEnd(event));
