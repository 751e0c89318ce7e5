/**
 * A claim about each step of each run: it reads a transition, and says what is wrong with it.
 *
 * Two violations are one finding when claim, object and site are equal; the finding keeps the cheapest run that shows it,
 * and how often it was seen.
 */
import type { Cost } from "../cost.ts";
import { findingOf } from "../finding.ts";
import type { Replay } from "../schedule.ts";
import type { Future, Transition, Violation } from "../transition.ts";
import { type PropertyCounts, verdictOn } from "../verdict.ts";
import type {
  Claim,
  ClaimConclusion,
  ClaimContext,
  ClaimJudge,
  ClaimWords,
  Evidence,
  Searched,
  Shown,
  Wanted,
} from "./claim.ts";
import type { PlainJudge, PlainJudgement } from "./plain-judge.ts";

/**
 * What is claimed of every step.
 *
 * It reads the transition and nothing else; it never throws, and keeps no memory.
 */
export interface StepRule<State, Event> extends ClaimWords {
  /** The fewest tasks that it speaks of, where that is not one. */
  readonly leastTasks?: number;
  /**
   * Whether this transition puts the claim to the test; a claim that was never tested is `unreached`. What breaks the
   * claim puts it to the test in any case.
   */
  concerns(transition: Transition<State, Event>): boolean;
  /** Everything that breaks the claim here; empty when it is kept. */
  violations(transition: Transition<State, Event>): readonly Violation[];
}

/** What a claim about several tasks says where there are fewer. */
export const tooFewTasks = (tasks: number): string =>
  `it speaks of several tasks at a time, and there ${tasks === 1 ? "is one" : `are ${tasks}`}`;

/** How a run goes on behind a transition, by these rules. */
export const futureBy =
  <State, Event>(rules: readonly Pick<StepRule<State, Event>, "violations">[]) =>
  (transition: Transition<State, Event>): Future => {
    let future: Future = "goes on";
    for (const rule of rules) {
      const violations = rule.violations(transition);
      if (violations.some(({ isFatal }) => isFatal === true)) return "fatal";
      const kinds = new Set(violations.map(({ object, site }) => JSON.stringify([object, site])));
      if (kinds.size < violations.length) future = "repeats";
    }
    return future;
  };

/** The claim that each step keeps to a rule. */
export const stepClaim = <State, Event>(rule: StepRule<State, Event>): Claim<State, unknown, Event> => {
  const missing = ({ tasks }: ClaimContext<State, unknown, Event>): string | undefined =>
    tasks < (rule.leastTasks ?? 1) ? tooFewTasks(tasks) : undefined;
  return {
    ...rule,
    judge: <Origin>(context: ClaimContext<State, unknown, Event>) =>
      missing(context) ?? new StepJudge<State, Event, Origin>(rule),
    searchBehind: () => undefined,
    isTestedBy: ({ steps }) => {
      const last = steps.at(-1)?.transition;
      return last !== undefined && (rule.concerns(last) || rule.violations(last).length > 0);
    },
    shownIn: ({ steps }) =>
      steps.flatMap(({ transition }, at) =>
        rule.violations(transition).map((violation): Shown => ({ step: at + 1, violation, notes: [] })),
      ),
    partsIn: () => [],
    evidence: (run, wanted) => evidenceIn(rule, run, wanted),
    plainly: (context) => missing(context) ?? new PlainStepJudge(rule),
  };
};

const evidenceIn = <State, Event>(
  rule: StepRule<State, Event>,
  { steps }: Replay<State, unknown, Event>,
  { object, site, isAtEnd }: Wanted,
): Evidence => {
  for (let at = isAtEnd ? Math.max(steps.length - 1, 0) : 0; at < steps.length; at += 1) {
    const violation = rule
      .violations(steps[at]!.transition)
      .find((candidate) => candidate.object === object && (site === undefined || candidate.site === site));
    if (violation !== undefined) return { kind: "shown", step: at + 1, violation, notes: [] };
  }
  return { kind: "not shown", because: `no step breaks ${rule.id} (${object}) there` };
};

interface Found<Origin> {
  readonly violation: Violation;
  readonly cost: Cost;
  readonly origin: Origin;
}

interface Entry<Origin> {
  cheapest: Found<Origin>;
  seen: number;
  /** The transition that showed it last. */
  lastSeen: number;
}

/** All that was seen of one claim. */
interface Docket<Origin> {
  /** By object, then by site. */
  readonly entries: Map<string, Map<string, Entry<Origin>>>;
  findings: number;
  transition: number;
  concerned: number;
  violated: number;
  witnessCost: Cost;
  witness: Origin | undefined;
}

class StepJudge<State, Event, Origin> implements ClaimJudge<State, unknown, Event, Origin> {
  readonly #rule: StepRule<State, Event>;
  #docket: Docket<Origin> = {
    entries: new Map(),
    findings: 0,
    transition: 0,
    concerned: 0,
    violated: 0,
    witnessCost: Number.POSITIVE_INFINITY,
    witness: undefined,
  };

  constructor(rule: StepRule<State, Event>) {
    this.#rule = rule;
  }

  get size(): number {
    return this.#docket.findings;
  }

  step(transition: Transition<State, Event>, cost: Cost, capture: () => Origin): Future {
    const docket = this.#docket;
    docket.transition += 1;
    // What breaks a claim puts it to the test, whatever the rule itself says of that.
    const violations = this.#rule.violations(transition);
    if (violations.length === 0 && !this.#rule.concerns(transition)) return "goes on";
    docket.concerned += 1;
    if (cost < docket.witnessCost) {
      docket.witnessCost = cost;
      docket.witness = capture();
    }
    if (violations.length === 0) return "goes on";
    docket.violated += 1;
    let future: Future = "goes on";
    for (const violation of violations) {
      const repeats = this.#enter(violation, cost, capture);
      if (violation.isFatal === true) future = "fatal";
      else if (repeats && future === "goes on") future = "repeats";
    }
    return future;
  }

  /** Keeps a violation; tells whether this transition shows the same one for the second time. */
  #enter(violation: Violation, cost: Cost, capture: () => Origin): boolean {
    const docket = this.#docket;
    let sites = docket.entries.get(violation.object);
    if (sites === undefined) {
      sites = new Map();
      docket.entries.set(violation.object, sites);
    }
    const entry = sites.get(violation.site);
    if (entry === undefined) {
      const cheapest = { violation, cost, origin: capture() };
      sites.set(violation.site, { cheapest, seen: 1, lastSeen: docket.transition });
      docket.findings += 1;
      return false;
    }
    if (entry.lastSeen === docket.transition) return true;
    entry.lastSeen = docket.transition;
    entry.seen += 1;
    if (cost < entry.cheapest.cost) entry.cheapest = { violation, cost, origin: capture() };
    return false;
  }

  /** All that was judged so far, as data of its own. */
  save(): unknown {
    return structuredClone(this.#docket);
  }

  restore(saved: unknown): void {
    this.#docket = structuredClone(saved) as Docket<Origin>;
  }

  conclude({ reach, scheduleOf }: Searched<Origin>): ClaimConclusion {
    const { entries, concerned, violated, witness } = this.#docket;
    const findings = [...entries.values()]
      .flatMap((sites) => [...sites.values()])
      .map(({ cheapest: { violation, cost, origin }, seen }) =>
        findingOf(this.#rule.id, violation, cost, seen, scheduleOf(origin)),
      );
    const counts: PropertyCounts = {
      concerned,
      violated,
      witness: witness === undefined ? undefined : scheduleOf(witness),
    };
    const breaches = findings.map(({ object, site, counterexample: run }) => ({ object, site, run }));
    return { verdict: verdictOn(this.#rule.id, counts, reach), findings, proof: { broken: violated, breaches } };
  }
}

class PlainStepJudge<State, Event> implements PlainJudge<State, unknown, Event> {
  readonly #rule: StepRule<State, Event>;
  readonly #breaches = new Map<string, { readonly object: string; readonly site: string }>();
  #tested = 0;
  #broken = 0;

  constructor(rule: StepRule<State, Event>) {
    this.#rule = rule;
  }

  get size(): number {
    return this.#breaches.size;
  }

  step(transition: Transition<State, Event>): { readonly isFatal: boolean; readonly isRepeated: boolean } {
    const violations = this.#rule.violations(transition);
    if (violations.length > 0 || this.#rule.concerns(transition)) this.#tested += 1;
    if (violations.length > 0) this.#broken += 1;
    const kinds = new Set<string>();
    for (const { object, site } of violations) {
      const kind = JSON.stringify([object, site]);
      kinds.add(kind);
      this.#breaches.set(kind, { object, site });
    }
    return {
      isFatal: violations.some(({ isFatal }) => isFatal === true),
      isRepeated: kinds.size < violations.length,
    };
  }

  conclude(isWhole: boolean): PlainJudgement {
    const [tested, broken] = [this.#tested, this.#broken];
    const kept = tested === 0 ? "unreached" : "holds";
    const verdict = broken > 0 ? "violated" : isWhole ? kept : "inconclusive";
    return { verdict, tested, broken, breaches: [...this.#breaches.values()] };
  }
}
