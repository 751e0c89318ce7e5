/**
 * Random numbers that a seed decides, the same on every machine: sfc32, seeded by splitmix32.
 *
 * Source: C. Doty-Humphrey, PractRand (sfc32); G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number
 * generators", OOPSLA 2014 (splitmix, here in 32 bits).
 */
export interface Random {
  /** A whole number from 0 up to but not including `count`. */
  below(count: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
}

/** @param seed - any whole number; its lowest 32 bits count */
export const randomFrom = (seed: number): Random => {
  let mixed = seed | 0;
  const mix = (): number => {
    mixed = (mixed + 0x9e3779b9) | 0;
    let word = mixed ^ (mixed >>> 16);
    word = Math.imul(word, 0x21f0aaad);
    word ^= word >>> 15;
    word = Math.imul(word, 0x735a2d97);
    return (word ^ (word >>> 15)) | 0;
  };
  let [a, b, c, counter] = [mix(), mix(), mix(), 1];

  /** A fraction from 0 up to but not including 1, in 32 bits. */
  const fraction = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  // The first numbers still show the seed.
  for (let round = 0; round < 12; round += 1) fraction();

  return {
    below: (count) => Math.floor(fraction() * count),
    chance: (probability) => fraction() < probability,
  };
};
