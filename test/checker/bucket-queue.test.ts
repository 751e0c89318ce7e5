import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BucketQueue } from "../../checker/bucket-queue.ts";

const SEED = 20261122;

describe(`a queue by cost (seed ${SEED})`, () => {
  it("gives the cheapest first, and the first in among equals, as a sorted list does", () => {
    /** Items to push after each pop, each with what it costs more than the item popped. */
    const pushes = fc.array(fc.array(fc.nat({ max: 5 }), { maxLength: 2 }), { maxLength: 60 });
    fc.assert(
      fc.property(pushes, (rounds) => {
        const queue = new BucketQueue();
        const list: { cost: number; item: number }[] = [];
        let cost = 0;
        let item = 0;
        for (const round of rounds) {
          for (const more of round) {
            queue.push(cost + more, item);
            list.push({ cost: cost + more, item });
            item += 1;
          }
          list.sort((one, other) => one.cost - other.cost || one.item - other.item);
          const expected = list.shift();
          expect(queue.pop()).toBe(expected?.item ?? -1);
          if (expected === undefined) continue;
          cost = expected.cost;
          expect(queue.cost).toBe(cost);
        }
        for (const { item: expected } of list) expect(queue.pop()).toBe(expected);
        expect(queue.pop()).toBe(-1);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });
});
