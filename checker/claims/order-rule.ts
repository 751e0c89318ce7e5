import type { Transition } from "../transition.ts";
import type { ClaimWords } from "./claim.ts";

/** Something was taken while something else was held. */
export interface Nesting {
  readonly outer: string;
  readonly inner: string;
  /** Where the inner one is taken, as in a `Violation`. */
  readonly site: string;
  /** Whether the subject has a part in it; a cycle in which it has none is not its own. */
  readonly isSubjects: boolean;
}

/** What is claimed of an order: none in which things are taken goes round. */
export interface OrderRule<State, Event> extends ClaimWords {
  /** What was taken in a step while something else was held; equal ones are one object where that can be had. */
  nestings(transition: Transition<State, Event>): readonly Nesting[];
  /** What one of them is, for a person. */
  words(nesting: Nesting): string;
}

/** What a finding says of its cycle. */
export const detailOf = <State, Event>(rule: OrderRule<State, Event>, cycle: readonly Nesting[]): string =>
  cycle.map(rule.words).join(", and elsewhere ");
