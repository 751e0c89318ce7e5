/** How large the modelled machine is, and what the environment may do in it. */
export interface Configuration {
  /** Regions, each with a device of the driver's at most. */
  readonly regions: number;
  /** Memory blocks that fit into an aligned region. */
  readonly blocks: number;
  /** Commands that may be under way at one time; with one, which is the default, whatever is begun is finished before the next begins. */
  readonly tasks?: number;
}

/** The machine that a review uses when nothing else is asked for. */
export const DEFAULT_CONFIGURATION: Configuration = { regions: 1, blocks: 2 };
