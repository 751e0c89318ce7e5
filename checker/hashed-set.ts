import { Murmur } from "./murmur.ts";
import { chanceOfLoss, type Hashed } from "./odds.ts";
import { grown, LEAST, roomier, SlotIndex } from "./pair-table.ts";
import type { VisitedSet } from "./visited-set.ts";

/** All searches take the same function, so that two of them come to the same. */
const SEED = 0x5359_5352;

/** How long a hash is. */
const BITS = 64;

/** Makes a hash of a key. The result stands in two fields, 32 bits in each. */
export interface Hash {
  hash(key: string): void;
  readonly low: number;
  readonly high: number;
}

/** Keeps a hash of each key. */
export class HashedSet implements VisitedSet {
  readonly #hash: Hash;
  readonly #bits: number;
  readonly #index = new SlotIndex();
  /** Low and high half of each hash, side by side. */
  #hashes = new Uint32Array(2 * LEAST);
  #size = 0;
  #isMixedUp = false;

  /** @param bits - how many bits of a hash are not always zero */
  constructor(hash: Hash = new Murmur(SEED), bits = BITS) {
    this.#hash = hash;
    this.#bits = bits;
  }

  get size(): number {
    return this.#size;
  }

  get keyOf(): undefined {
    return undefined;
  }

  get hashed(): Hashed {
    const chance = this.#isMixedUp ? 1 : chanceOfLoss(this.#size, this.#bits);
    return { bits: this.#bits, chance };
  }

  find(key: string): number {
    const hash = this.#hash;
    hash.hash(key);
    const { low, high } = hash;
    const hashes = this.#hashes;
    let entry = this.#index.first(low);
    for (; entry !== -1; entry = this.#index.next()) {
      if (hashes[2 * entry] === low && hashes[2 * entry + 1] === high) return entry;
    }
    return -1;
  }

  enter(key: string): number {
    const known = this.find(key);
    if (known !== -1) return known;
    const number = this.#size;
    if (2 * number === this.#hashes.length) this.#hashes = grown(this.#hashes, 2 * roomier(number));
    this.#size = number + 1;
    this.#put(number);
    if (this.#index.isFull) this.#index.rebuild(this.#size, (entry) => this.#hashes[2 * entry]!);
    return number;
  }

  reserve(size: number): void {
    this.#hashes = new Uint32Array(2 * Math.max(LEAST, size));
    this.#size = size;
    this.#index.reserve(size);
  }

  enterAt(number: number, key: string): boolean {
    if (this.find(key) !== -1) {
      // Keys may be other ones than when the set was saved. This state keeps its number, but is taken for the other one now.
      this.#isMixedUp = true;
      while (this.#index.next() !== -1);
    }
    this.#put(number);
    return true;
  }

  /** Enters the hash that was made last, where the walk has ended. */
  #put(number: number): void {
    this.#hashes[2 * number] = this.#hash.low;
    this.#hashes[2 * number + 1] = this.#hash.high;
    this.#index.put(number);
  }
}
