import type { Savable } from "../checker/saved-search.ts";
import { bitsOf, type Footprint, SLICES } from "./footprint.ts";

/**
 * Which acts of a task need a moment before them in which another task may run.
 *
 * An act is quiet where no act of another task that could come before it touches what it touches, one of the two
 * writing: then it makes no difference whether that other act comes before it or behind it, and it is enough to look
 * at one of the orders. What keeps others away is a lock that the task holds; or that nobody ever writes there; or
 * that the memory is the task's own, because its address has not left the command that allocated it. So no moment is needed
 * before an unlock, nor before anything that a lock protects; before a lock is taken there is one.
 *
 * Which lock protects what is learned as the search goes: each word and each slice of the kernel's state has the set
 * of locks that were held at every access so far. An act that was taken to be quiet and turns out not to be makes the
 * search begin again, with that act loud, so that in the end no act was quiet that must not be. Behind an act that touches
 * a word which others touch without a lock there is a moment as well: a race is two accesses, one right behind the other.
 *
 * Source: S. Savage et al., "Eraser", SOSP 1997 (locksets); C. Flanagan, S. Qadeer, "Transactions for software model
 * checking", SoftMC 2003 (what commutes under a lock); S. Stoller, "Model-checking multi-threaded distributed Java
 * programs", SPIN 2000 (that the assumption is checked in the same search).
 */
export interface Reduction extends Savable {
  /** Some locks as bits of one number; those behind the thirty-first protect nothing. */
  bitsOf(locks: readonly { readonly lock: number }[]): number;
  /** Whether a moment is needed before this act. */
  isLoud(act: Act): boolean;
  /** An act has ended; tells what it touched under the locks that its task held all the time. */
  learn(act: Act, footprint: Footprint, locks: number, own: readonly OwnMemory[]): void;
  /** An act that has taken a lock, or has looked at one that others may hold. */
  makeLoud(act: Act): void;
  /** How many acts were taken to be quiet and turned out not to be: then the search has to be done again. */
  readonly mistaken: number;
  /** Makes those acts loud from now on. */
  adopt(): void;
}

/** A place in the course of a command: a call site of the driver's, or a step of a kernel function. A whole number. */
export type Act = number;

/** The moment behind an act, whatever the task does next. */
export const behind = (act: Act): Act => act + 0.5;

/** Memory whose address nobody else has yet. */
export interface OwnMemory {
  readonly at: number;
  readonly size: number;
}

/** What is known of one word or slice. */
interface Place {
  /** The locks that were held at each access, one bit each. */
  locks: number;
  isWritten: boolean;
  /** The acts that have touched it, until it is known to be shared without a lock. */
  readonly acts: Set<Act>;
}

/** All that a reduction has learned. */
interface Learned {
  readonly loud: Set<Act>;
  readonly mistaken: Set<Act>;
  readonly places: Map<number, Place>;
  /** The bit of each lock. */
  readonly bits: Map<number, number>;
}

const ALL_LOCKS = 0xffff_ffff | 0;

/** Slices that tell tasks from each other nothing: allocations commute, and locks are told by name. */
const IGNORED = bitsOf("slab", "lock");

export const isOwn = (own: readonly OwnMemory[], address: number): boolean =>
  own.some(({ at, size }) => address >= at && address < at + size);

export const reduction = (): Reduction => {
  let { loud, mistaken, places, bits }: Learned = {
    loud: new Set(),
    mistaken: new Set(),
    places: new Map(),
    bits: new Map(),
  };

  const makeLoud = (act: Act): void => {
    if (!loud.has(act)) mistaken.add(act);
  };

  /** An act that touches what others do without a lock; a race for a word shows only to a task that runs right behind it. */
  const makeShared = (act: Act, key: number): void => {
    makeLoud(act);
    if (key >= 0) makeLoud(behind(act));
  };

  const touch = (key: number, act: Act, isWrite: boolean, locks: number): void => {
    let place = places.get(key);
    if (place === undefined) {
      place = { locks: ALL_LOCKS, isWritten: false, acts: new Set() };
      places.set(key, place);
    }
    if (place.isWritten && place.locks === 0) {
      makeShared(act, key);
      return;
    }
    place.locks &= locks;
    if (isWrite) place.isWritten = true;
    place.acts.add(act);
    if (!place.isWritten || place.locks !== 0) return;
    for (const each of place.acts) makeShared(each, key);
    place.acts.clear();
  };

  return {
    save: () => structuredClone({ loud, mistaken, places, bits }),
    restore: (saved) => {
      ({ loud, mistaken, places, bits } = structuredClone(saved as Learned));
    },
    bitsOf: (locks) => {
      let mask = 0;
      for (const { lock } of locks) {
        let bit = bits.get(lock);
        if (bit === undefined) {
          bit = bits.size < 31 ? 1 << bits.size : 0;
          bits.set(lock, bit);
        }
        mask |= bit;
      }
      return mask;
    },
    isLoud: (act) => loud.has(act),
    makeLoud,
    learn: (act, { touched, replaced, words, areWritten }, locks, own) => {
      const seen = touched & ~IGNORED;
      for (let index = 0; index < SLICES.length; index += 1) {
        if ((seen & (1 << index)) !== 0) touch(-1 - index, act, (replaced & (1 << index)) !== 0, locks);
      }
      for (let index = 0; index < words.length; index += 1) {
        const word = words[index]!;
        if (own.length === 0 || !isOwn(own, word * 8)) touch(word, act, areWritten[index]!, locks);
      }
    },
    get mistaken() {
      return mistaken.size;
    },
    adopt: () => {
      for (const act of mistaken) loud.add(act);
      mistaken.clear();
    },
  };
};
