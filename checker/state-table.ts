import type { Cost } from "./cost.ts";
import type { Paths } from "./enumerate.ts";
import { CheckerBug } from "./errors.ts";
import { regrow, type SavedTable } from "./saved-search.ts";
import type { Schedule, Step } from "./schedule.ts";
import type { System } from "./system.ts";

/** Entries of one `Map`; the engine refuses more than 2^24. */
const SHARD = 2 ** 23;

/** From keys to numbers, beyond the size of one `Map`. */
export class KeyIndex {
  readonly #shards: Map<string, number>[] = [new Map()];
  readonly #shardSize: number;

  constructor(shardSize: number = SHARD) {
    this.#shardSize = shardSize;
  }

  /** The number behind `key`; -1 when it has none. */
  find(key: string): number {
    for (const shard of this.#shards) {
      const number = shard.get(key);
      if (number !== undefined) return number;
    }
    return -1;
  }

  add(key: string, number: number): void {
    let shard = this.#shards.at(-1)!;
    if (shard.size === this.#shardSize) {
      shard = new Map();
      this.#shards.push(shard);
    }
    shard.set(key, number);
  }
}

/**
 * The states that a search has met, by number in the order in which they were met, each with the cheapest way to it.
 *
 * The way is a parent and a step, kept in flat arrays. The state itself is kept only until it is expanded.
 */
export class StateTable<State> {
  readonly #numbers = new KeyIndex();
  readonly #states: (State | undefined)[] = [];
  #capacity = 1024;
  #costs = new Float64Array(this.#capacity);
  /** The state before; -1 for an initial state. */
  #parents = new Int32Array(this.#capacity);
  /** The action that led here, or the place among the initial states. */
  #actions = new Int32Array(this.#capacity);
  /** Where in `#pool` the answers of the step stand, behind their number. */
  #answers = new Uint32Array(this.#capacity);
  /** Place 0 holds the empty list, which most steps share. */
  #pool = new Uint16Array(1024);
  #poolLength = 1;

  /** How many states were met. */
  get size(): number {
    return this.#states.length;
  }

  /** The number of the state with this key; -1 when it was not met. */
  find(key: string): number {
    return this.#numbers.find(key);
  }

  cost(state: number): Cost {
    return this.#costs[state]!;
  }

  /** Enters a state that was not met before, and gives its number. */
  add(key: string, state: State, cost: Cost, parent: number, action: number, path: Paths): number {
    const number = this.#states.length;
    if (number === this.#capacity) this.#grow();
    this.#numbers.add(key, number);
    this.#states.push(state);
    this.#enter(number, cost, parent, action, path);
    return number;
  }

  /** Replaces the way to a state that is still to be expanded by a cheaper one. */
  improve(number: number, state: State, cost: Cost, parent: number, action: number, path: Paths): void {
    this.#states[number] = state;
    this.#enter(number, cost, parent, action, path);
  }

  /** Hands over a state for expansion, and forgets all of it but the way. */
  take(number: number): State {
    const state = this.#states[number] as State;
    this.#states[number] = undefined;
    return state;
  }

  /** The cheapest known run to a state. */
  scheduleTo(number: number): Schedule {
    const steps: Step[] = [];
    let at = number;
    for (; this.#parents[at] !== -1; at = this.#parents[at]!) steps.push(this.#stepTo(at));
    return { initial: this.#actions[at]!, steps: steps.reverse() };
  }

  /** All of it but the states, as data of its own. */
  save(): SavedTable {
    const { size } = this;
    return {
      costs: this.#costs.slice(0, size),
      parents: this.#parents.slice(0, size),
      actions: this.#actions.slice(0, size),
      answers: this.#answers.slice(0, size),
      pool: this.#pool.slice(0, this.#poolLength),
    };
  }

  /**
   * Brings back what was saved; the table must be empty.
   *
   * @param waits - whether a state is still to be expanded
   * @throws ScheduleMisfit where it was saved of another system
   */
  restore<Action, Event>(
    { costs, parents, actions, answers, pool }: SavedTable,
    system: System<State, Action, Event>,
    waits: (number: number) => boolean,
  ): void {
    while (this.#capacity < costs.length) this.#grow();
    this.#costs.set(costs);
    this.#parents.set(parents);
    this.#actions.set(actions);
    this.#answers.set(answers);
    this.#pool = pool.slice();
    this.#poolLength = pool.length;
    this.#states.length = costs.length;
    regrow(
      system,
      parents,
      (number) => this.#stepTo(number),
      (number, state) => {
        const key = system.key(state);
        if (this.find(key) !== -1) {
          throw new CheckerBug("nondeterministic-step", "of the states that were put aside, two have become one");
        }
        this.#numbers.add(key, number);
        if (waits(number)) this.#states[number] = state;
      },
    );
  }

  #stepTo(number: number): Step {
    const start = this.#answers[number]!;
    const answers = [...this.#pool.subarray(start + 1, start + 1 + this.#pool[start]!)];
    return { action: this.#actions[number]!, answers };
  }

  #enter(number: number, cost: Cost, parent: number, action: number, path: Paths): void {
    this.#costs[number] = cost;
    this.#parents[number] = parent;
    this.#actions[number] = action;
    this.#answers[number] = path.length === 0 ? 0 : this.#keep(path);
  }

  #keep(path: Paths): number {
    const start = this.#poolLength;
    const { length } = path;
    if (start + length + 1 > this.#pool.length)
      this.#pool = grown(this.#pool, new Uint16Array(2 * this.#pool.length + length));
    this.#pool[start] = length;
    for (let at = 0; at < length; at += 1) this.#pool[start + 1 + at] = path.pick(at);
    this.#poolLength = start + 1 + length;
    return start;
  }

  #grow(): void {
    this.#capacity *= 2;
    this.#costs = grown(this.#costs, new Float64Array(this.#capacity));
    this.#parents = grown(this.#parents, new Int32Array(this.#capacity));
    this.#actions = grown(this.#actions, new Int32Array(this.#capacity));
    this.#answers = grown(this.#answers, new Uint32Array(this.#capacity));
  }
}

const grown = <Numbers extends Float64Array | Int32Array | Uint32Array | Uint16Array>(
  from: Numbers,
  to: Numbers,
): Numbers => {
  to.set(from);
  return to;
};
