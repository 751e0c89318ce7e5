/**
 * What a search has proved, in a form that another search can establish again.
 *
 * Numbers of states and a digest of the set of them stand for the space; they do not depend on the order in which a
 * search met it. A search that was cut short by time, memory or a number of states has met what its own order made it
 * meet, so of such a one there is nothing to certify.
 */
import { type Budgeted, withBudget } from "./budget.ts";
import type { Claim, NotJudged, Offers } from "./claims/claim.ts";
import { contextOf } from "./context.ts";
import { type Exploration, searchSpace } from "./explore.ts";
import type { Limits, Progress } from "./pace.ts";
import type { Schedule } from "./schedule.ts";
import { hashOfState, SetDigest } from "./set-digest.ts";
import { type Stepping, withStepBudget } from "./step-budget.ts";
import type { System } from "./system.ts";
import type { Verdict } from "./verdict.ts";

/** The space that a certificate speaks of. */
export interface Extent {
  /** The most faults in one run. */
  readonly faults: number | "all";
  /** The most preemptions in one run. */
  readonly preemptions: number | "all";
  /** The most steps in one run; null where runs may be as long as they like. */
  readonly maxSteps: number | null;
}

/** How large a space is; two searches of it agree in all of this. */
export interface Space {
  readonly states: number;
  readonly transitions: number;
  /** Transitions behind which nobody looks, because they only repeat a violation. */
  readonly cut: number;
  /** Transitions that ended their runs with a fatal violation. */
  readonly fatal: number;
  /** Over the hash of each state, hexadecimal. */
  readonly digest: string;
}

/** What is said of one property. */
export interface Judgement {
  /** Its `id`. */
  readonly property: string;
  readonly verdict: Verdict;
  /** Transitions that put it to the test. */
  readonly tested: number;
  /** Transitions that broke it; of a claim on the whole space, how many different things are wrong. */
  readonly broken: number;
}

/** One thing that is wrong. */
export interface Breach {
  readonly property: string;
  readonly object: string;
  /** Empty where no place is to blame, or it is that of a run alone. */
  readonly site: string;
}

/** A property with a run that puts it to the test, if there is one. */
export interface Witnessed extends Judgement {
  readonly witness: Schedule | undefined;
}

/** A breach with a run whose last step shows it. */
export interface Shown extends Breach {
  readonly run: Schedule;
}

/** All that a search has proved. */
export interface Proof {
  readonly space: Space;
  readonly judgements: readonly Witnessed[];
  readonly breaches: readonly Shown[];
  /** Of what it says nothing, and why. */
  readonly notJudged: readonly NotJudged[];
}

/** What a search for a certificate came to; there is no proof where something cut it short. */
export interface Certification {
  readonly exploration: Exploration;
  readonly proof: Proof | undefined;
}

/** What to prove, and how. */
export interface CertifyOptions<State, Action, Event> extends Extent {
  readonly claims: readonly Claim<State, Action, Event>[];
  readonly offers?: Offers<State, Action, Event> | undefined;
  /** All that a state consists of, as bytes that do not depend on when it was met. */
  readonly contentOf: (state: State) => Uint8Array;
  readonly limits: Limits & { readonly maxStates?: number | undefined };
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

type Bounded<State> = Budgeted<Stepping<State>>;

/** Searches the whole of a space with the exhaustive search, and notes what that proves. */
export const certify = async <State, Action, Event>(
  system: System<State, Action, Event>,
  options: CertifyOptions<NoInfer<State>, NoInfer<Action>, NoInfer<Event>>,
): Promise<Certification> => {
  const { claims, offers, faults, preemptions, maxSteps, contentOf, limits, onProgress } = options;
  const { signal, ...bounds } = limits;
  const stepping = withStepBudget(system, maxSteps ?? Number.POSITIVE_INFINITY);
  const bounded = withBudget(stepping, { faults, preemptions });

  const digest = new SetDigest();
  const noted: boolean[] = [];
  let isSomeCutShort = false;
  const isCutShort = ({ state: { state, stepsLeft } }: Bounded<State>): boolean =>
    stepsLeft === 0 && system.actions(state).length > 0;
  const note = (number: number, bounded: Bounded<State>): void => {
    if (noted[number] === true) return;
    noted[number] = true;
    const { state, faultsLeft, preemptionsLeft } = bounded;
    digest.add(hashOfState(contentOf(state.state), [faultsLeft, preemptionsLeft, state.stepsLeft]));
    isSomeCutShort ||= isCutShort(bounded);
  };

  // A search numbers states as it meets them, these first; one that nothing leads out of is in no transition.
  const starts = new Map(bounded.initial.map((state) => [bounded.key(state), state]));
  for (const [number, state] of [...starts.values()].entries()) note(number, state);

  const { exploration, proofs } = await searchSpace<Bounded<State>, State, Action, Event>(bounded, {
    context: contextOf(system, claims, offers),
    view: ({ state }) => state.state,
    isCutShort,
    bounds,
    signal,
    onProgress,
    onTransition: ({ from, to, transition: { before, after } }) => {
      note(from, before);
      if (to !== undefined) note(to, after);
    },
  });
  if (exploration.ending !== "exhausted") return { exploration, proof: undefined };

  const { transitions, cut, fatal, notJudged } = exploration;
  const space: Space = { states: noted.length, transitions, cut, fatal, digest: digest.text };
  const judgements = exploration.properties.map(
    ({ property, verdict, concerned, witness }, at): Witnessed => ({
      property,
      // What no run of that length breaks, a longer one may break.
      verdict: isSomeCutShort && verdict !== "violated" ? "inconclusive" : verdict,
      tested: concerned,
      broken: proofs[at]!.broken,
      witness,
    }),
  );
  const breaches = proofs.flatMap(({ breaches: own }, at) =>
    own.map((breach): Shown => ({ property: judgements[at]!.property, ...breach })),
  );
  return { exploration, proof: { space, judgements, breaches, notJudged } };
};
