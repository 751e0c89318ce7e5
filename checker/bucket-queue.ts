import type { Cost } from "./cost.ts";
import type { SavedBucket } from "./saved-search.ts";

interface Bucket {
  readonly items: number[];
  next: number;
}

/**
 * A queue of numbers by cost: the cheapest first, and first in, first out among equals.
 *
 * The costs of a search are few, because a state costs a step and some faults more than the one before it. So equal costs
 * share a bucket, and only the buckets are kept in order.
 */
export class BucketQueue {
  readonly #buckets = new Map<Cost, Bucket>();
  /** A binary heap of the costs that have a bucket. */
  readonly #costs: Cost[] = [];
  #pushCost: Cost = -1;
  #pushBucket: Bucket | undefined;
  #popBucket: Bucket | undefined;
  #popCost: Cost = -1;

  /** The cost of the item that was popped last. */
  get cost(): Cost {
    return this.#popCost;
  }

  push(cost: Cost, item: number): void {
    if (cost !== this.#pushCost) {
      let bucket = this.#buckets.get(cost);
      if (bucket === undefined) {
        bucket = { items: [], next: 0 };
        this.#buckets.set(cost, bucket);
        this.#rise(cost);
      }
      this.#pushBucket = bucket;
      this.#pushCost = cost;
    }
    this.#pushBucket!.items.push(item);
  }

  /** Takes out the cheapest item that came first; -1 when there is none. What is pushed later must not be cheaper. */
  pop(): number {
    for (;;) {
      const bucket = this.#popBucket;
      if (bucket !== undefined) {
        if (bucket.next < bucket.items.length) {
          const item = bucket.items[bucket.next]!;
          bucket.next += 1;
          return item;
        }
        this.#drop();
      }
      const cheapest = this.#costs[0];
      if (cheapest === undefined) return -1;
      this.#popBucket = this.#buckets.get(cheapest)!;
      this.#popCost = cheapest;
    }
  }

  /** What waits, the cheapest first; pushed again in this order it is the same queue. */
  save(): readonly SavedBucket[] {
    return [...this.#buckets]
      .map(([cost, { items, next }]) => ({ cost, items: items.slice(next) }))
      .sort((one, other) => one.cost - other.cost);
  }

  /** Forgets the cheapest bucket, which is used up. */
  #drop(): void {
    this.#buckets.delete(this.#popCost);
    if (this.#pushCost === this.#popCost) this.#pushCost = -1;
    this.#popBucket = undefined;
    this.#sink();
  }

  #rise(cost: Cost): void {
    const heap = this.#costs;
    let at = heap.length;
    heap.push(cost);
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (heap[above]! <= cost) break;
      heap[at] = heap[above]!;
      at = above;
    }
    heap[at] = cost;
  }

  #sink(): void {
    const heap = this.#costs;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && heap[below + 1]! < heap[below]!) below += 1;
      if (heap[below]! >= last) break;
      heap[at] = heap[below]!;
      at = below;
    }
    heap[at] = last;
  }
}
