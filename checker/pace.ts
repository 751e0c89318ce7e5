import { setImmediate } from "node:timers/promises";
import { getHeapStatistics } from "node:v8";
import type { Ending } from "./verdict.ts";

/** What ends a search from outside. */
export interface Limits {
  /** Time for the whole search, in milliseconds; none when undefined. */
  readonly maxMillis?: number | undefined;
  /**
   * The most that the JavaScript heap and the array buffers outside it may hold, garbage included, in bytes.
   *
   * When undefined, a search stops a little before the engine would end the process.
   */
  readonly maxHeapBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Where a search stops. What is undefined does not bound it. */
export interface Bounds extends Omit<Limits, "signal"> {
  /** The most states to meet; those already met are still expanded. */
  readonly maxStates?: number | undefined;
  /** The longest run to follow, in steps. A state counts as far from the start as its cheapest run is long. */
  readonly maxDepth?: number | undefined;
}

/** What a search tells about itself while it runs. */
export interface Progress {
  readonly states: number;
  readonly transitions: number;
  /** States met and not expanded yet. */
  readonly frontier: number;
  /** Length of the longest run that was followed, in steps. */
  readonly depth: number;
  readonly elapsedMs: number;
  /** Transitions a second, since the report before. */
  readonly rate: number;
  /** Different things found wrong. */
  readonly findings: number;
}

/** How often a search lets the event loop run, in milliseconds: a Ctrl-C waits no longer than this. */
const YIELD_MILLIS = 40;
/** How often it reports, in milliseconds. */
const REPORT_MILLIS = 200;
/** How long a search works between two looks at the clock, in milliseconds. */
const LOOK_MILLIS = 5;
/** The most units between two looks: steps may become slower by far, and a Ctrl-C still wants an answer. */
const MAX_UNITS = 256;
/** How much of the engine's own heap limit may be in use. */
const HEAP_SHARE = 0.9;

/**
 * Decides when a busy search looks at the clock, lets the event loop run, reports, and stops.
 *
 * Looking at the clock costs as much as a small step, so a search counts units of work down instead; how many stand
 * between two looks follows from how long they took.
 */
export class Pace {
  readonly #limits: Limits;
  readonly #done: () => number;
  readonly #report: (elapsedMs: number, rate: number) => void;
  readonly #begun = performance.now();
  readonly #spent: number;
  #units = 1;
  #left = 1;
  #looked: number;
  #yielded = Number.NEGATIVE_INFINITY;
  #reported: number;
  #doneBefore = 0;

  /**
   * @param done - how many transitions were taken so far
   * @param report - is called about every 200 ms, with the transitions a second since the last time
   * @param spent - how long the search has run before it was put aside, in milliseconds; the time limit begins anew
   */
  constructor(limits: Limits, done: () => number, report: (elapsedMs: number, rate: number) => void, spent = 0) {
    this.#spent = spent;
    this.#looked = this.#begun;
    this.#reported = this.#begun;
    this.#done = done;
    this.#limits = limits;
    this.#report = report;
  }

  get elapsedMs(): number {
    return this.#spent + performance.now() - this.#begun;
  }

  /** Counts one unit of work; true when it is time to `look`, and at once where the search is to stop. */
  isDue(): boolean {
    this.#left -= 1;
    return this.#left <= 0 || this.#limits.signal?.aborted === true;
  }

  /** Looks at the clock, and does what is due; gives why the search has to stop, if it has to. */
  async look(): Promise<Extract<Ending, "time limit" | "memory limit" | "interrupted"> | undefined> {
    const { maxMillis, signal } = this.#limits;
    let now = performance.now();
    const took = now - this.#looked;
    if (took < LOOK_MILLIS / 2) this.#units = Math.min(2 * this.#units, MAX_UNITS);
    else if (took > LOOK_MILLIS) this.#units = Math.max(1, Math.floor((this.#units * LOOK_MILLIS) / took));
    this.#left = this.#units;

    if (now - this.#yielded >= YIELD_MILLIS) {
      await setImmediate();
      now = performance.now();
      this.#yielded = now;
      if (this.#isHeapFull()) return "memory limit";
    }
    this.#looked = now;
    if (signal?.aborted === true) return "interrupted";
    if (maxMillis !== undefined && now - this.#begun >= maxMillis) return "time limit";
    if (now - this.#reported >= REPORT_MILLIS) {
      const done = this.#done();
      const rate = ((done - this.#doneBefore) / (now - this.#reported)) * 1000;
      this.#reported = now;
      this.#doneBefore = done;
      this.#report(this.#spent + now - this.#begun, rate);
    }
    return undefined;
  }

  #isHeapFull(): boolean {
    const { used_heap_size, external_memory, heap_size_limit } = getHeapStatistics();
    const { maxHeapBytes = Number.POSITIVE_INFINITY } = this.#limits;
    return used_heap_size + external_memory > maxHeapBytes || used_heap_size > HEAP_SHARE * heap_size_limit;
  }
}
