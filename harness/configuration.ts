/** Before what a task can be interrupted: calls of the kernel, or loads and stores of memory that others may reach too. */
export type InterruptAt = "calls" | "accesses";

/** How large the modelled machine is, and what the environment may do in it. */
export interface Configuration {
  /** Regions, each with a device of the driver's at most. */
  readonly regions: number;
  /** Memory blocks that fit into an aligned region. */
  readonly blocks: number;
  /** Commands that may be under way at one time; with one, which is the default, whatever is begun is finished before the next begins. */
  readonly tasks?: number;
  /** Before what each of several tasks can be interrupted; with `accesses`, the driver must have been built for it. */
  readonly interruptAt?: InterruptAt;
}

/** The machine that a review uses when nothing else is asked for. */
export const DEFAULT_CONFIGURATION: Configuration = { regions: 1, blocks: 2 };
