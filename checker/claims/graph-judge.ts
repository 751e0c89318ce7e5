import { type Cost, costOfSteps } from "../cost.ts";
import { type Finding, findingOf } from "../finding.ts";
import { replay, type Schedule } from "../schedule.ts";
import { unlessMisfit } from "../schedule-misfit.ts";
import { count, type PropertyVerdict, type Reach, verdictOn } from "../verdict.ts";
import type { ClaimConclusion, ClaimJudge, Searched } from "./claim.ts";
import type { GraphRule } from "./graph-rule.ts";
import { endOf, type Lost, lostFrom } from "./lost.ts";
import { StateGraph, type StateSet } from "./state-graph.ts";
import type { KnownWays, Leading } from "./way-back.ts";

/** The most candidates that are put to the test, and the most states that this meets; what then is left is not known. */
const MAX_TESTS = 512;
const MAX_LOOKS = 500_000;

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
export class GraphJudge<State, Action, Event, Origin> implements ClaimJudge<State, Action, Event, Origin> {
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
    const known: KnownWays = { good: new Set(), left: MAX_LOOKS };
    let candidates = this.#candidates(searched, tested);
    for (let tests = 0; candidates.some(({ cheapest }) => !tested.lost.has(cheapest)); tests += 1) {
      const { cheapest } = candidates.find((one) => !tested.lost.has(one.cheapest))!;
      if (tests === MAX_TESTS) {
        for (const one of candidates) if (!tested.lost.has(one.cheapest)) tested.doubtful.add(one.cheapest);
        candidates = candidates.filter((one) => tested.lost.has(one.cheapest));
        break;
      }
      const found = this.#endOf(searched.scheduleTo(cheapest), known);
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
      const finding = findingOf(this.#rule.id, lost, this.#costOf(counterexample), seen, counterexample);
      // Where it is met first, and what is out of reach there, is a matter of the search; this is one of the space.
      const { object } = this.#rule.goals[goal] ?? this.#rule.together;
      return { finding, breach: { object, site: "", run: counterexample } };
    });
    const findings = shown.map(({ finding }) => finding);
    const proof = { broken: shown.length, breaches: shown.map(({ breach }) => breach) };
    return { findings, verdict: this.#verdict(searched, tested, findings), proof };
  }

  #endOf(schedule: Schedule, known?: KnownWays): ReturnType<typeof lostFrom> {
    // A round that relied on what is not so, and will be done again, may have met states by what is no run.
    const run = unlessMisfit(() => replay(this.#context.system, schedule));
    if (run === undefined) return { kind: "unknown", because: "no run leads there" };
    return lostFrom(this.#rule, endOf(run), this.#context, known);
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
