import type { Transition } from "../transition.ts";
import type { Verdict } from "../verdict.ts";

/** One thing that is wrong, as two searches agree on it. */
export interface PlainBreach {
  readonly object: string;
  /** Empty where the place is that of a run alone. */
  readonly site: string;
}

/** What the second search says of one claim. */
export interface PlainJudgement {
  readonly verdict: Verdict;
  /** Transitions that put it to the test. */
  readonly tested: number;
  /** Transitions that broke it; of a claim on the whole space, how many different things are wrong. */
  readonly broken: number;
  readonly breaches: readonly PlainBreach[];
}

/**
 * Judges one claim along the second, plain search of a certificate.
 *
 * It shares what the claim says with the judge of the first search, and none of how it is judged.
 */
export interface PlainJudge<State, Action, Event> {
  /** How many different things were found wrong so far. */
  readonly size: number;
  /** A state is met for the first time; their numbers count up from 0. */
  meet?(state: State): void;
  /** One step; tells whether the run ends with it, and why. */
  step?(transition: Transition<State, Event>): { readonly isFatal: boolean; readonly isRepeated: boolean };
  /**
   * Where a step leads.
   *
   * @param to - undefined where the run ended with it
   * @param isPlain - nothing went wrong in it, and nobody was interrupted
   */
  took?(from: number, action: Action, to: number | undefined, isPlain: boolean): void;
  /** More may happen in a state than the space has. */
  isCutShort?(state: number): void;
  /** @param isWhole - no run was cut short anywhere */
  conclude(isWhole: boolean): PlainJudgement;
}
