import type { Answer, Chooser } from "./chooser.ts";
import { CheckerBug } from "./errors.ts";
import type { System } from "./system.ts";

/** How much of what is unlikely may happen in one run; "all" for as much as can. */
export interface Budget {
  readonly faults: number | "all";
  readonly preemptions: number | "all";
}

/** The budget that a search was given; one that says nothing of preemptions may have all. */
export const budgetOf = ({
  faults,
  preemptions = "all",
}: {
  readonly faults: Budget["faults"];
  readonly preemptions?: Budget["preemptions"] | undefined;
}): Budget => ({ faults, preemptions });

/** Whether a budget limits nothing. */
export const isUnlimited = ({ faults, preemptions }: Budget): boolean => faults === "all" && preemptions === "all";

/** A state, and what of the budget is left in the run that led to it. */
export interface Budgeted<State> {
  readonly state: State;
  readonly faultsLeft: number;
  readonly preemptionsLeft: number;
}

/** Is told of a question whose answers are held back because the budget is spent. */
export type OnWithheld = (question: string, answers: readonly Answer[]) => void;

/** The lists of answers that are left of longer ones, made once each. */
type Shorter = WeakMap<readonly Answer[], readonly Answer[]>;

class FrugalChooser implements Chooser {
  readonly #inner: Chooser;
  readonly #onWithheld: OnWithheld;
  readonly #shorter: Readonly<Record<"faults" | "preemptions", Shorter>>;
  faultsLeft: number;
  preemptionsLeft: number;

  constructor(
    inner: Chooser,
    left: Budgeted<unknown>,
    shorter: Readonly<Record<"faults" | "preemptions", Shorter>>,
    onWithheld: OnWithheld,
  ) {
    this.#inner = inner;
    this.#shorter = shorter;
    this.#onWithheld = onWithheld;
    this.faultsLeft = left.faultsLeft;
    this.preemptionsLeft = left.preemptionsLeft;
  }

  choose<A extends Answer>(question: string, answers: readonly [A, ...A[]]): A {
    let offered = answers;
    const last = answers[answers.length - 1]!;
    if (last.fault !== undefined && this.faultsLeft === 0) offered = this.#without("faults", question, answers);
    else if (last.isPreemption && this.preemptionsLeft === 0) offered = this.#without("preemptions", question, answers);
    const answer = this.#inner.choose(question, offered);
    if (answer.fault !== undefined) this.faultsLeft -= 1;
    if (answer.isPreemption) this.preemptionsLeft -= 1;
    return answer;
  }

  #without<A extends Answer>(
    what: "faults" | "preemptions",
    question: string,
    answers: readonly [A, ...A[]],
  ): readonly [A, ...A[]] {
    this.#onWithheld(question, answers);
    const shorter = this.#shorter[what];
    let left = shorter.get(answers);
    if (left === undefined) {
      left = answers.slice(0, affordable(question, answers));
      shorter.set(answers, left);
    }
    if (left.length === 0) {
      throw new CheckerBug(
        "answers-out-of-order",
        `"${question}" offers nothing but faults; list a harmless answer first`,
      );
    }
    return left as readonly [A, ...A[]];
  }
}

const isUnlikely = ({ fault, isPreemption }: Answer): boolean => fault !== undefined || isPreemption === true;

/** The number of answers that cost nothing of a budget; they stand before all others. */
const affordable = (question: string, answers: readonly Answer[]): number => {
  let count = 0;
  while (count < answers.length && !isUnlikely(answers[count]!)) count += 1;
  const late = answers.slice(count).find((answer) => !isUnlikely(answer));
  if (late === undefined) return count;
  throw new CheckerBug("answers-out-of-order", `"${question}" offers "${late.label}" behind a fault; list faults last`);
};

const allowance = (amount: number | "all"): number => (amount === "all" ? Number.POSITIVE_INFINITY : amount);

/**
 * The same system, in which no run has more of what is unlikely than the budget allows.
 *
 * What is left of the budget is part of a state and of its key. Since the answers that cost nothing stand before the
 * others, a schedule of the limited system is also one of the system itself, and shows the same run.
 */
export const withBudget = <State, Action, Event>(
  system: System<State, Action, Event>,
  { faults, preemptions }: Budget,
  onWithheld: OnWithheld = () => {},
): System<Budgeted<State>, Action, Event> => {
  const shorter: Readonly<Record<"faults" | "preemptions", Shorter>> = {
    faults: new WeakMap(),
    preemptions: new WeakMap(),
  };
  return {
    initial: system.initial.map((state) => ({
      state,
      faultsLeft: allowance(faults),
      preemptionsLeft: allowance(preemptions),
    })),
    actions: ({ state }) => system.actions(state),
    step: (before, action, chooser) => {
      const frugal = new FrugalChooser(chooser, before, shorter, onWithheld);
      const { state, events } = system.step(before.state, action, frugal);
      return { state: { state, faultsLeft: frugal.faultsLeft, preemptionsLeft: frugal.preemptionsLeft }, events };
    },
    key: ({ state, faultsLeft, preemptionsLeft }) => `${faultsLeft} ${preemptionsLeft} ${system.key(state)}`,
    revive:
      system.revive &&
      ((key) => {
        const preemptions = key.indexOf(" ") + 1;
        const inner = key.indexOf(" ", preemptions) + 1;
        return {
          state: system.revive!(key.slice(inner)),
          faultsLeft: Number(key.slice(0, preemptions)),
          preemptionsLeft: Number(key.slice(preemptions, inner)),
        };
      }),
    describe: (action) => system.describe(action),
  };
};
