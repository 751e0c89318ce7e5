import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { address } from "../../abi/address.ts";
import { classStart, HEAP_END, MEMORY_MAP, SIZE_CLASSES } from "../../abi/memory-map.ts";
import { emptyStack, framesOf } from "../../driver/run/driver.ts";
import { linearMemory } from "../../driver/run/linear-memory.ts";
import { imageStore, type TaskExtent } from "../../harness/memory-image.ts";
import type { Allocation } from "../../models/slab.ts";

const DATA_END = address(MEMORY_MAP.dataStart + 64);

const allocation = (sizeClass: number, slot: number, size: number): Allocation => ({
  at: address(classStart(sizeClass) + slot * SIZE_CLASSES[sizeClass]! * 2),
  size,
  function: "kmalloc",
  site: 1,
  owner: "driver",
});

/** A memory with a store of its images, and what a test does to it. */
const machine = () => {
  const memory = linearMemory(new ArrayBuffer(MEMORY_MAP.pages * 65536));
  const images = imageStore(memory, { writableStart: address(MEMORY_MAP.dataStart), dataEnd: DATA_END });
  return {
    memory,
    images,
    /** What a driver's memory holds, so that two of them can be compared. */
    whole: (): Buffer => Buffer.from(memory.bytes),
    allocate: (live: readonly Allocation[], byte: number): void => {
      for (const { at, size } of live) {
        images.noteAllocation(at);
        memory.fill(at, size, byte);
      }
    },
    /** A task that is suspended: something on its stack, and frames put aside. */
    suspend: (task: number, levels: number): TaskExtent => {
      const stack = address(emptyStack(task) - 48);
      memory.fill(stack, 48, 0x77);
      for (let level = 0; level < levels; level += 1) {
        const frames = framesOf(task, level);
        memory.setU32(frames, frames + 24);
        memory.setU32(address(frames + 4), frames + MEMORY_MAP.framesSize);
        memory.fill(address(frames + 8), 16, 0x30 + level);
      }
      return { task, stack, levels };
    },
  };
};

const some = [allocation(0, 0, 12), allocation(0, 2, 16), allocation(4, 1, 200)];

describe("an image of a driver's memory", () => {
  it("brings back data, allocations, and a suspended task with all its frames", () => {
    const { memory, images, whole, allocate, suspend } = machine();
    memory.fill(address(MEMORY_MAP.dataStart), 64, 0x11);
    allocate(some, 0x22);
    const tasks = [suspend(0, 2), suspend(1, 1)];
    const before = whole();
    const image = images.capture(some, tasks);

    memory.fill(address(0), 64, 0xff);
    memory.fill(address(MEMORY_MAP.dataStart), 64, 0xee);
    for (const { at, size } of some) memory.fill(at, size, 0xdd);
    memory.fill(address(emptyStack(0) - 4096), 4096, 0xcc);
    memory.fill(framesOf(1, 0), 400, 0xbb);
    images.restore(image);

    expect(whole().equals(before)).toBe(true);
    expect(images.capture(some, tasks)).toEqual(image);
  });

  it("is the same whatever was restored and captured in between (seed 20261122)", { tags: ["random"] }, () => {
    const slots = fc.uniqueArray(fc.tuple(fc.nat(8), fc.nat(3)), {
      selector: ([sizeClass, slot]) => `${sizeClass} ${slot}`,
      maxLength: 6,
    });
    const states = fc.array(fc.tuple(slots, fc.integer({ min: 1, max: 255 }), fc.nat(3)), {
      minLength: 2,
      maxLength: 6,
    });
    fc.assert(
      fc.property(states, (wanted) => {
        const { memory, images, whole, allocate, suspend } = machine();
        const fresh = images.capture([], []);
        const kept = wanted.map(([places, byte, levels]) => {
          images.restore(fresh);
          const live = places
            .map(([sizeClass, slot]) => allocation(sizeClass, slot, SIZE_CLASSES[sizeClass]! - (byte % 3)))
            .sort((one, other) => one.at - other.at);
          allocate(live, byte);
          memory.setU32(address(MEMORY_MAP.dataStart), byte);
          const tasks = levels === 0 ? [] : [suspend(levels % 2, levels)];
          return { live, tasks, image: images.capture(live, tasks), bytes: whole() };
        });
        for (const { live, tasks, image, bytes } of [...kept, ...kept.toReversed()]) {
          images.restore(image);
          expect(whole().equals(bytes)).toBe(true);
          const ids = images.capture(live, tasks).segments.map(({ id }) => id);
          expect(ids).toEqual(image.segments.map(({ id }) => id));
        }
      }),
      { seed: 20_261_122, numRuns: 40 },
    );
  });

  it("has one number for equal bytes at one place, and another for each difference", () => {
    const { memory, images, allocate } = machine();
    const idsOf = (live: readonly Allocation[]): readonly number[] =>
      images.capture(live, []).segments.map(({ id }) => id);
    allocate(some, 0x22);
    const first = idsOf(some);
    expect(idsOf(some)).toEqual(first);
    memory.setU8(some[1]!.at, 0x23);
    const second = idsOf(some);
    expect(second.map((id, index) => id === first[index])).toEqual([true, true, false, true]);
    memory.setU8(some[1]!.at, 0x22);
    expect(idsOf(some)).toEqual(first);
    expect(idsOf(some.slice(1))).toEqual([first[0], first[2], first[3]]);
  });
});

describe("what the next restore undoes", () => {
  it("is every byte that anybody has owned, and the NULL page, and nothing behind them", () => {
    const { memory, images } = machine();
    const image = images.capture([], []);
    const passing = allocation(3, 40, 100);
    const places = [8, MEMORY_MAP.dataStart + 8, emptyStack(0) - 8, passing.at, passing.at + 100];
    expect(images.isRestored(passing.at)).toBe(false);
    images.noteAllocation(passing.at);
    for (const place of places) {
      expect(images.isRestored(place), `${place}`).toBe(true);
      const before = memory.u8(address(place));
      memory.setU8(address(place), before + 1);
      images.restore(image);
      expect(memory.u8(address(place)), `${place}`).toBe(before);
    }
    const beyond = [DATA_END, emptyStack(3), passing.at + 2 * 128, HEAP_END];
    expect(beyond.map(images.isRestored)).toEqual([false, false, false, false]);
  });
});

describe("a pointer into a freed object", () => {
  it("is found in data, in allocations, on stacks and in frames, and nowhere else", () => {
    const { memory, images, allocate, suspend } = machine();
    allocate(some, 0);
    const tasks = [suspend(0, 1)];
    const freed = allocation(2, 1, 64);
    const isReferenced = (): boolean => images.isReferenced(freed.at, 64, some, tasks);
    const places = [MEMORY_MAP.dataStart + 8, some[2]!.at + 16, tasks[0]!.stack + 8, framesOf(0, 0) + 8];
    expect(isReferenced()).toBe(false);
    for (const place of places) {
      const before = memory.u32(address(place));
      for (const [target, expected] of [
        [freed.at, true],
        [freed.at + 63, true],
        [freed.at + 64, false],
        [freed.at - 1, false],
      ] as const) {
        memory.setU32(address(place), target);
        expect(isReferenced(), `${place}`).toBe(expected);
      }
      memory.setU32(address(place), before);
    }
    memory.setU32(freed.at, freed.at);
    expect(isReferenced(), "only itself").toBe(false);
  });
});
