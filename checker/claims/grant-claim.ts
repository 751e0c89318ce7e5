/**
 * A claim that what is asked for and is in order is granted somewhere.
 *
 * To be refused is no violation: in another state the same may be granted, and only what is refused in all of them is never
 * granted. So each step tells what was asked for in it and what came of it, and what is wrong is known once the whole of
 * the space is. A search in parts is told what each part has seen, and concludes anew.
 */
import { type Cost, compareNeeded } from "../cost.ts";
import { type Finding, findingOf } from "../finding.ts";
import type { Schedule } from "../schedule.ts";
import type { Future, Transition } from "../transition.ts";
import { type Asked, type PropertyVerdict, type Reach, verdictOn } from "../verdict.ts";
import type { Claim, ClaimConclusion, ClaimJudge, ClaimWords, Searched } from "./claim.ts";
import type { PlainJudge } from "./plain-judge.ts";

/** What was asked for in a step, and what came of it. */
export interface Answered {
  /** What was asked for; also the object of a finding. */
  readonly what: string;
  /**
   * `granted`; `refused`, though nothing had gone wrong; `excused`, because something the subject needs does not work there;
   * `in order`: not asked for here, but now it is known that whoever asks for it may expect it.
   */
  readonly answer: "granted" | "refused" | "excused" | "in order";
  /** Whether what was asked for is in order in any case. */
  readonly isInOrder: boolean;
  /** What is wrong where it is never granted. */
  readonly detail: string;
}

/** What is claimed of requests: one that is in order is granted in some run. */
export interface GrantRule<State, Event> extends ClaimWords {
  answered(transition: Transition<State, Event>): readonly Answered[];
}

/** Whether a request is one that nobody may refuse everywhere, and everybody was. */
const isDenied = ({ isGranted, isExcused, isInOrder, refusal }: Asked): boolean =>
  refusal !== undefined && isInOrder && !isGranted && !isExcused;

/** What a search that asked for all this says: its verdict, and what is wrong. */
export const concludeAsked = (
  property: string,
  counts: Pick<PropertyVerdict, "concerned" | "witness">,
  asked: readonly Asked[],
  reach: Reach,
): { readonly verdict: PropertyVerdict; readonly findings: readonly Finding[] } => {
  const denied = asked.filter(isDenied).flatMap(({ refusal }) => refusal ?? []);
  const kept = { ...verdictOn(property, { ...counts, violated: 0 }, reach), asked };
  if (denied.length === 0) return { verdict: kept, findings: [] };
  const names = denied.map(({ object }) => object).join(" and ");
  // What was refused so far may be granted where the search did not look.
  if (kept.verdict !== "holds") {
    const because = kept.because.replace(/^kept by[^,]*/, `${names}: refused so far`);
    return { verdict: { ...kept, because }, findings: [] };
  }
  const violated = denied.reduce((sum, { seen }) => sum + seen, 0);
  const because = `${names}: refused in the whole space, wherever it was asked for`;
  return { verdict: { ...kept, verdict: "violated", violated, because }, findings: denied };
};

/** What several parts were asked for, as one. */
export const mergeAsked = (parts: readonly (readonly Asked[])[]): readonly Asked[] => {
  const merged = new Map<string, Asked>();
  for (const one of parts.flat()) {
    const known = merged.get(one.what);
    if (known === undefined) {
      merged.set(one.what, one);
      continue;
    }
    const refusals = [known.refusal, one.refusal].filter((refusal) => refusal !== undefined);
    const [cheapest] = refusals.toSorted((a, b) => compareNeeded(a.cost, b.cost));
    const seen = refusals.reduce((sum, refusal) => sum + refusal.seen, 0);
    merged.set(one.what, {
      what: one.what,
      isGranted: known.isGranted || one.isGranted,
      isExcused: known.isExcused || one.isExcused,
      isInOrder: known.isInOrder || one.isInOrder,
      ...(cheapest === undefined ? {} : { refusal: { ...cheapest, seen } }),
    });
  }
  return [...merged.values()];
};

/** The claim that what is in order is granted. */
export const grantClaim = <State, Event>(rule: GrantRule<State, Event>): Claim<State, unknown, Event> => {
  const lastOf = (steps: readonly { readonly transition: Transition<State, Event> }[]): readonly Answered[] => {
    const last = steps.at(-1)?.transition;
    return last === undefined ? [] : rule.answered(last);
  };
  return {
    ...rule,
    violations: () => [],
    judge: <Origin>() => new GrantJudge<State, Event, Origin>(rule),
    searchBehind: () => undefined,
    isTestedBy: ({ steps }) => lastOf(steps).length > 0,
    shownIn: () => [],
    partsIn: ({ steps }) => lastOf(steps).flatMap(({ answer, detail }) => (answer === "refused" ? [detail] : [])),
    evidence: ({ steps }, { object }) => {
      const shown = lastOf(steps).find(({ what, answer }) => what === object && answer === "refused");
      if (shown === undefined) return { kind: "not shown", because: `nothing refuses ${object} at its end` };
      const violation = { object, site: "", detail: shown.detail };
      return { kind: "shown", step: steps.length, violation, notes: [] };
    },
    plainly: () => plainGrantJudge(rule),
  };
};

interface Kept<Origin> {
  readonly what: string;
  isGranted: boolean;
  isExcused: boolean;
  isInOrder: boolean;
  refusal: { detail: string; cost: Cost; origin: Origin; seen: number } | undefined;
}

interface SavedGrants<Origin> {
  readonly kept: readonly Kept<Origin>[];
  readonly concerned: number;
  readonly unfinished: number;
  readonly witness: { readonly cost: Cost; readonly origin: Origin } | undefined;
}

class GrantJudge<State, Event, Origin> implements ClaimJudge<State, unknown, Event, Origin> {
  readonly #rule: GrantRule<State, Event>;
  readonly #kept = new Map<string, Kept<Origin>>();
  #concerned = 0;
  /** States that were left and whose steps were not all taken. */
  #unfinished = 0;
  #witness: SavedGrants<Origin>["witness"];
  readonly size = 0;

  constructor(rule: GrantRule<State, Event>) {
    this.#rule = rule;
  }

  leave(): void {
    this.#unfinished += 1;
  }

  left(): void {
    this.#unfinished -= 1;
  }

  took(): void {}

  step(transition: Transition<State, Event>, cost: Cost, capture: () => Origin): Future {
    const answered = this.#rule.answered(transition);
    if (answered.length === 0) return "goes on";
    this.#concerned += 1;
    if (this.#witness === undefined || cost < this.#witness.cost) this.#witness = { cost, origin: capture() };
    for (const { what, answer, isInOrder, detail } of answered) {
      const known = this.#kept.get(what);
      const kept = known ?? { what, isGranted: false, isExcused: false, isInOrder: false, refusal: undefined };
      if (known === undefined) this.#kept.set(what, kept);
      kept.isGranted ||= answer === "granted";
      kept.isExcused ||= answer === "excused";
      kept.isInOrder ||= isInOrder || answer === "in order";
      if (answer !== "refused") continue;
      const { refusal } = kept;
      if (refusal === undefined) kept.refusal = { detail, cost, origin: capture(), seen: 1 };
      else {
        refusal.seen += 1;
        if (cost < refusal.cost) Object.assign(refusal, { detail, cost, origin: capture() });
      }
    }
    return "goes on";
  }

  save(): SavedGrants<Origin> {
    return structuredClone({
      ...{ kept: [...this.#kept.values()], concerned: this.#concerned },
      ...{ unfinished: this.#unfinished, witness: this.#witness },
    });
  }

  restore(saved: unknown): void {
    const { kept, concerned, unfinished, witness } = structuredClone(saved) as SavedGrants<Origin>;
    this.#kept.clear();
    for (const one of kept) this.#kept.set(one.what, one);
    this.#concerned = concerned;
    this.#unfinished = unfinished;
    this.#witness = witness;
  }

  conclude({ reach, scheduleOf }: Searched<Origin>): ClaimConclusion {
    const property = this.#rule.id;
    const asked = [...this.#kept.values()].map(({ refusal, ...kept }): Asked => {
      if (refusal === undefined) return kept;
      const { detail, cost, seen, origin } = refusal;
      const violation = { object: kept.what, site: "", detail };
      return { ...kept, refusal: findingOf(property, violation, cost, seen, scheduleOf(origin)) };
    });
    const witness: Schedule | undefined = this.#witness && scheduleOf(this.#witness.origin);
    // A space whose runs are cut short is searched to its end, and still not whole.
    const far: Reach =
      this.#unfinished > 0 && reach.ending === "exhausted" ? { ...reach, ending: "depth limit" } : reach;
    const { verdict, findings } = concludeAsked(property, { concerned: this.#concerned, witness }, asked, far);
    const breaches = findings.map(({ object, site, counterexample: run }) => ({ object, site, run }));
    return { verdict, findings, proof: { broken: findings.length, breaches } };
  }
}

/** The same along a plain search. */
const plainGrantJudge = <State, Event>(rule: GrantRule<State, Event>): PlainJudge<State, unknown, Event> => {
  const answers = new Map<string, Set<string>>();
  let tested = 0;
  return {
    size: 0,
    step: (transition) => {
      const answered = rule.answered(transition);
      if (answered.length > 0) tested += 1;
      for (const { what, answer, isInOrder } of answered) {
        const known = answers.get(what) ?? new Set();
        answers.set(what, known.add(answer));
        if (isInOrder) known.add("in order");
      }
      return { isFatal: false, isRepeated: false };
    },
    conclude: (isWhole) => {
      const denied = [...answers].filter(
        ([, known]) =>
          isWhole && known.has("refused") && known.has("in order") && !known.has("granted") && !known.has("excused"),
      );
      const kept = !isWhole ? "inconclusive" : tested === 0 ? "unreached" : "holds";
      return {
        verdict: denied.length > 0 ? "violated" : kept,
        tested,
        broken: denied.length,
        breaches: denied.map(([object]) => ({ object, site: "" })),
      };
    },
  };
};
