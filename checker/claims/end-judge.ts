import { type Cost, costOfSteps } from "../cost.ts";
import { findingOf } from "../finding.ts";
import { count, verdictOn } from "../verdict.ts";
import type { ClaimConclusion, ClaimJudge, JudgedRun, Searched } from "./claim.ts";
import { allGoals, type GraphRule, reachedGoals } from "./graph-rule.ts";
import { type Lost, lostFrom } from "./lost.ts";
import type { KnownWays, Leading } from "./way-back.ts";

/** How many states are looked at beyond the ends of the runs of one search. */
const MAX_LOOKS = 60_000;

/** A livelock that a run has ended in. */
interface Ended<Origin> {
  readonly lost: Lost;
  readonly cost: Cost;
  readonly origin: Origin;
  readonly seen: number;
}

/** What a search along runs knows. */
interface Ends<Origin> {
  readonly found: ReadonlyMap<string, Ended<Origin>>;
  readonly concerned: number;
  readonly doubtful: number;
  readonly witness: { readonly cost: Cost; readonly origin: Origin } | undefined;
}

/**
 * Judges where runs end: from there a way back is looked for, as far as the search has states left to look at.
 *
 * A run that has come to where nothing leads out mostly stays there, so that its end tells.
 */
export class EndJudge<State, Action, Event, Origin> implements ClaimJudge<State, Action, Event, Origin> {
  readonly #rule: GraphRule<State>;
  readonly #known: KnownWays = { good: new Set(), left: MAX_LOOKS };
  #ends: Ends<Origin> = { found: new Map(), concerned: 0, doubtful: 0, witness: undefined };

  constructor(rule: GraphRule<State>) {
    this.#rule = rule;
  }

  get size(): number {
    return this.#ends.found.size;
  }

  ended(run: JudgedRun<State, Action, Event, Origin>): void {
    const { steps, start, isKnown } = run;
    const state = steps.at(-1)?.transition.after ?? start;
    if (reachedGoals(this.#rule, state) === allGoals(this.#rule)) return;
    const cost = costOfSteps(steps);
    const origin = run.origin(steps.length);
    const { found, concerned, doubtful, witness } = this.#ends;
    const cheapest = witness !== undefined && witness.cost <= cost ? witness : { cost, origin };
    this.#ends = { found, concerned: concerned + 1, doubtful, witness: cheapest };
    // A run may meet with more than others, and then somebody may be counted on to do that, too.
    const context = run.context as Leading<State, Action, Event>;
    const lost = lostFrom(this.#rule, state, context, isKnown ? undefined : this.#known);
    if ("livelock" in lost) this.#keep({ lost, cost, origin, seen: 1 });
    else if (lost.kind === "unknown") this.#ends = { ...this.#ends, doubtful: doubtful + 1 };
  }

  #keep(ended: Ended<Origin>): void {
    const { lost, cost } = ended;
    const key = JSON.stringify([lost.object, lost.site]);
    const before = this.#ends.found.get(key);
    const cheapest = before !== undefined && before.cost <= cost ? before : ended;
    const found = new Map(this.#ends.found).set(key, { ...cheapest, seen: (before?.seen ?? 0) + 1 });
    this.#ends = { ...this.#ends, found };
  }

  save(): unknown {
    return this.#ends;
  }

  restore(saved: unknown): void {
    this.#ends = saved as Ends<Origin>;
  }

  conclude({ reach, scheduleOf }: Searched<Origin>): ClaimConclusion {
    const { found, concerned, doubtful, witness } = this.#ends;
    const findings = [...found.values()].map(({ lost, cost, origin, seen }) =>
      findingOf(this.#rule.id, lost, cost, seen, scheduleOf(origin)),
    );
    const counts = {
      concerned,
      violated: findings.reduce((sum, { seen }) => sum + seen, 0),
      witness: witness === undefined ? undefined : scheduleOf(witness.origin),
    };
    const verdict = verdictOn(this.#rule.id, counts, reach);
    const isDoubted = verdict.verdict === "inconclusive" && doubtful > 0;
    const because = `${verdict.because}, and behind ${count(doubtful, "run")} no way back was found as far as this search looks`;
    const breaches = findings.map(({ object, counterexample: run }) => ({ object, site: "", run }));
    return {
      verdict: isDoubted ? { ...verdict, because } : verdict,
      findings,
      proof: { broken: findings.length, breaches },
    };
  }
}
