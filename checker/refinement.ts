import type { Savable } from "./savable.ts";

/**
 * What a search assumes as long as it sees nothing to the contrary.
 *
 * A search that has refuted none of its assumptions is right. One that has is done again without them, so that in the end
 * none was relied on that does not hold.
 *
 * Source: E. Clarke, O. Grumberg, S. Jha, Y. Lu, H. Veith, "Counterexample-guided abstraction refinement", CAV 2000.
 */
export interface Refinement extends Savable {
  /** How many assumptions were refuted: where there are any the search has to be done again. */
  readonly refuted: number;
  /** Assumes from now on nothing that was refuted. */
  refine(): void;
}

/** What several assume, as one. */
export const together = (...parts: readonly Refinement[]): Refinement => ({
  save: () => parts.map((part) => part.save()),
  restore: (saved) => {
    for (const [at, part] of parts.entries()) part.restore((saved as readonly unknown[])[at]);
  },
  get refuted() {
    return parts.reduce((sum, part) => sum + part.refuted, 0);
  },
  refine: () => {
    for (const part of parts) part.refine();
  },
});

/** What one round of a search came to. */
export interface Round<Result> {
  readonly result: Result;
  /** Whether all that it took for granted was so. */
  readonly isRight: boolean;
  /** Whether something ended it that would end the next round too. */
  readonly isOver: boolean;
}

/**
 * Searches, and mends, until a round has taken nothing for granted that is not so, or something ends it.
 *
 * What was learned is true of the system, and would be learned again: how often a search was begun leaves no trace in its result.
 */
export const untilRight = async <Result>(
  search: () => Promise<Round<Result>>,
  mend: () => void = () => {},
): Promise<Round<Result>> => {
  for (;;) {
    const round = await search();
    if (round.isRight || round.isOver) return round;
    mend();
  }
};
