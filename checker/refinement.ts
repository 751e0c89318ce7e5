import type { Savable } from "./savable.ts";

/**
 * What a search takes for granted, and mends where it finds itself wrong.
 *
 * A system may leave out what it takes to make no difference. It notes where it was wrong in that, and knows better once it is told
 * to; what was searched until then may have left something out.
 */
export interface Refinement extends Savable {
  /** In how much of what it took for granted it was wrong, and has not mended. */
  readonly refuted: number;
  /** Takes into account what was wrong, from now on. */
  refine(): void;
}

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
