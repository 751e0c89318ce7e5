import type { Answer, Chooser } from "./chooser.ts";
import { harmlessAnswers } from "./coverage.ts";
import { CheckerBug } from "./errors.ts";
import type { System } from "./system.ts";

/** A state, and how many faults may still happen in the run that led to it. */
export interface Budgeted<State> {
  readonly state: State;
  readonly faultsLeft: number;
}

/** Is told of a question whose faults are held back because the budget is spent. */
export type OnWithheld = (question: string, answers: readonly Answer[]) => void;

class FrugalChooser implements Chooser {
  readonly #inner: Chooser;
  readonly #onWithheld: OnWithheld;
  readonly #harmless: WeakMap<readonly Answer[], readonly Answer[]>;
  faultsLeft: number;

  constructor(
    inner: Chooser,
    faultsLeft: number,
    harmless: WeakMap<readonly Answer[], readonly Answer[]>,
    onWithheld: OnWithheld,
  ) {
    this.#inner = inner;
    this.#harmless = harmless;
    this.#onWithheld = onWithheld;
    this.faultsLeft = faultsLeft;
  }

  choose<A extends Answer>(question: string, answers: readonly [A, ...A[]]): A {
    if (this.faultsLeft === 0) return this.#inner.choose(question, this.#withoutFaults(question, answers));
    const answer = this.#inner.choose(question, answers);
    if (answer.fault !== undefined) this.faultsLeft -= 1;
    return answer;
  }

  #withoutFaults<A extends Answer>(question: string, answers: readonly [A, ...A[]]): readonly [A, ...A[]] {
    if (answers[answers.length - 1]!.fault === undefined) return answers;
    this.#onWithheld(question, answers);
    let harmless = this.#harmless.get(answers);
    if (harmless === undefined) {
      harmless = answers.slice(0, harmlessAnswers(question, answers));
      this.#harmless.set(answers, harmless);
    }
    if (harmless.length === 0) {
      throw new CheckerBug(
        "answers-out-of-order",
        `"${question}" offers nothing but faults; list a harmless answer first`,
      );
    }
    return harmless as readonly [A, ...A[]];
  }
}

/**
 * The same system, in which at most `budget` faults happen in one run.
 *
 * What is left of the budget is part of a state and of its key. Since harmless answers stand before faults, a schedule
 * of the limited system is also one of the system itself, and shows the same run.
 */
export const withFaultBudget = <State, Action, Event>(
  system: System<State, Action, Event>,
  budget: number,
  onWithheld: OnWithheld = () => {},
): System<Budgeted<State>, Action, Event> => {
  const harmless = new WeakMap<readonly Answer[], readonly Answer[]>();
  return {
    initial: system.initial.map((state) => ({ state, faultsLeft: budget })),
    actions: ({ state }) => system.actions(state),
    step: ({ state, faultsLeft }, action, chooser) => {
      const frugal = new FrugalChooser(chooser, faultsLeft, harmless, onWithheld);
      const outcome = system.step(state, action, frugal);
      return { state: { state: outcome.state, faultsLeft: frugal.faultsLeft }, events: outcome.events };
    },
    key: ({ state, faultsLeft }) => `${faultsLeft} ${system.key(state)}`,
    describe: (action) => system.describe(action),
  };
};
