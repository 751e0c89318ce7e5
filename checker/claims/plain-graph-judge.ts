import type { Answer, Chooser } from "../chooser.ts";
import type { ClaimContext, Ways } from "./claim.ts";
import type { GraphRule } from "./graph-rule.ts";
import type { PlainJudge, PlainJudgement } from "./plain-judge.ts";

/** How far a state is followed to see whether something leads out of it. */
const MAX_FOLLOWED = 20_000;

/** What is known of one state. */
interface Node<State> {
  /** Kept where a goal is not reached in it. */
  readonly state: State | undefined;
  /** Which goals are reached in it. */
  readonly goals: readonly boolean[];
  /** Whether what lies behind it is not all in the space. */
  isOpen: boolean;
  arrivals: number;
  /** From where a step that counts leads here. */
  readonly from: number[];
}

/** Gives every combination of answers that are neither faults nor interruptions, one after the other. */
class HarmlessAnswers implements Chooser {
  readonly #given: { pick: number; readonly count: number }[] = [];
  #asked = 0;

  choose<A extends Answer>(_question: string, answers: readonly [A, ...A[]]): A {
    const offered = answers.filter(({ fault, isPreemption }) => fault === undefined && isPreemption !== true);
    const at = this.#asked;
    this.#asked += 1;
    this.#given[at] ??= { pick: 0, count: offered.length };
    return offered[this.#given[at].pick]!;
  }

  /** Whether there is another combination. */
  next(): boolean {
    this.#asked = 0;
    for (let last = this.#given.pop(); last !== undefined; last = this.#given.pop()) {
      if (last.pick + 1 === last.count) continue;
      this.#given.push({ pick: last.pick + 1, count: last.count });
      return true;
    }
    return false;
  }
}

/** Judges a claim on the graph by going backwards from the good states, and then by following each state that is left over. */
export class PlainGraphJudge<State, Action, Event> implements PlainJudge<State, Action, Event> {
  readonly #rule: GraphRule<State>;
  readonly #context: ClaimContext<State, Action, Event> & { readonly ways: Ways<State, Action, Event> };
  readonly #nodes: Node<State>[] = [];
  readonly size = 0;

  constructor(
    rule: GraphRule<State>,
    context: ClaimContext<State, Action, Event> & { readonly ways: Ways<State, Action, Event> },
  ) {
    this.#rule = rule;
    this.#context = context;
  }

  meet(state: State): void {
    const goals = this.#rule.goals.map((goal) => goal.isReached(state));
    const isGood = !goals.includes(false);
    this.#nodes.push({ state: isGood ? undefined : state, goals, isOpen: false, arrivals: 0, from: [] });
  }

  took(from: number, action: Action, to: number | undefined, isPlain: boolean): void {
    if (to !== undefined) this.#nodes[to]!.arrivals += 1;
    if (!isPlain || !this.#context.ways.leadsBack(action)) return;
    if (to === undefined) this.#nodes[from]!.isOpen = true;
    // The steps out of a state come one behind the other.
    else if (this.#nodes[to]!.from.at(-1) !== from) this.#nodes[to]!.from.push(from);
  }

  isCutShort(state: number): void {
    this.#nodes[state]!.isOpen = true;
  }

  conclude(isWhole: boolean): PlainJudgement {
    const isGood = ({ goals }: Node<State>): boolean => !goals.includes(false);
    const mayGetOut = this.#backFrom((node) => isGood(node) || node.isOpen);
    const sure = this.#backFrom(isGood);
    const stuck = new Set<string>();
    const lost: number[] = [];
    let isUnsure = false;
    for (const [number, { state }] of this.#nodes.entries()) {
      if (state === undefined || mayGetOut.has(number)) continue;
      const followed = this.#follow(state, stuck);
      if (followed === "stuck") lost.push(number);
      else if (followed === "unknown") isUnsure = true;
      else for (const known of [mayGetOut, sure]) this.#spread([number], known);
    }
    const isOut = new Set(lost.filter((number) => !mayGetOut.has(number)));
    const { goals, together } = this.#rule;
    const reaching = goals.map((_, goal) => this.#backFrom((node, at) => node.goals[goal]! || mayGetOut.has(at)));
    const objects = new Set(
      [...isOut].map((number) => (goals.find((_, goal) => !reaching[goal]!.has(number)) ?? together).object),
    );
    const tested = this.#nodes.reduce((sum, node) => sum + (isGood(node) ? 0 : node.arrivals), 0);
    const kept = tested === 0 ? "unreached" : "holds";
    const isKnown = isWhole && !isUnsure && sure.size === this.#nodes.length;
    return {
      verdict: objects.size > 0 ? "violated" : isKnown ? kept : "inconclusive",
      tested,
      broken: objects.size,
      breaches: [...objects].map((object) => ({ object, site: "" })),
    };
  }

  /** All from which one of these can be reached. */
  #backFrom(isThere: (node: Node<State>, number: number) => boolean): Set<number> {
    const there = [...this.#nodes.keys()].filter((number) => isThere(this.#nodes[number]!, number));
    return this.#spread(there, new Set());
  }

  /** Adds some states, and all from which one of them can be reached. */
  #spread(some: readonly number[], found: Set<number>): Set<number> {
    const open = [...some];
    for (let number = open.pop(); number !== undefined; number = open.pop()) {
      if (found.has(number)) continue;
      found.add(number);
      for (const before of this.#nodes[number]!.from) open.push(before);
    }
    return found;
  }

  /**
   * Goes on from a state with all that may be counted on.
   *
   * @param stuck - the keys of states that nothing leads out of; where this is one, all that can be reached from it is, too
   */
  #follow(start: State, stuck: Set<string>): "a way" | "stuck" | "unknown" {
    const { ways, futureOf } = this.#context;
    const { widened } = ways;
    const met = new Set([widened.key(start)]);
    const open = [start];
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      if (this.#rule.goals.every((goal) => goal.isReached(state!))) return "a way";
      if (stuck.has(widened.key(state))) continue;
      for (const action of widened.actions(state)) {
        if (!ways.leadsBack(action)) continue;
        const answers = new HarmlessAnswers();
        do {
          const { state: after, events } = widened.step(state, action, answers);
          if (futureOf({ before: state, events, after }) === "fatal") return "unknown";
          const key = widened.key(after);
          if (met.has(key)) continue;
          if (met.size === MAX_FOLLOWED) return "unknown";
          met.add(key);
          open.push(after);
        } while (answers.next());
      }
    }
    for (const key of met) stuck.add(key);
    return "stuck";
  }
}
