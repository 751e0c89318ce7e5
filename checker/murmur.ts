/**
 * MurmurHash3_x86_128 of the UTF-16 code units of a text, of which the first 64 bits are kept.
 *
 * Every bit of the text moves every bit of the hash with a chance of one half, and the seed chooses one of 2^32 such
 * functions. It is no protection against somebody who looks for collisions; states are not looked for.
 *
 * Source: A. Appleby, SMHasher, MurmurHash3.cpp (public domain). A text is hashed as its UTF-16LE bytes.
 */
export class Murmur {
  readonly #seed: number;
  /** The first 32 bits of the last hash. */
  low = 0;
  /** The 32 bits behind them. */
  high = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Hashes a text; the result stands in `low` and `high`, so that nothing is allocated. */
  hash(text: string): void {
    const { length } = text;
    let [one, two, three, four] = [this.#seed, this.#seed, this.#seed, this.#seed];
    const whole = length - (length % UNITS);
    for (let at = 0; at < whole; at += UNITS) {
      one = Math.imul(rotated(one ^ first(wordAt(text, at)), 19) + two, 5) + 0x561ccd1b;
      two = Math.imul(rotated(two ^ second(wordAt(text, at + 2)), 17) + three, 5) + 0x0bcaa747;
      three = Math.imul(rotated(three ^ third(wordAt(text, at + 4)), 15) + four, 5) + 0x96cd1c35;
      four = Math.imul(rotated(four ^ fourth(wordAt(text, at + 6)), 13) + one, 5) + 0x32ac3b17;
    }
    const rest = length - whole;
    if (rest > 6) four ^= fourth(tailAt(text, whole + 6));
    if (rest > 4) three ^= third(tailAt(text, whole + 4));
    if (rest > 2) two ^= second(tailAt(text, whole + 2));
    if (rest > 0) one ^= first(tailAt(text, whole));

    const bytes = 2 * length;
    one ^= bytes;
    two ^= bytes;
    three ^= bytes;
    four ^= bytes;
    one = (one + two + three + four) | 0;
    two = finished((two + one) | 0);
    three = finished((three + one) | 0);
    four = finished((four + one) | 0);
    one = finished(one);
    one = (one + two + three + four) | 0;
    this.low = one >>> 0;
    this.high = (two + one) >>> 0;
  }
}

/** Code units in one block of 16 bytes. */
const UNITS = 8;

const C1 = 0x239b961b;
const C2 = 0xab0e9789;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93;

const rotated = (word: number, by: number): number => (word << by) | (word >>> (32 - by));

const first = (word: number): number => Math.imul(rotated(Math.imul(word, C1), 15), C2);
const second = (word: number): number => Math.imul(rotated(Math.imul(word, C2), 16), C3);
const third = (word: number): number => Math.imul(rotated(Math.imul(word, C3), 17), C4);
const fourth = (word: number): number => Math.imul(rotated(Math.imul(word, C4), 18), C1);

const wordAt = (text: string, at: number): number => text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16);

/** A word of which the second half may be missing; 0 stands for it. */
const tailAt = (text: string, at: number): number =>
  text.charCodeAt(at) | ((at + 1 < text.length ? text.charCodeAt(at + 1) : 0) << 16);

const finished = (word: number): number => {
  let hash = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
};
