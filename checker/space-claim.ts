/**
 * Claims that are judged on a search as a whole, because no single transition can break them.
 *
 * Such a claim watches a search as it goes, in calls that must cost next to nothing, and is asked in the end.
 */
import type { Cost } from "./cost.ts";
import type { Finding } from "./judge.ts";
import type { Transition } from "./property.ts";
import type { Savable } from "./savable.ts";
import type { Schedule, Step } from "./schedule.ts";
import type { PropertyVerdict, Reach } from "./verdict.ts";

/** A claim that makes itself a judge for each search. */
export interface SpaceClaim<State, Action, Event> {
  /** Stable name in reports, kebab-case. */
  readonly id: string;
  judge(): SpaceJudge<State, Action, Event>;
}

/** A transition by the state that it leaves; -1 for an initial state, whose place `action` is. */
export interface Origin extends Step {
  readonly from: number;
}

/** Watches one search. States go by their numbers, which count up from 0 in the order in which they are met. */
export interface SpaceJudge<State, Action, Event> extends Savable {
  /** A state is met for the first time. */
  meet(state: State): void;
  /** The steps out of a state follow; each state is left once at most. */
  leave(state: number): void;
  /** The steps of this action follow. */
  take(action: Action): void;
  /**
   * One step.
   *
   * @param to - -1 where the run ended with it, or a limit kept the state out
   * @param isPlain - nothing went wrong in it, and nobody was interrupted
   * @param cost - of the cheapest run that ends with it
   * @param capture - gives the transition, to be kept
   */
  took(to: number, isPlain: boolean, cost: Cost, transition: Transition<State, Event>, capture: () => Origin): void;
  /** All steps out of the state that was being left have been taken. */
  left(): void;
  conclude(space: SearchedSpace): SpaceConclusion;
}

/** What a search knows in the end. */
export interface SearchedSpace {
  readonly reach: Reach;
  cost(state: number): Cost;
  /** The cheapest run to a state. */
  scheduleTo(state: number): Schedule;
  scheduleOf(origin: Origin): Schedule;
}

export interface SpaceConclusion {
  readonly verdict: PropertyVerdict;
  readonly findings: readonly Finding[];
}
