import { type Cost, costOfSteps, neededBy } from "./cost.ts";
import type { Goal, GraphClaim, Ways } from "./graph-claim.ts";
import { type Finding, needsOf } from "./judge.ts";
import type { Property } from "./property.ts";
import { replay, type Schedule } from "./schedule.ts";
import type { SearchedSpace, SpaceClaim, SpaceConclusion, SpaceJudge } from "./space-claim.ts";
import { StateGraph, type StateSet } from "./state-graph.ts";
import { count, type PropertyVerdict, type Reach, verdictOn } from "./verdict.ts";
import { type Trap, type WayBack, wayBack } from "./way-back.ts";

/** How far a finding is put to the test; a trap with more states is none that is told of. */
export const MAX_TRAP = 20_000;

/** The most candidates that are put to the test; what then is left is not known. */
const MAX_TESTS = 24;

/** Where a run has led into a trap. */
export interface Trapped {
  readonly object: string;
  readonly site: string;
  readonly detail: string;
  readonly trap: Trap;
}

/** The state that a schedule leads to. */
const endOf = <State, Action, Event>({ system }: Ways<State, Action, Event>, schedule: Schedule): State => {
  const { start, steps } = replay(system, schedule);
  return steps.at(-1)?.transition.after ?? start;
};

/** What is out of reach in a trap: the first goal that no state of it reaches, or all of them together. */
const outOfReach = <State>({ goals, together }: GraphClaim<State>, { reached }: Trap): Omit<Goal<State>, "isReached"> =>
  goals.find((_, goal) => (reached & (1 << goal)) === 0) ?? together;

/**
 * Looks whether a run ends in a trap.
 *
 * @returns what is wrong there, or why it is no trap
 */
export const trapAtEndOf = <State, Action, Event>(
  schedule: Schedule,
  claim: GraphClaim<State>,
  ways: Ways<State, Action, Event>,
  properties: readonly Property<State, Event>[],
): Trapped | Exclude<WayBack, Trap> => {
  const state = endOf(ways, schedule);
  const found = wayBack(state, ways, { claim, properties, maxStates: MAX_TRAP });
  if (found.kind !== "trap") return found;
  const goal = outOfReach(claim, found);
  return { object: goal.object, site: goal.site(state), detail: goal.detail(state), trap: found };
};

/** A claim on the graph of states, to be given to a search. */
export const graphClaim = <State, Action, Event>(
  claim: GraphClaim<State>,
  ways: Ways<State, Action, Event>,
  properties: readonly Property<State, Event>[],
): SpaceClaim<State, Action, Event> => ({
  id: claim.id,
  judge: () => new GraphJudge(claim, ways, properties),
});

/** What is known of a candidate: it is a trap, or it is left again, or it cannot be told. */
interface Tested {
  readonly trapped: Map<number, Trapped>;
  readonly escapes: Set<number>;
  readonly doubtful: Set<number>;
}

/**
 * Judges a claim on the graph of states that a search has met.
 *
 * States from which neither the goals nor anything unknown can be reached are candidates; the cheapest run to one is
 * put to the test by a search of its own (way-back.ts), in which more is possible. Where that finds a way the candidate counts
 * as good, and the graph is looked at again.
 */
class GraphJudge<State, Action, Event> implements SpaceJudge<State, Action, Event> {
  readonly #claim: GraphClaim<State>;
  readonly #ways: Ways<State, Action, Event>;
  readonly #properties: readonly Property<State, Event>[];
  readonly #graph: StateGraph<State>;
  #isWay = false;

  constructor(
    claim: GraphClaim<State>,
    ways: Ways<State, Action, Event>,
    properties: readonly Property<State, Event>[],
  ) {
    this.#claim = claim;
    this.#ways = ways;
    this.#properties = properties;
    this.#graph = new StateGraph(claim);
  }

  meet(state: State): void {
    this.#graph.meet(state);
  }

  leave(state: number): void {
    this.#graph.leave(state);
  }

  take(action: Action): void {
    this.#isWay = this.#ways.leadsBack(action);
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

  restore(saved: ReturnType<StateGraph<State>["save"]>): void {
    this.#graph.restore(saved);
  }

  conclude(space: SearchedSpace): SpaceConclusion {
    const graph = this.#graph;
    const tested: Tested = { trapped: new Map(), escapes: new Set(), doubtful: new Set() };
    let candidates = this.#candidates(space, tested);
    for (let tests = 0; candidates.some(({ cheapest }) => !tested.trapped.has(cheapest)); tests += 1) {
      const { cheapest } = candidates.find((one) => !tested.trapped.has(one.cheapest))!;
      if (tests === MAX_TESTS) {
        for (const one of candidates) if (!tested.trapped.has(one.cheapest)) tested.doubtful.add(one.cheapest);
        candidates = candidates.filter((one) => tested.trapped.has(one.cheapest));
        break;
      }
      const found = trapAtEndOf(space.scheduleTo(cheapest), this.#claim, this.#ways, this.#properties);
      if ("trap" in found) tested.trapped.set(cheapest, found);
      else (found.kind === "way" ? tested.escapes : tested.doubtful).add(cheapest);
      candidates = this.#candidates(space, tested);
    }
    const findings = candidates.map(({ cheapest, states }): Finding => {
      const { schedule: counterexample, trapped } = this.#earliest(
        space.scheduleTo(cheapest),
        tested.trapped.get(cheapest)!,
        space.reach,
      );
      const { object, site, detail } = trapped;
      const cost = neededBy(this.#costOf(counterexample));
      const seen = states.reduce((sum, state) => sum + graph.arrivals(state), 0);
      const { id: property } = this.#claim;
      return { property, object, site, detail, isFatal: false, needs: needsOf(cost), cost, seen, counterexample };
    });
    return { findings, verdict: this.#verdict(space, tested, findings) };
  }

  /**
   * The first state of a run that is in a trap.
   *
   * A search that came to its end has told it already; one that was cut short knows a trap only once it has met all of it.
   */
  #earliest(schedule: Schedule, trapped: Trapped, { ending }: Reach): { schedule: Schedule; trapped: Trapped } {
    const { initial, steps } = schedule;
    for (let length = 0; ending !== "exhausted" && length < steps.length; length += 1) {
      const shorter = { initial, steps: steps.slice(0, length) };
      const found = trapAtEndOf(shorter, this.#claim, this.#ways, this.#properties);
      if ("trap" in found) return { schedule: shorter, trapped: found };
    }
    return { schedule, trapped };
  }

  #costOf(schedule: Schedule): Cost {
    return costOfSteps(replay(this.#ways.system, schedule).steps);
  }

  /** The states that may be trapped, by what is out of their reach; in the order of the goals. */
  #candidates(space: SearchedSpace, { escapes, doubtful }: Tested): readonly Candidates[] {
    const graph = this.#graph;
    const { goals } = this.#claim;
    const mayGetOut = (state: number): boolean => graph.isUnknown(state) || escapes.has(state) || doubtful.has(state);
    const reaching = graph.reaching(mayGetOut);
    if (!reaching.includes(0)) return [];
    const each = goals.map((_, at): StateSet => graph.reaching(mayGetOut, 1 << at));
    const lost = new Map<number, { cheapest: number; cost: Cost; states: number[] }>();
    for (let state = 0; state < graph.size; state += 1) {
      if (reaching[state] !== 0) continue;
      const goal = each.findIndex((found) => found[state] === 0);
      const cost = space.cost(state);
      const known = lost.get(goal);
      if (known === undefined) {
        lost.set(goal, { cheapest: state, cost, states: [state] });
        continue;
      }
      known.states.push(state);
      if (cost < known.cost) Object.assign(known, { cheapest: state, cost });
    }
    return [...lost].sort(([one], [other]) => one - other).map(([, candidates]) => candidates);
  }

  #verdict(space: SearchedSpace, { escapes }: Tested, findings: readonly Finding[]): PropertyVerdict {
    const graph = this.#graph;
    let concerned = 0;
    let witness = -1;
    for (let state = 0; state < graph.size; state += 1) {
      if (graph.isGood(state)) continue;
      concerned += graph.arrivals(state);
      if (witness === -1 || space.cost(state) < space.cost(witness)) witness = state;
    }
    const violated = findings.reduce((sum, { seen }) => sum + seen, 0);
    const counts = { concerned, violated, witness: witness === -1 ? undefined : space.scheduleTo(witness) };
    const verdict = verdictOn(this.#claim.id, counts, space.reach);
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
  readonly cheapest: number;
  readonly states: readonly number[];
}
