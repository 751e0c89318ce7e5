/**
 * The second search: what a certificate claims, established again by as little code as that takes.
 *
 * Breadth first, one state after the other, every way to answer every question, nothing left out and nothing merged but
 * states that consist of the same. It shares no code with the search that made the certificate: it answers questions,
 * counts faults, tells states apart, judges and counts by itself. Of a claim it takes what it says, and another judge. It finds no shortest runs and is slower.
 */
import { setImmediate } from "node:timers/promises";
import type { Breach, Extent, Judgement, Space } from "./certify.ts";
import type { Answer, Chooser } from "./chooser.ts";
import type { Claim, NotJudged, Offers } from "./claims/claim.ts";
import type { PlainJudge } from "./claims/plain-judge.ts";
import { contextOf } from "./context.ts";
import type { Progress } from "./pace.ts";
import { hashOfState, SetDigest } from "./set-digest.ts";
import type { System } from "./system.ts";

/** What to search. */
export interface PlainOptions<State, Action, Event> extends Extent {
  readonly claims: readonly Claim<State, Action, Event>[];
  readonly offers?: Offers<State, Action, Event> | undefined;
  /** All that a state consists of, as bytes that do not depend on when it was met. */
  readonly contentOf: (state: State) => Uint8Array;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** What the whole of a space came to. */
export interface Established {
  readonly space: Space;
  readonly judgements: readonly Judgement[];
  readonly breaches: readonly Breach[];
  readonly notJudged: readonly NotJudged[];
}

/** What may still go wrong in a run. */
interface Left {
  readonly faults: number;
  readonly preemptions: number;
}

/** A state that waits to be left in every possible way. */
interface Waiting<State> {
  readonly state: State;
  readonly left: Left;
  readonly number: number;
}

/** Answers the questions of one step in one way after the other, like the digits of a number that counts up. */
class Odometer implements Chooser {
  readonly #digits: number[] = [];
  readonly #sizes: number[] = [];
  #asked = 0;
  left: Left = { faults: 0, preemptions: 0 };
  /** Whether the way so far has neither a fault nor an interruption. */
  isPlain = true;

  /** Begins the step once more. */
  start(left: Left): this {
    this.#asked = 0;
    this.left = left;
    this.isPlain = true;
    return this;
  }

  choose<A extends Answer>(_question: string, answers: readonly [A, ...A[]]): A {
    const { faults, preemptions } = this.left;
    const offered = answers.filter(
      ({ fault, isPreemption }) => (fault === undefined || faults > 0) && (isPreemption !== true || preemptions > 0),
    );
    const at = this.#asked;
    if (at === this.#digits.length) this.#digits.push(0);
    this.#sizes[at] = offered.length;
    this.#asked += 1;
    const answer = offered[this.#digits[at]!]!;
    if (answer.fault !== undefined || answer.isPreemption === true) this.isPlain = false;
    if (answer.fault !== undefined) this.left = { faults: faults - 1, preemptions };
    if (answer.isPreemption === true) this.left = { faults, preemptions: preemptions - 1 };
    return answer;
  }

  /** Goes on to the next way; false when there is none. */
  next(): boolean {
    this.#digits.length = this.#asked;
    while (this.#digits.length > 0) {
      const last = this.#digits.length - 1;
      this.#digits[last]! += 1;
      if (this.#digits[last]! < this.#sizes[last]!) return true;
      this.#digits.pop();
    }
    return false;
  }
}

/** Hashes that were met, numbered in their order, each in four words of one array; a place that is all zeros is free. */
class Hashes {
  #words = new Uint32Array(4 * 1024);
  #numbers = new Uint32Array(1024);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The number of a hash; one that was not there is added, and its number is the size until then. */
  enter(hash: Buffer): number {
    const size = this.#size;
    const number = this.#put(
      ...([0, 4, 8, 12].map((at) => hash.readUInt32LE(at)) as [number, number, number, number]),
      size,
    );
    if (number === size) {
      this.#size += 1;
      if (this.#size * 8 > this.#words.length) this.#grow();
    }
    return number;
  }

  #put(one: number, two: number, three: number, four: number, number: number): number {
    const words = this.#words;
    const mask = words.length - 1;
    for (let at = (one * 4) & mask; ; at = (at + 4) & mask) {
      const [a, b, c, d] = [words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!];
      if (a === one && b === two && c === three && d === four) return this.#numbers[at / 4]!;
      if ((a | b | c | d) !== 0) continue;
      words[at] = one;
      words[at + 1] = two;
      words[at + 2] = three;
      words[at + 3] = four;
      this.#numbers[at / 4] = number;
      return number;
    }
  }

  #grow(): void {
    const [old, numbers] = [this.#words, this.#numbers];
    this.#words = new Uint32Array(2 * old.length);
    this.#numbers = new Uint32Array(2 * numbers.length);
    for (let at = 0; at < old.length; at += 4) {
      const [a, b, c, d] = [old[at]!, old[at + 1]!, old[at + 2]!, old[at + 3]!];
      if ((a | b | c | d) !== 0) this.#put(a, b, c, d, numbers[at / 4]!);
    }
  }
}

/** How long the search works before it lets others run, and how often it reports, in milliseconds. */
const TURN_MILLIS = 40;
const REPORT_MILLIS = 200;

/**
 * Searches a space from end to end, and says what is in it; undefined when it was told to stop before.
 *
 * Only runs of at most `maxSteps` steps are taken, each state once for each number of steps that are left.
 */
export const searchPlainly = async <State, Action, Event>(
  system: System<State, Action, Event>,
  options: PlainOptions<NoInfer<State>, NoInfer<Action>, NoInfer<Event>>,
): Promise<Established | undefined> => {
  const { claims, offers, faults, preemptions, maxSteps, contentOf, signal, onProgress } = options;
  const context = contextOf(system, claims, offers);
  const asked = claims.map((claim) => ({ id: claim.id, judge: claim.plainly(context) }));
  const judges: { readonly id: string; readonly judge: PlainJudge<State, Action, Event> }[] = [];
  const notJudged: NotJudged[] = [];
  for (const { id, judge } of asked) {
    if (typeof judge === "string") notJudged.push({ claim: id, because: judge });
    else judges.push({ id, judge });
  }
  const met = new Hashes();
  const digest = new SetDigest();
  const odometer = new Odometer();
  const unlimited = Number.POSITIVE_INFINITY;
  let [transitions, cut, fatal, depth] = [0, 0, 0, 0];
  let isCutShort = false;

  let layer: Waiting<State>[] = [];
  let next: Waiting<State>[] = [];
  const meet = (state: State, left: Left, stepsLeft: number): number => {
    const hash = hashOfState(contentOf(state), [left.faults, left.preemptions, stepsLeft]);
    const { size } = met;
    const number = met.enter(hash);
    if (number < size) return number;
    digest.add(hash);
    next.push({ state, left, number });
    for (const { judge } of judges) judge.meet?.(state);
    return number;
  };

  const started = performance.now();
  let [turned, reported, before] = [started, started, 0];
  /** Lets others run, and reports; false when the search is to stop. */
  const pause = async (frontier: number): Promise<boolean> => {
    const now = performance.now();
    if (now - turned < TURN_MILLIS) return true;
    await setImmediate();
    turned = performance.now();
    if (turned - reported >= REPORT_MILLIS) {
      const rate = ((transitions - before) * 1000) / (turned - reported);
      const findings = judges.reduce((sum, { judge }) => sum + judge.size, 0);
      onProgress?.({ states: met.size, transitions, frontier, depth, elapsedMs: turned - started, rate, findings });
      [reported, before] = [turned, transitions];
    }
    return signal?.aborted !== true;
  };

  let stepsLeft = maxSteps ?? unlimited;
  const allowed = (amount: number | "all"): number => (amount === "all" ? unlimited : amount);
  const whole: Left = { faults: allowed(faults), preemptions: allowed(preemptions) };
  for (const state of system.initial) meet(state, whole, stepsLeft);
  for (; next.length > 0; depth += 1) {
    [layer, next] = [next, []];
    stepsLeft -= 1;
    for (const [done, { state, left, number: from }] of layer.entries()) {
      if (!(await pause(layer.length - done + next.length))) return undefined;
      const actions = system.actions(state);
      if (stepsLeft < 0) {
        if (actions.length === 0) continue;
        isCutShort = true;
        for (const { judge } of judges) judge.isCutShort?.(from);
        continue;
      }
      for (const action of actions) {
        do {
          const { state: after, events } = system.step(state, action, odometer.start(left));
          transitions += 1;
          const ends = judges.flatMap(({ judge }) => judge.step?.({ before: state, events, after }) ?? []);
          let to: number | undefined;
          if (ends.some(({ isFatal }) => isFatal)) fatal += 1;
          else if (ends.some(({ isRepeated }) => isRepeated)) cut += 1;
          else to = meet(after, odometer.left, stepsLeft);
          for (const { judge } of judges) judge.took?.(from, action, to, odometer.isPlain);
        } while (odometer.next());
      }
    }
  }
  const isWhole = !isCutShort && cut === 0;
  const concluded = judges.map(({ id: property, judge }) => ({ property, ...judge.conclude(isWhole) }));
  return {
    space: { states: met.size, transitions, cut, fatal, digest: digest.text },
    judgements: concluded.map(({ breaches: _, ...judgement }) => judgement),
    breaches: concluded.flatMap(({ property, breaches }) => breaches.map((breach) => ({ property, ...breach }))),
    notJudged,
  };
};
