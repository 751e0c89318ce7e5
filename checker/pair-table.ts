/**
 * Gives each pair of numbers a number of its own, in the order in which the pairs are met, and keeps nothing else.
 *
 * Trees of such pairs hold lists that have much in common for a few bytes each: equal parts of two lists are one pair
 * (as the trees of LTSmin do; A. Laarman, J. van de Pol, M. Weber, "Parallel recursive state compression for free",
 * SPIN 2011). Takes 8 bytes a pair, and about as much again for finding it.
 */
export class PairTable {
  /** Left and right of each pair, side by side. */
  #pairs = new Uint32Array(2 * LEAST);
  readonly #index = new SlotIndex();
  #size = 0;

  /** How many pairs there are. */
  get size(): number {
    return this.#size;
  }

  left(pair: number): number {
    return this.#pairs[2 * pair]!;
  }

  right(pair: number): number {
    return this.#pairs[2 * pair + 1]!;
  }

  /** The number of a pair of 32-bit numbers; it is entered where it is new. */
  enter(left: number, right: number): number {
    const index = this.#index;
    let known = index.first(mixed(left, right));
    for (; known !== -1; known = index.next()) {
      if (this.#pairs[2 * known] === left && this.#pairs[2 * known + 1] === right) return known;
    }
    const pair = this.#size;
    if (2 * pair === this.#pairs.length) this.#pairs = grown(this.#pairs, 2 * roomier(pair));
    this.#pairs[2 * pair] = left;
    this.#pairs[2 * pair + 1] = right;
    this.#size = pair + 1;
    index.put(pair);
    if (index.isFull) this.#reindex();
    return pair;
  }

  /** All pairs, as data of their own. */
  save(): Uint32Array {
    return this.#pairs.slice(0, 2 * this.#size);
  }

  /** Replaces all pairs. */
  restore(pairs: Uint32Array): void {
    this.#size = pairs.length / 2;
    this.#pairs = new Uint32Array(2 * Math.max(LEAST, this.#size));
    this.#pairs.set(pairs);
    this.#reindex();
  }

  #reindex(): void {
    const pairs = this.#pairs;
    this.#index.rebuild(this.#size, (pair) => mixed(pairs[2 * pair]!, pairs[2 * pair + 1]!));
  }
}

/** How many entries a table has room for when it is made. */
export const LEAST = 256;

/** The room that a table grows to: half as much again, because what is not used yet takes memory too. */
export const roomier = (room: number): number => room + (room >> 1);

/** The same numbers, with room for more. */
export const grown = <Numbers extends Uint32Array | Int32Array | Float64Array>(
  numbers: Numbers,
  room: number,
): Numbers => {
  const larger = new (numbers.constructor as new (length: number) => Numbers)(room);
  larger.set(numbers);
  return larger;
};

/** Mixes two 32-bit numbers into one whose every bit depends on all of theirs (the last steps of MurmurHash3). */
export const mixed = (one: number, other: number): number => {
  let hash = Math.imul(one, 0xcc9e2d51) ^ Math.imul(other, 0x1b873593);
  hash = Math.imul(hash ^ (hash >>> 15) ^ (other << 13), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
};

/**
 * Finds entries that are kept elsewhere by a hash of them: open addressing, one slot after the other.
 *
 * A caller walks the entries that may be meant, `first()` and then `next()`, until one is or there are none; then it
 * may `put()` a new one where the walk has ended.
 */
export class SlotIndex {
  /** The number of an entry and one; 0 for an empty slot. The length is a power of two. */
  #slots = new Uint32Array(2 * LEAST);
  #at = 0;
  #used = 0;

  /** The first entry that may have this hash; -1 where none has. */
  first(hash: number): number {
    this.#at = hash & (this.#slots.length - 1);
    return this.#slots[this.#at]! - 1;
  }

  /** The entry behind the one before; -1 at the end. */
  next(): number {
    this.#at = (this.#at + 1) & (this.#slots.length - 1);
    return this.#slots[this.#at]! - 1;
  }

  /** Enters one where the walk has ended. */
  put(entry: number): void {
    this.#slots[this.#at] = entry + 1;
    this.#used += 1;
  }

  /** Whether it has to be rebuilt before the next walk. */
  get isFull(): boolean {
    return 3 * this.#used > 2 * this.#slots.length;
  }

  /** Empties it, and makes room for so many entries and some more. */
  reserve(entries: number): void {
    let room = 2 * LEAST;
    while (room < 2 * entries) room *= 2;
    this.#slots = new Uint32Array(room);
    this.#used = 0;
  }

  /** Enters so many entries anew, with room for more. */
  rebuild(entries: number, hashOf: (entry: number) => number): void {
    this.reserve(entries);
    const slots = this.#slots;
    const room = slots.length;
    for (let entry = 0; entry < entries; entry += 1) {
      let at = hashOf(entry) & (room - 1);
      while (slots[at] !== 0) at = (at + 1) & (room - 1);
      slots[at] = entry + 1;
    }
    this.#used = entries;
  }
}
