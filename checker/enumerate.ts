/**
 * The chooser that gives every answer.
 *
 * A step is run once for each way in which its questions can be answered, always from the same state. The answers so
 * far form a path; a run follows the path, and gives the first answer to each question that arises beyond its end.
 * Then the last question that has an answer left moves on to it, and the step runs again: depth first over the tree of
 * questions, without ever storing the tree (loom's `rt/path.rs` does the same).
 *
 * Under the same answers a step must ask the same things; where it does not, it depends on something outside its
 * state, and no counterexample could be replayed.
 */
import { type Answer, type Chooser, type FaultKind, MAX_QUESTIONS } from "./chooser.ts";
import { areSameAnswers, type Coverage, type Tally } from "./coverage.ts";
import { CheckerBug } from "./errors.ts";
import type { Outcome, System } from "./system.ts";

const listed = (answers: readonly Answer[]): string => answers.map(({ label }) => label).join(", ");

const nondeterminism = (what: string): CheckerBug =>
  new CheckerBug(
    "nondeterministic-step",
    `under the same answers, a step ${what}; it reads something outside its state (a clock, a random number, a variable that outlives the step)`,
  );

/**
 * All ways through one step, one after the other.
 *
 *     do outcome = system.step(state, action, paths.start());
 *     while (paths.advance());
 *
 * One object serves a whole search, so that no run allocates anything.
 */
export class Paths implements Chooser {
  readonly #coverage: Coverage | undefined;
  readonly #questions: string[] = [];
  readonly #offers: (readonly Answer[])[] = [];
  readonly #picks: number[] = [];
  readonly #tallies: Tally[] = [];
  #length = 0;
  #asked = 0;

  /** @param coverage - where to count the answers given, if anywhere */
  constructor(coverage?: Coverage) {
    this.#coverage = coverage;
  }

  /** The chooser for the next run along the path. */
  start(): this {
    this.#asked = 0;
    return this;
  }

  choose<A extends Answer>(question: string, answers: readonly [A, ...A[]]): A {
    const at = this.#asked;
    this.#asked = at + 1;
    if (at < this.#length) {
      if (this.#questions[at] !== question) {
        throw nondeterminism(`asked "${this.#questions[at]}" the first time, and "${question}" the second`);
      }
      const offered = this.#offers[at]!;
      if (offered !== answers && !areSameAnswers(offered, answers)) {
        throw nondeterminism(
          `offered ${listed(offered)} to "${question}" the first time, and ${listed(answers)} the second`,
        );
      }
      return answers[this.#picks[at]!]!;
    }
    if (at === MAX_QUESTIONS) {
      throw new CheckerBug(
        "endless-step",
        `a step asks more than ${MAX_QUESTIONS} questions, the last one "${question}"`,
      );
    }
    this.#questions[at] = question;
    this.#offers[at] = answers;
    this.#picks[at] = 0;
    if (this.#coverage !== undefined) {
      const tally = this.#coverage.tally(question, answers);
      tally[0]!.given += 1;
      this.#tallies[at] = tally;
    }
    this.#length = at + 1;
    return answers[0];
  }

  /** Moves on to the next path; false when every one was taken, and the next run is the first one through a new step. */
  advance(): boolean {
    if (this.#asked !== this.#length) {
      throw nondeterminism(`asked "${this.#questions[this.#asked]}" the first time, and nothing more the second`);
    }
    let last = this.#length - 1;
    while (last >= 0 && this.#picks[last]! + 1 === this.#offers[last]!.length) last -= 1;
    this.#length = last + 1;
    if (last < 0) return false;
    const pick = this.#picks[last]! + 1;
    this.#picks[last] = pick;
    if (this.#coverage !== undefined) this.#tallies[last]![pick]!.given += 1;
    return true;
  }

  /** How many questions the path answers. */
  get length(): number {
    return this.#length;
  }

  /** The place of the answer that question `at` was given. */
  pick(at: number): number {
    return this.#picks[at]!;
  }

  /** Whether question `at` was answered with a fault, and of which kind. */
  fault(at: number): FaultKind | undefined {
    return this.#offers[at]![this.#picks[at]!]!.fault;
  }

  /** The question at `at`, in words. */
  question(at: number): string {
    return this.#questions[at]!;
  }

  /** The answer that question `at` was given. */
  answer(at: number): Answer {
    return this.#offers[at]![this.#picks[at]!]!;
  }

  /** The places of all answers so far, as a schedule keeps them. */
  picks(): readonly number[] {
    return this.#picks.slice(0, this.#length);
  }
}

/**
 * All that can come of an action, one after the other.
 *
 * This is how a state is expanded, whoever does it: `paths` tells which way each outcome has come, until the next one is asked for.
 */
export function* outcomesOf<State, Action, Event>(
  system: System<State, Action, Event>,
  before: State,
  action: Action,
  paths: Paths = new Paths(),
): Generator<Outcome<State, Event>, void, undefined> {
  do yield system.step(before, action, paths.start());
  while (paths.advance());
}
