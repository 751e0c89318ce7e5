/**
 * The graph of states that a search has met, as far as a claim about the whole of it needs.
 *
 * Kept are, in flat arrays, which goals are reached in each state, how many transitions lead there, and where the
 * steps lead that count as ways (see graph-rule.ts): some 13 bytes a state, and 4 for each different way. What lies behind a
 * state is not known where it was not expanded, or where such a step ended its run or was kept out by a limit.
 */
import type { Savable } from "../savable.ts";
import { allGoals, type GraphRule, MAX_GOALS, reachedGoals } from "./graph-rule.ts";

const EXPANDED = 1 << MAX_GOALS;
/** Some step that counts leads to where nobody looked. */
const OPEN_ENDED = 1 << (MAX_GOALS + 1);

/** Whether each state, by its number, belongs to a set. */
export type StateSet = Uint8Array;

interface SavedGraph {
  readonly flags: Uint8Array;
  readonly arrivals: Uint32Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly targets: Int32Array;
}

export class StateGraph<State> implements Savable {
  readonly #rule: GraphRule<State>;
  readonly #all: number;
  #size = 0;
  #flags = new Uint8Array(1024);
  #arrivals = new Uint32Array(1024);
  /** Where in `#targets` the row of a state begins and ends. */
  #starts = new Uint32Array(1024);
  #ends = new Uint32Array(1024);
  #targets = new Int32Array(4096);
  #used = 0;
  #from = -1;

  constructor(rule: GraphRule<State>) {
    if (rule.goals.length > MAX_GOALS) throw new Error(`${rule.id} has more than ${MAX_GOALS} goals`);
    this.#rule = rule;
    this.#all = allGoals(rule);
  }

  /** How many states there are. */
  get size(): number {
    return this.#size;
  }

  /** A state was met for the first time; their numbers count up from 0. */
  meet(state: State): void {
    if (this.#size === this.#flags.length) this.#grow();
    this.#flags[this.#size] = reachedGoals(this.#rule, state);
    this.#size += 1;
  }

  /** The steps out of a state follow. */
  leave(state: number): void {
    this.#from = state;
    this.#starts[state] = this.#used;
    this.#ends[state] = this.#used;
  }

  /**
   * One step out of the state that is being left.
   *
   * @param to - -1 where nobody looked behind it
   * @param isWay - whether it counts as a way
   */
  step(to: number, isWay: boolean): void {
    if (to !== -1) this.#arrivals[to]! += 1;
    if (!isWay || to === this.#from) return;
    if (to === -1) {
      this.#flags[this.#from]! |= OPEN_ENDED;
      return;
    }
    const targets = this.#targets;
    for (let at = this.#starts[this.#from]!; at < this.#used; at += 1) if (targets[at] === to) return;
    if (this.#used === targets.length) {
      this.#targets = new Int32Array(Math.max(4096, 2 * targets.length));
      this.#targets.set(targets);
    }
    this.#targets[this.#used] = to;
    this.#used += 1;
    this.#ends[this.#from] = this.#used;
  }

  /** All steps out of the state that was being left have been taken. */
  left(): void {
    this.#flags[this.#from]! |= EXPANDED;
  }

  /** How many transitions lead to a state. */
  arrivals(state: number): number {
    return this.#arrivals[state]!;
  }

  /** Whether all goals are reached in a state. */
  isGood(state: number): boolean {
    return (this.#flags[state]! & this.#all) === this.#all;
  }

  /** Whether it is not known what lies behind a state. */
  isUnknown(state: number): boolean {
    return (this.#flags[state]! & EXPANDED) === 0 || (this.#flags[state]! & OPEN_ENDED) !== 0;
  }

  /**
   * The states from which one can be reached in which these goals are reached.
   *
   * @param goals - their bits; all of them where it is left out
   * @param also - whether a state counts as if they were reached there
   */
  reaching(also: (state: number) => boolean, goals = this.#all): StateSet {
    const { starts, sources } = this.#backwards();
    const found: StateSet = new Uint8Array(this.#size);
    const stack = new Int32Array(this.#size);
    let height = 0;
    const find = (state: number): void => {
      if (found[state] !== 0) return;
      found[state] = 1;
      stack[height] = state;
      height += 1;
    };
    for (let state = 0; state < this.#size; state += 1) {
      if ((this.#flags[state]! & goals) === goals || also(state)) find(state);
    }
    while (height > 0) {
      height -= 1;
      const state = stack[height]!;
      for (let at = starts[state]!; at < starts[state + 1]!; at += 1) find(sources[at]!);
    }
    return found;
  }

  save(): SavedGraph {
    const whole = <Numbers extends Uint8Array | Uint32Array>(numbers: Numbers): Numbers =>
      numbers.slice(0, this.#size) as Numbers;
    return {
      flags: whole(this.#flags),
      arrivals: whole(this.#arrivals),
      starts: whole(this.#starts),
      ends: whole(this.#ends),
      targets: this.#targets.slice(0, this.#used),
    };
  }

  restore(saved: SavedGraph): void {
    const { flags, arrivals, starts, ends, targets } = saved;
    this.#size = flags.length;
    this.#used = targets.length;
    this.#flags = flags.slice();
    this.#arrivals = arrivals.slice();
    this.#starts = starts.slice();
    this.#ends = ends.slice();
    this.#targets = targets.slice();
    this.#reverse = undefined;
  }

  #reverse: { readonly starts: Uint32Array; readonly sources: Int32Array } | undefined;

  /** Who leads to a state: its sources stand in one row. */
  #backwards(): { readonly starts: Uint32Array; readonly sources: Int32Array } {
    if (this.#reverse !== undefined) return this.#reverse;
    const starts = new Uint32Array(this.#size + 1);
    for (let at = 0; at < this.#used; at += 1) starts[this.#targets[at]! + 1]! += 1;
    for (let state = 0; state < this.#size; state += 1) starts[state + 1]! += starts[state]!;
    const next = starts.slice(0, this.#size);
    const sources = new Int32Array(this.#used);
    for (let state = 0; state < this.#size; state += 1) {
      for (let at = this.#starts[state]!; at < this.#ends[state]!; at += 1) {
        const to = this.#targets[at]!;
        sources[next[to]!] = state;
        next[to]! += 1;
      }
    }
    this.#reverse = { starts, sources };
    return this.#reverse;
  }

  #grow(): void {
    const capacity = Math.max(1024, 2 * this.#size);
    const grown = <Numbers extends Uint8Array | Uint32Array>(from: Numbers, to: Numbers): Numbers => {
      to.set(from);
      return to;
    };
    this.#flags = grown(this.#flags, new Uint8Array(capacity));
    this.#arrivals = grown(this.#arrivals, new Uint32Array(capacity));
    this.#starts = grown(this.#starts, new Uint32Array(capacity));
    this.#ends = grown(this.#ends, new Uint32Array(capacity));
  }
}
