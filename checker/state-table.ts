import type { Cost } from "./cost.ts";
import type { Paths } from "./enumerate.ts";
import { CheckerBug } from "./errors.ts";
import { grown, LEAST, PairTable, roomier } from "./pair-table.ts";
import { regrow, type SavedTable } from "./saved-search.ts";
import type { Schedule } from "./schedule.ts";
import type { System } from "./system.ts";
import type { VisitedSet } from "./visited-set.ts";
import { Waiting } from "./waiting.ts";
import type { Step } from "./walk.ts";

/** What a table has to know of the system whose states it keeps. */
type Revival<State> = Pick<System<State, unknown, unknown>, "key" | "revive">;

/**
 * The states that a search has met, by number in the order in which they were met, each with the cheapest way to it.
 *
 * The way is a parent and a step, kept in flat arrays: 16 bytes a state. What is kept of the state itself is the business
 * of the visited set. Until it is expanded the state is kept too, unless its key is enough to bring it back.
 */
export class StateTable<State> {
  readonly #visited: VisitedSet;
  readonly #revive: ((key: string) => State) | undefined;
  /** The states that wait, or their keys; nothing where the visited set has the keys. */
  readonly #waiting: Waiting<State | string>;
  #costs: Float64Array = new Float64Array(LEAST);
  /** The state before; -1 for an initial state. */
  #parents: Int32Array = new Int32Array(LEAST);
  /** The step that led here, by its place among the steps. */
  #steps: Uint32Array = new Uint32Array(LEAST);
  /**
   * Each different step once: its action, or the place among the initial states, and behind it each of its answers.
   *
   * A pair is the step without the last answer, and that answer; the left of an action is 0, that of others 1 and more.
   */
  readonly #stepParts = new PairTable();

  constructor(visited: VisitedSet, { revive }: Revival<State>) {
    this.#visited = visited;
    this.#revive = revive;
    this.#waiting = new Waiting();
  }

  /** How many states were met. */
  get size(): number {
    return this.#visited.size;
  }

  /** How likely it is that a state was taken for another one; undefined where it cannot be. */
  get hashed(): VisitedSet["hashed"] {
    return this.#visited.hashed;
  }

  /** The number of the state with this key; -1 when it was not met. */
  find(key: string): number {
    return this.#visited.find(key);
  }

  /** The number of the state with this key; where it was not met it is entered, and its number is the size until then. */
  enter(key: string): number {
    return this.#visited.enter(key);
  }

  cost(state: number): Cost {
    return this.#costs[state]!;
  }

  /** Says how a state that is to be expanded is reached: one that was just entered, or more cheaply than before. */
  reach(number: number, key: string, state: State, cost: Cost, parent: number, action: number, path: Paths): void {
    if (number >= this.#costs.length) this.#grow();
    this.#keep(number, key, state);
    this.#costs[number] = cost;
    this.#parents[number] = parent;
    let step = this.#stepParts.enter(0, action);
    for (let at = 0; at < path.length; at += 1) step = this.#stepParts.enter(step + 1, path.pick(at));
    this.#steps[number] = step;
  }

  /** Hands over a state for expansion, and forgets all of it but the way. */
  take(number: number): State {
    if (this.#revive === undefined) return this.#waiting.take(number) as State;
    const { keyOf } = this.#visited;
    return this.#revive(keyOf === undefined ? (this.#waiting.take(number) as string) : keyOf(number));
  }

  /** The cheapest known run to a state. */
  scheduleTo(number: number): Schedule {
    const steps: Step[] = [];
    let at = number;
    for (; this.#parents[at] !== -1; at = this.#parents[at]!) steps.push(this.#stepTo(at));
    return { initial: this.#stepTo(at).action, steps: steps.reverse() };
  }

  /** All of it but the states, as data of its own. */
  save(): SavedTable {
    const { size } = this;
    return {
      costs: this.#costs.slice(0, size),
      parents: this.#parents.slice(0, size),
      steps: this.#steps.slice(0, size),
      stepParts: this.#stepParts.save(),
    };
  }

  /**
   * Brings back what was saved; the table must be empty.
   *
   * @param waits - whether a state is still to be expanded
   * @throws ScheduleMisfit where it was saved of another system
   */
  restore<Action, Event>(
    { costs, parents, steps, stepParts }: SavedTable,
    system: System<State, Action, Event>,
    waits: (number: number) => boolean,
  ): void {
    this.#costs = grown(costs, Math.max(LEAST, costs.length));
    this.#parents = grown(parents, Math.max(LEAST, costs.length));
    this.#steps = grown(steps, Math.max(LEAST, costs.length));
    this.#stepParts.restore(stepParts);
    this.#visited.reserve(costs.length);
    regrow(
      system,
      parents,
      (number) => this.#stepTo(number),
      (number, state) => {
        const key = system.key(state);
        if (!this.#visited.enterAt(number, key)) {
          throw new CheckerBug("nondeterministic-step", "of the states that were put aside, two have become one");
        }
        if (waits(number)) this.#keep(number, key, state);
      },
    );
  }

  #stepTo(number: number): Step {
    const answers: number[] = [];
    let part = this.#steps[number]!;
    for (; this.#stepParts.left(part) !== 0; part = this.#stepParts.left(part) - 1) {
      answers.push(this.#stepParts.right(part));
    }
    return { action: this.#stepParts.right(part), answers: answers.reverse() };
  }

  #keep(number: number, key: string, state: State): void {
    if (this.#revive === undefined) this.#waiting.put(number, state);
    else if (this.#visited.keyOf === undefined) this.#waiting.put(number, key);
  }

  #grow(): void {
    const room = roomier(this.#costs.length);
    this.#costs = grown(this.#costs, room);
    this.#parents = grown(this.#parents, room);
    this.#steps = grown(this.#steps, room);
  }
}
