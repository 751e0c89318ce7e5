import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ExactSet } from "../../checker/exact-set.ts";
import { HashedSet } from "../../checker/hashed-set.ts";
import { VISITED, visitedSet } from "../../checker/visited.ts";
import { weakHash } from "./weak-hash.ts";

const SEED = 20261122;

/** Keys that have much in common, of all lengths, and of any code units. */
const keys = fc.array(
  fc.oneof(
    fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 9 }),
    fc.string({ unit: fc.constantFrom("\0", "\u0001", "\uffff", "\ud800"), maxLength: 9 }),
    fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)), maxLength: 40 }),
  ),
  { maxLength: 60 },
);

describe.each(VISITED)("the %s set of states", (visited) => {
  it(`gives each key the number of its first arrival (seed ${SEED})`, () => {
    fc.assert(
      fc.property(keys, (arrivals) => {
        const set = visitedSet(visited);
        const known = new Map<string, number>();
        for (const key of arrivals) {
          expect(set.find(key)).toBe(known.get(key) ?? -1);
          if (!known.has(key)) known.set(key, known.size);
          expect(set.enter(key)).toBe(known.get(key));
          expect(set.size).toBe(known.size);
        }
        for (const [key, number] of known) expect(set.keyOf?.(number) ?? key).toBe(key);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it("goes on through every growth", () => {
    const set = visitedSet(visited);
    const keyOf = (number: number): string => `the key ${number * 7919} of one`;
    for (let number = 0; number < 20_000; number += 1) expect(set.enter(keyOf(number))).toBe(number);
    for (let number = 0; number < 20_000; number += 1) expect(set.find(keyOf(number))).toBe(number);
    expect(set.find(keyOf(20_000))).toBe(-1);
  });

  it(`is filled again in any order, and goes on (seed ${SEED})`, () => {
    const some = fc.uniqueArray(fc.string({ maxLength: 9 }), { minLength: 1, maxLength: 600 });
    fc.assert(
      fc.property(some, fc.nat(), (all, from) => {
        const set = visitedSet(visited);
        set.reserve(all.length);
        for (let at = 0; at < all.length; at += 1) {
          const number = (from + at) % all.length;
          expect(set.enterAt(number, all[number]!)).toBe(true);
        }
        expect(set.size).toBe(all.length);
        expect(all.map((key) => set.find(key))).toEqual([...all.keys()]);
        expect(set.enter("longer than any of those")).toBe(all.length);
        expect(set.hashed === undefined || set.hashed.chance < 1e-12).toBe(true);
      }),
      { seed: SEED, numRuns: 50 },
    );
  });
});

describe("the exact set", () => {
  it("refuses a key that it was filled with under another number", () => {
    const set = new ExactSet();
    set.reserve(2);
    expect(set.enterAt(1, "a key")).toBe(true);
    expect(set.enterAt(0, "a key")).toBe(false);
  });
});

describe("the hashed set", () => {
  it("says the odds that there were, by how many states it has and how long a hash is", () => {
    const set = new HashedSet();
    expect(set.hashed).toEqual({ bits: 64, chance: 0 });
    for (let number = 0; number < 999; number += 1) set.enter(String(number));

    expect(set.hashed.chance).toBeCloseTo((1000 * 999) / 2 / 2 ** 64, 25);
  });

  it("takes one state for another where hashes are short, and says that this is all but certain", () => {
    const set = new HashedSet(weakHash(8), 8);
    for (let number = 0; number < 1000; number += 1) set.enter(String(number));

    expect(set.size).toBeLessThanOrEqual(256);
    expect(set.hashed).toEqual({ bits: 8, chance: 1 });
  });

  it("says so where states that are different have become one when it was filled again", () => {
    const set = new HashedSet(weakHash(1), 60);
    set.reserve(3);
    for (const number of [2, 0, 1]) expect(set.enterAt(number, String(number))).toBe(true);

    expect(set.size).toBe(3);
    expect(set.hashed).toEqual({ bits: 60, chance: 1 });
  });
});
