/**
 * How unlikely an answer is in life. Kernel developers discard reports that hide this.
 *
 * `ordinary`: an errno that happens on a healthy machine. `small allocation`: an allocation of less than a page that
 * fails, which the kernel does only under fault injection or in its last breath.
 */
export type FaultKind = "ordinary" | "small allocation";

/** One possible answer to a question that a model asks. */
export interface Answer {
  /** What happens, in words, as traces print it: `succeeds`, `-ENOMEM`. */
  readonly label: string;
  /** Set when the answer is something that the environment does wrong. */
  readonly fault?: FaultKind;
  /** Set when the answer is that another task runs before this one could go on. */
  readonly isPreemption?: true;
}

/**
 * The only door through which nondeterminism enters a step.
 *
 * A model asks; the strategy answers. Exhaustive search gives every answer in turn, fast-check draws one, replay
 * answers from a recorded schedule. Harmless answers stand first and faults last, so that shrinking removes faults by
 * itself, and a schedule means the same run whether or not faults are limited; the search refuses any other order.
 */
export interface Chooser {
  choose<A extends Answer>(question: string, answers: readonly [A, ...A[]]): A;
}

/** The most questions that one step may ask. A step with more is taken to ask without end. */
export const MAX_QUESTIONS = 4096;
