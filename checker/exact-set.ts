import { grown, LEAST, mixed, PairTable, roomier, SlotIndex } from "./pair-table.ts";
import type { VisitedSet } from "./visited-set.ts";

/** What is kept of each key: left part, right part, length. */
const FIELDS = 3;

/**
 * Keeps every key as a tree of pairs, in which keys share what they have in common.
 *
 * A key is split into halves until two code units are left, and each half that was met before is a number. How it is
 * split follows from its length, so equal length and equal halves mean equal keys. A key that differs from another in one
 * place takes its root and as many pairs as are new on the way down to that place, most often none or one.
 */
export class ExactSet implements VisitedSet {
  readonly #parts = new PairTable();
  readonly #index = new SlotIndex();
  #roots = new Uint32Array(FIELDS * LEAST);
  #size = 0;
  #left = 0;
  #right = 0;

  get size(): number {
    return this.#size;
  }

  get hashed(): undefined {
    return undefined;
  }

  find(key: string): number {
    this.#take(key);
    return this.#known(key.length);
  }

  enter(key: string): number {
    const known = this.find(key);
    if (known !== -1) return known;
    const number = this.#size;
    if (FIELDS * number === this.#roots.length) this.#roots = grown(this.#roots, FIELDS * roomier(number));
    this.#size = number + 1;
    this.#put(number, key.length);
    if (this.#index.isFull) this.#index.rebuild(this.#size, (entry) => this.#hashOf(entry));
    return number;
  }

  reserve(size: number): void {
    this.#roots = new Uint32Array(FIELDS * Math.max(LEAST, size));
    this.#size = size;
    this.#index.reserve(size);
  }

  enterAt(number: number, key: string): boolean {
    if (this.find(key) !== -1) return false;
    this.#put(number, key.length);
    return true;
  }

  readonly keyOf = (number: number): string => {
    const at = FIELDS * number;
    const length = this.#roots[at + 2]!;
    if (length <= 2) return unpacked(this.#roots[at]!, length);
    const half = halfOf(length);
    return this.#text(this.#roots[at]!, half) + this.#text(this.#roots[at + 1]!, length - half);
  };

  /** Enters the parts that were taken last, where the walk has ended. */
  #put(number: number, length: number): void {
    const at = FIELDS * number;
    this.#roots[at] = this.#left;
    this.#roots[at + 1] = this.#right;
    this.#roots[at + 2] = length;
    this.#index.put(number);
  }

  /** The place of a root, by the parts that were taken last. */
  #known(length: number): number {
    const roots = this.#roots;
    const index = this.#index;
    let entry = index.first(mixed(mixed(this.#left, this.#right), length));
    for (; entry !== -1; entry = index.next()) {
      const at = FIELDS * entry;
      if (roots[at] === this.#left && roots[at + 1] === this.#right && roots[at + 2] === length) return entry;
    }
    return -1;
  }

  #hashOf(entry: number): number {
    const at = FIELDS * entry;
    return mixed(mixed(this.#roots[at]!, this.#roots[at + 1]!), this.#roots[at + 2]!);
  }

  /** Takes a key to its two parts. */
  #take(key: string): void {
    const { length } = key;
    if (length <= 2) {
      this.#left = packed(key, 0, length);
      this.#right = 0;
      return;
    }
    const half = halfOf(length);
    this.#left = this.#part(key, 0, half);
    this.#right = this.#part(key, half, length - half);
  }

  #part(key: string, from: number, length: number): number {
    if (length <= 2) return packed(key, from, length);
    const half = halfOf(length);
    return this.#parts.enter(this.#part(key, from, half), this.#part(key, from + half, length - half));
  }

  #text(part: number, length: number): string {
    if (length <= 2) return unpacked(part, length);
    const half = halfOf(length);
    return this.#text(this.#parts.left(part), half) + this.#text(this.#parts.right(part), length - half);
  }
}

/** The length of the left part: even, so that two code units that stand side by side are not torn apart. */
const halfOf = (length: number): number => 2 * Math.ceil(length / 4);

const packed = (key: string, from: number, length: number): number => {
  if (length === 0) return 0;
  const low = key.charCodeAt(from);
  return length === 1 ? low : (low | (key.charCodeAt(from + 1) << 16)) >>> 0;
};

const unpacked = (part: number, length: number): string =>
  String.fromCharCode(part & 0xffff, part >>> 16).slice(0, length);
