import type { Hash } from "../../checker/hashed-set.ts";
import { Murmur } from "../../checker/murmur.ts";

/** A hash of which only so many bits are not zero, from 0 to 32. */
export const weakHash = (bits: number): Hash => {
  const murmur = new Murmur(1);
  const made = { low: 0, high: 0 };
  return Object.assign(made, {
    hash: (key: string): void => {
      murmur.hash(key);
      made.low = bits === 0 ? 0 : murmur.low >>> (32 - bits);
    },
  });
};
