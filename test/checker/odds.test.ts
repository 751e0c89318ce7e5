import { describe, expect, it } from "vitest";
import { chanceOfLoss, oddsText, together } from "../../checker/odds.ts";

describe("the odds that hashing lost a state", () => {
  it("are those of a pair with one hash among the states and the first that was lost", () => {
    expect(chanceOfLoss(0, 4)).toBe(0);
    expect(chanceOfLoss(1, 4)).toBe(1 / 16);
    expect(chanceOfLoss(3, 4)).toBe(6 / 16);
    expect(chanceOfLoss(1e6, 64)).toBeCloseTo(2.7e-8, 9);
  });

  it("are never more than certain", () => {
    expect(chanceOfLoss(1000, 4)).toBe(1);
  });

  /** Draws hashes until one has come before; gives how many were different. */
  const drawn = (random: () => number, hashes: number): number => {
    const met = new Set<number>();
    for (;;) {
      const hash = Math.floor(random() * hashes);
      if (met.has(hash)) return met.size;
      met.add(hash);
    }
  };

  it("are no less than what comes of hashes that are drawn (seed 20261122)", () => {
    let state = 20261122;
    const random = (): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    };
    const runs = 20_000;
    const states = 10;
    let lost = 0;
    for (let run = 0; run < runs; run += 1) if (drawn(random, 2 ** 10) <= states) lost += 1;

    // The bound is 5.4 %, and a union of events that hardly ever come together is nearly met.
    expect(lost / runs).toBeLessThan(chanceOfLoss(states, 10) + 0.005);
    expect(lost / runs).toBeGreaterThan(chanceOfLoss(states, 10) - 0.01);
  });

  it("add up over searches that share no state", () => {
    const one = { bits: 64, chance: 0.25 };
    expect(together([undefined, undefined])).toBeUndefined();
    expect(together([one, undefined, one])).toEqual({ bits: 64, chance: 0.5 });
    expect(together([one, one, one, one, one])).toEqual({ bits: 64, chance: 1 });
  });

  it("are told in two digits, never as less likely than they are", () => {
    const told = [1, 0.6, 1 / 7, 1 / 199, 1 / 1999, 5.3e-11, 2e-16, 1e-18, 0].map(oddsText);
    expect(told).toEqual([
      ...["1 in 1", "1 in 1", "1 in 7", "1 in 190", "1 in 1,900", "1 in 18,000,000,000"],
      ...["1 in 1,000,000,000,000,000", "1 in 1,000,000,000,000,000", "1 in 1,000,000,000,000,000"],
    ]);
  });
});
