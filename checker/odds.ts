/** A search that told states apart by hashes, which may take a state for another one and never look behind it. */
export interface Hashed {
  /** The length of a hash. */
  readonly bits: number;
  /** The most that the chance can be that a state was taken for another: from 0 to 1. */
  readonly chance: number;
}

/** Where the chance is greater than this, an exhausted search says nothing of the whole space. */
export const MAX_CHANCE = 1 / 1000;

/**
 * The most that the chance can be that hashing lost a state of a search that has met so many.
 *
 * The first state that is lost is taken for one of those before it, of which there are `states` at most; so among the
 * `states + 1` that came first, two have one hash. There are (states + 1) * states / 2 pairs of them, each with a chance
 * of 1 in 2^bits. What is lost behind a lost state does not add to that.
 */
export const chanceOfLoss = (states: number, bits: number): number =>
  Math.min(1, ((states + 1) * states) / 2 ** (bits + 1));

/** What several searches come to that share no state; undefined where none of them hashed. */
export const together = (searches: readonly (Hashed | undefined)[]): Hashed | undefined => {
  const hashed = searches.filter((each) => each !== undefined);
  if (hashed.length === 0) return undefined;
  const sum = hashed.reduce((total, { chance }) => total + chance, 0);
  return { bits: Math.min(...hashed.map(({ bits }) => bits)), chance: Math.min(1, sum) };
};

/**
 * `1 in 19,000,000,000`: two digits, and never less likely than it is.
 *
 * What is rarer than anybody can count is told as a bound.
 */
export const oddsText = (chance: number): string => {
  const one = 1 / chance;
  if (!(one < RAREST)) return `1 in ${RAREST.toLocaleString("en-US")}`;
  const unit = 10 ** Math.max(Math.floor(Math.log10(one)) - 1, 0);
  return `1 in ${(Math.floor(one / unit) * unit).toLocaleString("en-US")}`;
};

const RAREST = 1e15;
