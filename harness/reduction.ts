import type { Refinement } from "../checker/refinement.ts";
import { bitsOf, type Footprint, SLICES } from "./footprint.ts";

/**
 * Which transitions of a task need a scheduling point before them in which another task may run.
 *
 * A transition is independent where no transition of another task that could come before it touches what it touches,
 * one of the two writing: then it makes no difference whether that other transition comes before it or behind it, and
 * it is enough to look at one of the orders. What keeps others away is a lock that the task holds; or that nobody ever
 * writes there; or that the memory is the task's own, because its address has not left the command that allocated it.
 * So no scheduling point is needed before an unlock, nor before anything that a lock protects; before a lock is taken
 * there is one.
 *
 * That a transition is independent is an assumption (refinement.ts): each word and each slice of the kernel's state has
 * the set of locks that were held at every access so far. Where that refutes it the search begins again, with the
 * transition known to be dependent. Behind a transition that touches a word which others touch without a lock there is
 * a scheduling point as well: a race is two accesses, one right behind the other.
 *
 * An object that is freed is touched as a whole. An access needs a scheduling point for that only where the object may
 * have been freed since the last one, and not before it: where the task has taken or given back a lock since, or done
 * what others notice (docs/decisions/0014). Behind the taking of a lock that somebody only looks at there is a
 * scheduling point, too.
 *
 * Source: S. Savage et al., "Eraser", SOSP 1997 (locksets); C. Flanagan, S. Qadeer, "Transactions for software model
 * checking", SoftMC 2003 (what commutes under a lock); S. Stoller, "Model-checking multi-threaded distributed Java
 * programs", SPIN 2000 (that the assumption is checked in the same search).
 */
export interface Reduction extends Refinement {
  /** Some locks as bits of one number; those behind the thirty-first protect nothing. */
  bitsOf(locks: readonly { readonly lock: number }[]): number;
  /** Whether this transition is known not to commute with what others do: there is a scheduling point before it. */
  isDependent(transition: TaskTransition): boolean;
  /** Whether a scheduling point is needed between two transitions; `last` is 0 where none goes before. */
  needsPointBetween(last: TaskTransition, next: TaskTransition): boolean;
  /** Whether others touch what this transition touches, and no lock keeps them apart. */
  isShared(transition: TaskTransition): boolean;
  /**
   * A transition has ended; tells what it touched.
   *
   * @param isExposed - whether what the transition touches may have been freed since there was a scheduling point: see
   * above
   */
  note(transition: TaskTransition, footprint: Footprint, own: readonly OwnMemory[], isExposed: boolean): void;
  /** A transition that has looked at a lock that others may hold. */
  makeDependent(transition: TaskTransition): void;
  /**
   * A transition that has taken these locks: there is a scheduling point before it, and one behind it where others look
   * at one of them.
   */
  takes(transition: TaskTransition, locks: number): void;
  /** These locks are looked at by somebody who goes on whether they are taken or not. */
  areLookedAt(locks: number): void;
  /** Whether somebody touches memory of a device without having a reference, while it is released. */
  readonly isReleasedShared: boolean;
  /** Somebody does. */
  shareReleased(): void;
}

/** A place in the course of a command: a call site of the driver's, or a step of a kernel function. A whole number. */
export type TaskTransition = number;

/** The scheduling point behind a transition, whatever the task does next. */
export const behind = (transition: TaskTransition): TaskTransition => transition + 0.5;

/** Memory whose address nobody else has yet. */
export interface OwnMemory {
  readonly at: number;
  readonly size: number;
  /** Set where others may have its address, and none of them a reference: the task has dropped the last one. */
  readonly isReleased?: true;
}

/** What is known of one word or slice. */
interface Place {
  /** The transitions that have touched it. */
  readonly uses: Map<TaskTransition, Use>;
  /** The locks that were held at each time that it was freed. */
  freeLocks: number;
  isFreed: boolean;
  /** The transitions that have touched it where it could have been freed before, with the locks held by any of them. */
  readonly exposed: Map<TaskTransition, number>;
}

/** How a transition touches a word or slice. */
interface Use {
  /** The locks that were held each time, one bit each. */
  locks: number;
  /** Those that were held at each write; undefined for none. */
  writeLocks: number | undefined;
}

/** Of two uses one writes, and no lock keeps them apart. */
const isConflict = (one: Use, other: Use): boolean =>
  (one.writeLocks !== undefined && (one.writeLocks & other.locks) === 0) ||
  (other.writeLocks !== undefined && (other.writeLocks & one.locks) === 0);

/** What a reduction knows so far; it assumes that there is nothing else to know. */
interface Assumptions {
  readonly dependent: Set<TaskTransition>;
  readonly shared: Set<TaskTransition>;
  /** The transitions that take locks, with these; and the locks that are looked at. */
  readonly takers: Map<TaskTransition, number>;
  lookedAt: number;
  isReleasedShared: boolean;
  /** The transitions that were taken to be independent, or not to be shared, and are not. */
  readonly refuted: Set<TaskTransition>;
  readonly places: Map<number, Place>;
  /** The bit of each lock. */
  readonly bits: Map<number, number>;
}

const ALL_LOCKS = 0xffff_ffff | 0;

/** No transition, but a reason to search again. */
const RELEASE: TaskTransition = -1;

/**
 * Slices in which transitions of two tasks do not meet: allocations commute, a task's signals are its own, and locks,
 * and the uses of files, are told by name.
 */
const IGNORED = bitsOf("slab", "lock", "kernfs", "signal");

export const isOwn = (own: readonly OwnMemory[], address: number): boolean =>
  own.some(({ at, size }) => address >= at && address < at + size);

export const reduction = (): Reduction => {
  let { dependent, shared, takers, lookedAt, isReleasedShared, refuted, places, bits }: Assumptions = {
    dependent: new Set(),
    shared: new Set(),
    takers: new Map(),
    lookedAt: 0,
    isReleasedShared: false,
    refuted: new Set(),
    places: new Map(),
    bits: new Map(),
  };

  const makeDependent = (transition: TaskTransition): void => {
    if (!dependent.has(transition)) refuted.add(transition);
  };

  /**
   * A transition that touches what others do without a lock; a race for a word shows only to a task that runs right
   * behind it.
   */
  const makeShared = (transition: TaskTransition, key: number): void => {
    makeDependent(transition);
    depend(transition);
    if (key >= 0) makeDependent(behind(transition));
  };

  /** What follows this transition may depend on what others do. */
  const depend = (transition: TaskTransition): void => {
    if (shared.has(transition)) return;
    shared.add(transition);
    refuted.add(transition);
  };

  const makeSeen = (transition: TaskTransition): void => {
    makeDependent(behind(transition));
    depend(transition);
  };

  const placeAt = (key: number): Place => {
    let place = places.get(key);
    if (place === undefined) {
      place = {
        uses: new Map(),
        freeLocks: ALL_LOCKS,
        isFreed: false,
        exposed: new Map(),
      };
      places.set(key, place);
    }
    return place;
  };

  const free = (key: number, locks: number): void => {
    const place = placeAt(key);
    if (place.isFreed && (place.freeLocks & ~locks) === 0) return;
    place.isFreed = true;
    place.freeLocks &= locks;
    for (const [transition, held] of place.exposed) if ((held & place.freeLocks) === 0) makeDependent(transition);
  };

  const expose = (key: number, transition: TaskTransition, locks: number): void => {
    const place = placeAt(key);
    const held = (place.exposed.get(transition) ?? ALL_LOCKS) & locks;
    place.exposed.set(transition, held);
    if (place.isFreed && (held & place.freeLocks) === 0) makeDependent(transition);
  };

  const touch = (key: number, transition: TaskTransition, isWrite: boolean, locks: number): void => {
    const { uses } = placeAt(key);
    let use = uses.get(transition);
    if (use === undefined) {
      use = { locks: ALL_LOCKS, writeLocks: undefined };
      uses.set(transition, use);
    } else if (
      (use.locks & ~locks) === 0 &&
      (!isWrite || (use.writeLocks !== undefined && (use.writeLocks & ~locks) === 0))
    )
      return;
    use.locks &= locks;
    if (isWrite) use.writeLocks = (use.writeLocks ?? ALL_LOCKS) & locks;
    for (const [other, its] of uses) {
      if (!isConflict(use, its)) continue;
      makeShared(transition, key);
      makeShared(other, key);
    }
  };

  return {
    save: () =>
      structuredClone({
        dependent,
        shared,
        takers,
        lookedAt,
        isReleasedShared,
        refuted,
        places,
        bits,
      } satisfies Assumptions),
    restore: (saved) => {
      ({ dependent, shared, takers, lookedAt, isReleasedShared, refuted, places, bits } = structuredClone(
        saved as Assumptions,
      ));
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
    isDependent: (transition) => dependent.has(transition),
    needsPointBetween: (last, next) => dependent.has(next) || (last !== 0 && dependent.has(behind(last))),
    isShared: (transition) => shared.has(transition),
    takes: (transition, locks) => {
      makeDependent(transition);
      takers.set(transition, (takers.get(transition) ?? 0) | locks);
      if ((locks & lookedAt) !== 0) makeSeen(transition);
    },
    areLookedAt: (locks) => {
      if ((locks & ~lookedAt) === 0) return;
      lookedAt |= locks;
      for (const [transition, taken] of takers) if ((taken & lookedAt) !== 0) makeSeen(transition);
    },
    get isReleasedShared() {
      return isReleasedShared;
    },
    shareReleased: () => {
      if (isReleasedShared) return;
      isReleasedShared = true;
      refuted.add(RELEASE);
    },
    makeDependent,
    note: (transition, { touched, replaced, words, areWritten, locks, guards, sliceLocks, freed }, own, isExposed) => {
      const seen = touched & ~IGNORED;
      for (let index = 0; index < SLICES.length; index += 1) {
        if ((seen & (1 << index)) !== 0)
          touch(-1 - index, transition, (replaced & (1 << index)) !== 0, sliceLocks[index]!);
      }
      for (let index = 0; index < words.length; index += 1) {
        const word = words[index]!;
        if (own.length > 0 && isOwn(own, word * 8)) continue;
        touch(word, transition, areWritten[index]!, locks[index]!);
        if (isExposed) expose(word, transition, guards[index]!);
      }
      for (const { at, size, locks: held } of freed) {
        if (own.some((part) => part.isReleased !== true && at >= part.at && at < part.at + part.size)) continue;
        for (let word = at >>> 3; word <= (at + size - 1) >>> 3; word += 1) free(word, held);
      }
    },
    get refuted() {
      return refuted.size;
    },
    refine: () => {
      for (const transition of refuted) dependent.add(transition);
      refuted.clear();
    },
  };
};
