/**
 * A claim that operations which overlap come to what they would one after the other (linearizability).
 *
 * Compared are both results and what is left at rest. From every state at rest that operations lead to which are done one at a
 * time, each two of them overlap in every way; what they come to must be what one of their serial orders comes to
 * (serial-order.ts), where nothing fails if nothing failed, and anything may if something did. One that is
 * refused because somebody else is at it, and changes nothing, is as good.
 */
import { type Cost, costOfSteps, neededBy } from "../cost.ts";
import { type Finding, needsOf } from "../finding.ts";
import { count, verdictOn } from "../verdict.ts";
import type {
  Claim,
  ClaimConclusion,
  ClaimContext,
  ClaimJudge,
  ClaimWords,
  Evidence,
  JudgedRun,
  Searched,
  Shown,
} from "./claim.ts";
import type { Operating } from "./overlap.ts";
import {
  atEnd,
  differenceWords,
  endWords,
  type FoundOverlap,
  faultsOf,
  judgedOverlap,
  MOST_FAULTS,
  overlapAtEndOf,
  overlapsIn,
  pairsIn,
  type Unserializable,
} from "./overlap-judge.ts";
import { type SerialOutcomes, serialOutcomes } from "./serial-order.ts";
import { searchOverlaps } from "./serial-search.ts";
import { tooFewTasks } from "./step-claim.ts";

const NO_OPERATIONS = "nothing is known of what in this system are operations";

const BY_ITSELF = "what overlaps has a search of its own, which is not a part of this one";

const isOperating = <State, Action, Event>(
  context: ClaimContext<State, Action, Event>,
): context is Operating<State, Action, Event> => context.operations !== undefined;

const missing = <State, Action, Event>(context: ClaimContext<State, Action, Event>): string | undefined => {
  if (context.tasks < 2) return tooFewTasks(context.tasks);
  return isOperating(context) ? undefined : NO_OPERATIONS;
};

/** The claim that no two operations come to anything else. */
export const serialClaim = <State, Action, Event>(words: ClaimWords): Claim<State, Action, Event> => ({
  ...words,
  violations: () => [],
  judge: <Origin>(context: ClaimContext<State, Action, Event>, way: "space" | "runs") => {
    if (!isOperating(context) || context.tasks < 2) return missing(context)!;
    return way === "runs" ? new SerialJudge<State, Action, Event, Origin>(words) : BY_ITSELF;
  },
  searchBehind: (context) =>
    isOperating(context) && context.tasks > 1
      ? (search) => searchOverlaps(serialClaim<State, Action, Event>(words), context, search)
      : undefined,
  isTestedBy: (run, context) => isOperating(context) && overlapAtEndOf(context, run) !== undefined,
  shownIn: (run, context) => {
    const found = isOperating(context) && context.tasks > 1 ? overlapAtEndOf(context, run) : undefined;
    return found?.kind === "unserializable" ? [shownAt(run.steps.length, found)] : [];
  },
  partsIn: () => [],
  evidence: (run, { object, isAtEnd }, context): Evidence => {
    if (!isOperating(context) || context.tasks < 2) return { kind: "unknown", because: missing(context)! };
    const found = isAtEnd ? atEnd(context, run) : overlapsIn(context, run);
    for (const { step, judged } of found) {
      if (judged.kind === "unserializable" && judged.object === object)
        return { kind: "shown", ...shownAt(step, judged) };
    }
    return { kind: "not shown", because: `the run of ${words.id} ends like a serial order when it is replayed` };
  },
  plainly: (context) => missing(context) ?? BY_ITSELF,
});

/** What the operations would have come to one after the other. */
const serialNotes = ({ outcome, serial }: Unserializable): readonly string[] => {
  const results = serial.map(({ ends, left }) => {
    const difference = differenceWords(left, outcome.left);
    return `${endWords(ends)}, and ${difference === "" ? "the same is left" : difference}`;
  });
  return [...new Set(results)].map((words) => `one after the other: ${words}`);
};

const shownAt = (step: number, found: Unserializable): Shown => ({
  step,
  violation: { object: found.object, site: "", detail: found.detail },
  notes: serialNotes(found),
});

/** How many states the serial orders may have that are looked at along the runs of one search. */
const MAX_LOOKS = 40_000;

/** What was seen of two kinds of operations. */
interface Seen<Origin> {
  readonly found: Unserializable;
  readonly cost: Cost;
  readonly origin: Origin;
  readonly seen: number;
}

/** What a search along runs knows. */
interface Pairs<Origin> {
  readonly seen: ReadonlyMap<string, Seen<Origin>>;
  readonly concerned: number;
  readonly unknown: number;
  readonly witness: { readonly cost: Cost; readonly origin: Origin } | undefined;
}

/** Judges runs, wherever two operations have overlapped in them between two states at rest. */
class SerialJudge<State, Action, Event, Origin> implements ClaimJudge<State, Action, Event, Origin> {
  readonly #words: ClaimWords;
  readonly #serial = new Map<string, SerialOutcomes>();
  #looks = 0;
  #pairs: Pairs<Origin> = { seen: new Map(), concerned: 0, unknown: 0, witness: undefined };

  constructor(words: ClaimWords) {
    this.#words = words;
  }

  get size(): number {
    return this.#pairs.seen.size;
  }

  ended(run: JudgedRun<State, Action, Event, Origin>): void {
    const context = run.context as Operating<State, Action, Event>;
    for (const found of pairsIn(context, run)) {
      if (found.faults > MOST_FAULTS && !run.isKnown) continue;
      const serial = this.#serialOf(context, found, run.isKnown);
      const judged = serial === undefined ? { kind: "unknown" as const } : judgedOverlap(context, found, serial);
      if (judged === undefined) continue;
      const cost = costOfSteps(run.steps.slice(0, found.step));
      const origin = run.origin(found.step);
      const { seen, concerned, unknown, witness } = this.#pairs;
      this.#pairs = {
        seen,
        concerned: concerned + 1,
        unknown: judged.kind === "unknown" ? unknown + 1 : unknown,
        witness: witness !== undefined && witness.cost <= cost ? witness : { cost, origin },
      };
      if (judged.kind === "unserializable") this.#keep({ found: judged, cost, origin, seen: 1 });
    }
  }

  /** What the two come to one after the other; undefined where too much was looked at already. */
  #serialOf(
    context: Operating<State, Action, Event>,
    { rest, first, second, faults }: FoundOverlap<State, Action>,
    isKnown: boolean,
  ): SerialOutcomes | undefined {
    const { system } = context;
    const key = JSON.stringify([system.key(rest), system.describe(first), system.describe(second), faults > 0]);
    const known = this.#serial.get(key);
    if (known !== undefined) return known;
    if (this.#looks > MAX_LOOKS && !isKnown) return undefined;
    const serial = serialOutcomes(context, { rest, first, second }, faultsOf(faults > 0));
    this.#looks += serial.states;
    this.#serial.set(key, serial);
    return serial;
  }

  #keep(fresh: Seen<Origin>): void {
    const { object } = fresh.found;
    const before = this.#pairs.seen.get(object);
    const cheapest = before !== undefined && before.cost <= fresh.cost ? before : fresh;
    const seen = new Map(this.#pairs.seen).set(object, { ...cheapest, seen: (before?.seen ?? 0) + 1 });
    this.#pairs = { ...this.#pairs, seen };
  }

  save(): unknown {
    return this.#pairs;
  }

  restore(saved: unknown): void {
    this.#pairs = saved as Pairs<Origin>;
  }

  conclude({ reach, scheduleOf }: Searched<Origin>): ClaimConclusion {
    const { seen: pairs, concerned, unknown, witness } = this.#pairs;
    const findings = [...pairs.values()].map(({ found: { object, detail }, cost: packed, origin, seen }): Finding => {
      const cost = neededBy(packed);
      const counterexample = scheduleOf(origin);
      const property = this.#words.id;
      return { property, object, site: "", detail, isFatal: false, needs: needsOf(cost), cost, seen, counterexample };
    });
    const counts = {
      concerned,
      violated: findings.reduce((sum, { seen }) => sum + seen, 0),
      witness: witness === undefined ? undefined : scheduleOf(witness.origin),
    };
    const verdict = verdictOn(this.#words.id, counts, reach);
    const because = `${verdict.because}, and what ${count(unknown, "pair")} came to could not be compared with all that serial orders come to`;
    const isDoubted = verdict.verdict === "inconclusive" && unknown > 0;
    return {
      verdict: isDoubted ? { ...verdict, because } : verdict,
      findings,
      proof: { broken: findings.length, breaches: [] },
    };
  }
}
