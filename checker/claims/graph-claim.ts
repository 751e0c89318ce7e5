/**
 * A claim that no single transition can break: it speaks of what stays possible.
 *
 * "From every state that can be reached, a good one can be reached" (AG EF good) is judged on the whole graph of states
 * that a search has met, or from where runs end. Only steps in which nothing goes wrong count as ways to the good states: no fault,
 * no interruption, and nothing that the environment does only to be in the way.
 */
import { type Cost, costOfSteps, neededBy } from "../cost.ts";
import { type Finding, needsOf } from "../finding.ts";
import { type Replay, replay, type Schedule } from "../schedule.ts";
import { count, type PropertyVerdict, type Reach, verdictOn } from "../verdict.ts";
import type {
  Claim,
  ClaimConclusion,
  ClaimContext,
  ClaimJudge,
  Evidence,
  JudgedRun,
  Searched,
  Shown,
} from "./claim.ts";
import { allGoals, type Goal, type GraphRule, reachedGoals } from "./graph-rule.ts";
import { PlainGraphJudge } from "./plain-graph-judge.ts";
import { StateGraph, type StateSet } from "./state-graph.ts";
import { type KnownWays, type Leading, type Livelock, livelockWords, type WayBack, wayBack } from "./way-back.ts";

/** How far a finding is put to the test; a livelock with more states is none that is told of. */
const MAX_LIVELOCK = 20_000;

/** The most candidates that are put to the test; what then is left is not known. */
const MAX_TESTS = 24;

/** How many states are looked at beyond the ends of the runs of one search. */
const MAX_LOOKS = 60_000;

const NO_WAYS = "nothing is known of who may be counted on to bring this system back";

const isLeading = <State, Action, Event>(
  context: ClaimContext<State, Action, Event>,
): context is Leading<State, Action, Event> => context.ways !== undefined;

/** Where a run has led to no way back. */
interface Lost {
  readonly object: string;
  readonly site: string;
  readonly detail: string;
  readonly livelock: Livelock;
}

/** What is out of reach in a livelock: the first goal that no state of it reaches, or all of them together. */
const outOfReach = <State>(
  { goals, together }: GraphRule<State>,
  { reached }: Livelock,
): Omit<Goal<State>, "isReached"> => goals.find((_, goal) => (reached & (1 << goal)) === 0) ?? together;

/** Looks whether nothing leads out of a state; gives what is wrong there, or why it is no livelock. */
const lostFrom = <State, Action, Event>(
  rule: GraphRule<State>,
  state: State,
  context: Leading<State, Action, Event>,
  known?: KnownWays,
): Lost | Exclude<WayBack, Livelock> => {
  const found = wayBack(state, context, { rule, maxStates: MAX_LIVELOCK, known });
  if (found.kind !== "livelock") return found;
  const goal = outOfReach(rule, found);
  return { object: goal.object, site: goal.site(state), detail: goal.detail(state), livelock: found };
};

const endOf = <State, Action, Event>({ start, steps }: Replay<State, Action, Event>): State =>
  steps.at(-1)?.transition.after ?? start;

const shownAt = (step: number, { object, site, detail, livelock }: Lost): Shown => ({
  step,
  violation: { object, site, detail },
  notes: [livelockWords(livelock)],
  onward: livelock.round.length === 0 ? undefined : { stem: livelock.stem, round: livelock.round },
});

/** The claim that there always is a way back. */
export const graphClaim = <State, Event>(rule: GraphRule<State>): Claim<State, unknown, Event> => {
  const lost = (run: Replay<State, unknown, Event>, context: ClaimContext<State, unknown, Event>) =>
    isLeading(context) ? lostFrom(rule, endOf(run), context) : ({ kind: "unknown", because: NO_WAYS } as const);
  return {
    ...rule,
    violations: () => [],
    judge: <Origin>(context: ClaimContext<State, unknown, Event>, way: "space" | "runs") => {
      if (!isLeading(context)) return NO_WAYS;
      return way === "space"
        ? new GraphJudge<State, unknown, Event, Origin>(rule, context)
        : new EndJudge<State, unknown, Event, Origin>(rule, context);
    },
    searchBehind: () => undefined,
    isTestedBy: (run) => reachedGoals(rule, endOf(run)) !== allGoals(rule),
    shownIn: (run, context) => {
      const found = lost(run, context);
      return "livelock" in found ? [shownAt(run.steps.length, found)] : [];
    },
    partsIn: () => [],
    evidence: (run, { object }, context): Evidence => {
      const found = lost(run, context);
      if (!("livelock" in found)) {
        return found.kind === "unknown"
          ? found
          : { kind: "not shown", because: `the run of ${rule.id} does not end in a livelock when it is replayed` };
      }
      if (found.object !== object) return { kind: "not shown", because: `there is a way to ${object} from there` };
      return { kind: "shown", ...shownAt(run.steps.length, found) };
    },
    plainly: (context) => (isLeading(context) ? new PlainGraphJudge(rule, context) : NO_WAYS),
  };
};

/** What is known of a candidate: it is a livelock, or it is left again, or it cannot be told. */
interface Tested {
  readonly lost: Map<number, Lost>;
  readonly escapes: Set<number>;
  readonly doubtful: Set<number>;
}

/**
 * Judges on the graph of states that a search has met.
 *
 * States from which neither the goals nor anything unknown can be reached are candidates; the cheapest run to one is
 * put to the test by a search of its own (way-back.ts), in which more is possible. Where that finds a way the candidate counts
 * as good, and the graph is looked at again.
 */
class GraphJudge<State, Action, Event, Origin> implements ClaimJudge<State, Action, Event, Origin> {
  readonly #rule: GraphRule<State>;
  readonly #context: Leading<State, Action, Event>;
  readonly #graph: StateGraph<State>;
  #isWay = false;
  readonly size = 0;

  constructor(rule: GraphRule<State>, context: Leading<State, Action, Event>) {
    this.#rule = rule;
    this.#context = context;
    this.#graph = new StateGraph(rule);
  }

  meet(state: State): void {
    this.#graph.meet(state);
  }

  leave(state: number): void {
    this.#graph.leave(state);
  }

  take(action: Action): void {
    this.#isWay = this.#context.ways.leadsBack(action);
  }

  took(to: number, isPlain: boolean): void {
    this.#graph.step(to, isPlain && this.#isWay);
  }

  left(): void {
    this.#graph.left();
  }

  save(): unknown {
    return this.#graph.save();
  }

  restore(saved: unknown): void {
    this.#graph.restore(saved as ReturnType<StateGraph<State>["save"]>);
  }

  conclude(searched: Searched<Origin>): ClaimConclusion {
    const graph = this.#graph;
    const tested: Tested = { lost: new Map(), escapes: new Set(), doubtful: new Set() };
    let candidates = this.#candidates(searched, tested);
    for (let tests = 0; candidates.some(({ cheapest }) => !tested.lost.has(cheapest)); tests += 1) {
      const { cheapest } = candidates.find((one) => !tested.lost.has(one.cheapest))!;
      if (tests === MAX_TESTS) {
        for (const one of candidates) if (!tested.lost.has(one.cheapest)) tested.doubtful.add(one.cheapest);
        candidates = candidates.filter((one) => tested.lost.has(one.cheapest));
        break;
      }
      const found = this.#endOf(searched.scheduleTo(cheapest));
      if ("livelock" in found) tested.lost.set(cheapest, found);
      else (found.kind === "way" ? tested.escapes : tested.doubtful).add(cheapest);
      candidates = this.#candidates(searched, tested);
    }
    const shown = candidates.map(({ cheapest, states, goal }) => {
      const { schedule: counterexample, lost } = this.#earliest(
        searched.scheduleTo(cheapest),
        tested.lost.get(cheapest)!,
        searched.reach,
      );
      const seen = states.reduce((sum, state) => sum + graph.arrivals(state), 0);
      const finding = findingOf(this.#rule, lost, this.#costOf(counterexample), seen, counterexample);
      // Where it is met first, and what is out of reach there, is a matter of the search; this is one of the space.
      const { object } = this.#rule.goals[goal] ?? this.#rule.together;
      return { finding, breach: { object, site: "", run: counterexample } };
    });
    const findings = shown.map(({ finding }) => finding);
    const proof = { broken: shown.length, breaches: shown.map(({ breach }) => breach) };
    return { findings, verdict: this.#verdict(searched, tested, findings), proof };
  }

  #endOf(schedule: Schedule): ReturnType<typeof lostFrom> {
    return lostFrom(this.#rule, endOf(replay(this.#context.system, schedule)), this.#context);
  }

  /**
   * The first state of a run from which there is no way back.
   *
   * A search that came to its end has told it already; one that was cut short knows a livelock only once it has met all of it.
   */
  #earliest(schedule: Schedule, lost: Lost, { ending }: Reach): { schedule: Schedule; lost: Lost } {
    const { initial, steps } = schedule;
    for (let length = 0; ending !== "exhausted" && length < steps.length; length += 1) {
      const shorter = { initial, steps: steps.slice(0, length) };
      const found = this.#endOf(shorter);
      if ("livelock" in found) return { schedule: shorter, lost: found };
    }
    return { schedule, lost };
  }

  #costOf(schedule: Schedule): Cost {
    return costOfSteps(replay(this.#context.system, schedule).steps);
  }

  /** The states that nothing may lead out of, by what is out of their reach; in the order of the goals. */
  #candidates(searched: Searched<Origin>, { escapes, doubtful }: Tested): readonly Candidates[] {
    const graph = this.#graph;
    const { goals } = this.#rule;
    const mayGetOut = (state: number): boolean => graph.isUnknown(state) || escapes.has(state) || doubtful.has(state);
    const reaching = graph.reaching(mayGetOut);
    if (!reaching.includes(0)) return [];
    const each = goals.map((_, at): StateSet => graph.reaching(mayGetOut, 1 << at));
    const lost = new Map<number, { goal: number; cheapest: number; cost: Cost; states: number[] }>();
    for (let state = 0; state < graph.size; state += 1) {
      if (reaching[state] !== 0) continue;
      const goal = each.findIndex((found) => found[state] === 0);
      const cost = searched.cost(state);
      const known = lost.get(goal);
      if (known === undefined) {
        lost.set(goal, { goal, cheapest: state, cost, states: [state] });
        continue;
      }
      known.states.push(state);
      if (cost < known.cost) Object.assign(known, { cheapest: state, cost });
    }
    return [...lost].sort(([one], [other]) => one - other).map(([, candidates]) => candidates);
  }

  #verdict(searched: Searched<Origin>, { escapes }: Tested, findings: readonly Finding[]): PropertyVerdict {
    const graph = this.#graph;
    let concerned = 0;
    let witness = -1;
    for (let state = 0; state < graph.size; state += 1) {
      if (graph.isGood(state)) continue;
      concerned += graph.arrivals(state);
      if (witness === -1 || searched.cost(state) < searched.cost(witness)) witness = state;
    }
    const violated = findings.reduce((sum, { seen }) => sum + seen, 0);
    const counts = { concerned, violated, witness: witness === -1 ? undefined : searched.scheduleTo(witness) };
    const verdict = verdictOn(this.#rule.id, counts, searched.reach);
    if (findings.length > 0 && violated === 0) {
      return { ...verdict, verdict: "violated", because: "broken where a run begins" };
    }
    if (verdict.verdict !== "holds" && verdict.verdict !== "unreached") return verdict;
    const sure = graph.reaching((state) => escapes.has(state));
    const unsure = sure.reduce((sum, isSure) => sum + 1 - isSure, 0);
    if (unsure === 0) return verdict;
    const because = `from ${count(unsure, "state")} no way back was found as far as this search looks and as nothing else is broken on it`;
    return { ...verdict, verdict: "inconclusive", because };
  }
}

interface Candidates {
  /** The first goal that none of them reaches; -1 where that is none. */
  readonly goal: number;
  readonly cheapest: number;
  readonly states: readonly number[];
}

const findingOf = <State>(
  { id: property }: GraphRule<State>,
  { object, site, detail }: Lost,
  packed: Cost,
  seen: number,
  counterexample: Schedule,
): Finding => {
  const cost = neededBy(packed);
  return { property, object, site, detail, isFatal: false, needs: needsOf(cost), cost, seen, counterexample };
};

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
class EndJudge<State, Action, Event, Origin> implements ClaimJudge<State, Action, Event, Origin> {
  readonly #rule: GraphRule<State>;
  readonly #context: Leading<State, Action, Event>;
  readonly #known: KnownWays = { good: new Set(), left: MAX_LOOKS };
  #ends: Ends<Origin> = { found: new Map(), concerned: 0, doubtful: 0, witness: undefined };

  constructor(rule: GraphRule<State>, context: Leading<State, Action, Event>) {
    this.#rule = rule;
    this.#context = context;
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
    const lost = lostFrom(this.#rule, state, this.#context, isKnown ? undefined : this.#known);
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
      findingOf(this.#rule, lost, cost, seen, scheduleOf(origin)),
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
