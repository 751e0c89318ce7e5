/**
 * What is claimed of a system: one interface, whatever it takes to judge it.
 *
 * A claim says what it claims, judges whole searches by watching them, tells whether a given run shows that it is broken, and
 * explains how. There are five kinds, one file each: per step (step-claim.ts), on the graph of states (graph-claim.ts), on the
 * order in which things are taken (order-claim.ts), on what operations come to that overlap (serial-claim.ts), and on what is
 * granted somewhere (grant-claim.ts). Nothing outside this
 * folder asks which kind it has: what cannot be judged in some way says so itself, in words.
 */
import type { Cost } from "../cost.ts";
import type { Finding } from "../finding.ts";
import type { Bounds, Progress } from "../pace.ts";
import type { Refinement } from "../refinement.ts";
import type { Savable } from "../savable.ts";
import type { Replay, Schedule } from "../schedule.ts";
import type { System } from "../system.ts";
import type { Future, Transition, Violation } from "../transition.ts";
import type { PropertyVerdict, Reach } from "../verdict.ts";
import type { Step } from "../walk.ts";
import type { Operations } from "./operations.ts";
import type { PlainJudge } from "./plain-judge.ts";

/** What a claim says, for people. */
export interface ClaimWords {
  /** Stable name in reports, kebab-case. */
  readonly id: string;
  readonly group: string;
  /** The claim in positive English, present tense. */
  readonly claim: string;
  /** Why it matters to a maintainer, one sentence. */
  readonly why: string;
  /** The kernel's own rule: file and function, or document. */
  readonly source: string;
  /** What a finding says of what was modelled, where it matters to the finding. */
  readonly assumptions: readonly string[];
}

/** How a system can be left in the direction of goals. */
export interface Ways<State, Action, Event> {
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

/** What a system offers to claims beside its steps. */
export interface Offers<State, Action, Event> {
  /** How many tasks there may be at a time. */
  readonly tasks: number;
  /** How it can be brought back; undefined where nothing is known of that. */
  readonly ways?: Ways<State, Action, Event> | undefined;
  /** What of it are operations that overlap; undefined where nothing is. */
  readonly operations?: Operations<State, Action, Event> | undefined;
}

/** A system as claims see it. */
export interface ClaimContext<State, Action, Event> extends Offers<State, Action, Event> {
  readonly system: System<State, Action, Event>;
  /** All that is claimed. */
  readonly claims: readonly Claim<State, Action, Event>[];
  /** How a run goes on behind a transition, by all that is claimed. */
  futureOf(transition: Transition<State, Event>): Future;
}

/** A claim of which nothing was said, and why. */
export interface NotJudged {
  /** Its `id`. */
  readonly claim: string;
  /** One sentence for a person, without the full stop. */
  readonly because: string;
}

/**
 * How a search goes about it: `space`, it meets states by their numbers and takes all steps out of each; `runs`, it follows
 * runs one by one, and knows no graph.
 */
export type WayOfSearch = "space" | "runs";

/** A run as far as it was judged. */
export interface JudgedRun<State, Action, Event, Origin> extends Pick<Replay<State, Action, Event>, "start" | "steps"> {
  readonly context: ClaimContext<State, Action, Event>;
  /** Whether it is looked at however long that takes: it once showed something. */
  readonly isKnown: boolean;
  /** The run of its first steps. */
  origin(steps: number): Origin;
}

/**
 * Judges one claim along one search, in calls that must cost next to nothing; the search leaves out those that are not there.
 *
 * States go by their numbers, which count up from 0 in the order in which they are met. A search names the run that it is on by an
 * `Origin` of its own, and is asked for it only when the run is kept.
 */
export interface ClaimJudge<State, Action, Event, Origin> extends Savable {
  /** How many different things were found wrong so far. */
  readonly size: number;
  /** A state is met for the first time. */
  meet?(state: State): void;
  /** The steps out of a state follow; each state is left once at most. */
  leave?(state: number): void;
  /** The steps of this action follow. */
  take?(action: Action): void;
  /**
   * One step, before the search looks where it leads; gives how the run goes on behind it.
   *
   * @param cost - of the run that ends with it
   */
  step?(transition: Transition<State, Event>, cost: Cost, capture: () => Origin): Future;
  /**
   * Where the step leads.
   *
   * @param to - -1 where the run ended with it, or a limit kept the state out
   * @param isPlain - nothing went wrong in it, and nobody was interrupted
   */
  took?(to: number, isPlain: boolean): void;
  /** All steps out of the state that was being left have been taken. */
  left?(): void;
  /** A run has come to its end. */
  ended?(run: JudgedRun<State, Action, Event, Origin>): void;
  conclude(searched: Searched<Origin>): ClaimConclusion;
}

/** What a search knows in the end. */
export interface Searched<Origin> {
  readonly reach: Reach;
  scheduleOf(origin: Origin): Schedule;
  /** Of a search of a space: the cost of the cheapest run to a state, and the run. */
  cost(state: number): Cost;
  scheduleTo(state: number): Schedule;
}

/** What is said of a claim, in the end. */
export interface ClaimConclusion {
  readonly verdict: PropertyVerdict;
  /** In the order in which they were met. */
  readonly findings: readonly Finding[];
  /** What another search of the same space finds too, whatever its order. */
  readonly proof: ClaimProof;
}

/** What a space decides, and not the order of the search. */
export interface ClaimProof {
  /** Transitions that broke it; of a claim on the whole space, how many different things are wrong. */
  readonly broken: number;
  readonly breaches: readonly ProvedBreach[];
}

/** One thing that is wrong, with a run that shows it. */
export interface ProvedBreach {
  readonly object: string;
  /** Empty where the place is that of the run alone. */
  readonly site: string;
  readonly run: Schedule;
}

/** What a search of its own says of a claim. */
export type BehindConclusion = Pick<ClaimConclusion, "verdict" | "findings">;

/** A search behind the search, for what the first one does not take. */
export interface OwnSearch<State, Action, Event> {
  readonly bounds: Bounds;
  readonly faults: number | "all";
  readonly preemptions: number | "all";
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** The same system, where tasks are interrupted anywhere: what is told are runs of it. */
  readonly whole: () => ClaimContext<State, Action, Event>;
  /** What the system takes for granted; undefined where that is nothing. */
  readonly refinement: Refinement | undefined;
}

/** What is wrong in a run, and how it comes about. */
export interface Shown {
  /** The step behind which it shows, counted from 1. */
  readonly step: number;
  readonly violation: Violation;
  /** Said behind the run, one line each. */
  readonly notes: readonly string[];
  /** What goes on there by itself for ever: steps up to where it begins to go round, and one round of it. */
  readonly onward?: { readonly stem: readonly Step[]; readonly round: readonly Step[] } | undefined;
}

/** Whether a run shows a finding; `unknown` where that cannot be told, and nothing speaks against it. */
export type Evidence =
  | ({ readonly kind: "shown" } & Shown)
  | { readonly kind: "not shown"; readonly because: string }
  | { readonly kind: "unknown"; readonly because: string };

/** What is looked for in a run. */
export interface Wanted extends Pick<Finding, "object" | "detail"> {
  /** Undefined where any place will do. */
  readonly site: string | undefined;
  /** Whether it has to show at the very end of the run. */
  readonly isAtEnd: boolean;
}

/** A named claim about a system. */
export interface Claim<State, Action, Event> extends ClaimWords {
  /** Everything that a single transition breaks by itself; empty where it breaks nothing. It reads the transition and nothing else. */
  violations(transition: Transition<State, Event>): readonly Violation[];
  /** The judge of a search of this kind; in words, why there is none. */
  judge<Origin>(
    context: ClaimContext<State, Action, Event>,
    way: WayOfSearch,
  ): ClaimJudge<State, Action, Event, Origin> | string;
  /** The search of its own by which it is judged behind that of a space; undefined where it needs none, or none is possible. */
  searchBehind(
    context: ClaimContext<State, Action, Event>,
  ): ((search: OwnSearch<State, Action, Event>) => Promise<BehindConclusion>) | undefined;
  /** Whether a run ends with what puts the claim to the test; what breaks it does so in any case. */
  isTestedBy(run: Replay<State, Action, Event>, context: ClaimContext<State, Action, Event>): boolean;
  /** All that is wrong in a run by itself. */
  shownIn(run: Replay<State, Action, Event>, context: ClaimContext<State, Action, Event>): readonly Shown[];
  /** What the end of a run shows that is wrong only together with other runs, one line each. */
  partsIn(run: Replay<State, Action, Event>): readonly string[];
  /** The first place in a run that shows what a finding says, or the part of it that this run has to show. */
  evidence(run: Replay<State, Action, Event>, finding: Wanted, context: ClaimContext<State, Action, Event>): Evidence;
  /** The judge of the second search of a certificate; in words, why there is none. */
  plainly(context: ClaimContext<State, Action, Event>): PlainJudge<State, Action, Event> | string;
}
