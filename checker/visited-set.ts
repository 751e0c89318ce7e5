import type { Hashed } from "./odds.ts";

/**
 * The states that a search has met, as far as it takes to know one again.
 *
 * A set gives each key a number, in the order in which they are entered. The exact set keeps all of every key; the hashed
 * one keeps 64 bits of it ("hash compaction" in SPIN, the "fingerprint set" of TLC).
 */
export interface VisitedSet {
  /** How many keys were entered. */
  readonly size: number;
  /** The number of a key; -1 where it was not entered. */
  find(key: string): number;
  /** The number of a key; one that was not entered yet is entered, and its number is the size until then. */
  enter(key: string): number;
  /** Makes room for so many keys in an empty set, each of which is to be entered under a number below that. */
  reserve(size: number): void;
  /** Enters a key where room was made for it; false where it was entered before, under another number. */
  enterAt(number: number, key: string): boolean;
  /** The key behind a number; undefined where keys are not kept. */
  readonly keyOf: ((number: number) => string) | undefined;
  /** How likely it is that a state was taken for another one; undefined where it cannot be. */
  readonly hashed: Hashed | undefined;
}
