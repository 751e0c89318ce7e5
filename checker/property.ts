/** One step as a property sees it: the state it left, what happened, and the state it led to. */
export interface Transition<State, Event> {
  readonly before: State;
  readonly events: readonly Event[];
  readonly after: State;
}

/** What is wrong, told apart finely enough that one cause is one finding. */
export interface Violation {
  /** The kind of thing that is wrong, without addresses: `the memory group`. */
  readonly object: string;
  /** Where in the subject it comes from, without state: `region_sysram.c:218`; empty where no place is to blame. */
  readonly site: string;
  /** What is wrong with this one, for a person; may carry numbers. */
  readonly detail: string;
  /** Set when nothing that happens after it means anything: memory is corrupted, or the task is dead. */
  readonly isFatal?: boolean;
}

/**
 * A named claim about every step of every run.
 *
 * It reads the transition and nothing else; it never throws, and keeps no memory.
 */
export interface Property<State, Event> {
  /** Stable name in reports, kebab-case. */
  readonly id: string;
  readonly group: string;
  /** The claim in positive English, present tense. */
  readonly claim: string;
  /** Why it matters to a maintainer, one sentence. */
  readonly why: string;
  /** The kernel's own rule: file and function, or document. */
  readonly source: string;
  /**
   * Whether this transition puts the claim to the test; a claim that was never tested is `unreached`. What breaks the
   * claim puts it to the test in any case.
   */
  concerns(transition: Transition<State, Event>): boolean;
  /** Everything that breaks the claim here; empty when it is kept. */
  violations(transition: Transition<State, Event>): readonly Violation[];
}
