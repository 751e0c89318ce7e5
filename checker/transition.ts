/** One step as a claim sees it: the state it left, what happened, and the state it led to. */
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

/** What a transition means for the run: it goes on, or nothing after it means anything, or it only repeats itself. */
export type Future = "goes on" | "fatal" | "repeats";
