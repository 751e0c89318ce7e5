import { type Address, address } from "../abi/address.ts";
import type { Memory } from "../abi/memory.ts";
import { classStart, MEMORY_MAP, POISON_FREE, SIZE_CLASSES, SLOTS_PER_CLASS, TASK_AREA } from "../abi/memory-map.ts";
import { emptyStack, framesEnd, framesOf } from "../driver/run/driver.ts";
import type { Allocation } from "../models/slab.ts";

/**
 * Keeps the linear memory of a driver as plain data, and brings it back.
 *
 * An image is a list of segments: the driver's own variables, each live allocation, and of each suspended task its stack
 * and the frames put aside. All other memory holds what it holds in a fresh instance, so it is in no image. Segments
 * are interned: equal bytes at one place are one object with one number, so that an image is a short list of numbers
 * to the key, a step that changes one object stores one object, and two images compare by their numbers.
 */
export interface MemoryImage {
  readonly segments: readonly Segment[];
}

/** A run of 32-bit words at one address. */
export interface Segment {
  readonly id: number;
  readonly at: Address;
  readonly words: Uint32Array;
}

/** The segment at an address; undefined where none begins there. */
export const segmentAt = ({ segments }: MemoryImage, at: number): Segment | undefined => {
  for (let index = 0; index < segments.length; index += 1) if (segments[index]!.at === at) return segments[index];
  return undefined;
};

/** Whether an address lies in a segment. */
export const isIn = ({ at, words }: Segment, address: number): boolean =>
  address >= at && address < at + words.length * 4;

/** The segment that holds an address; undefined where none does. */
export const segmentAround = ({ segments }: MemoryImage, at: number): Segment | undefined =>
  segments.find((segment) => isIn(segment, at));

/** A suspended task's claim on the memory. */
export interface TaskExtent {
  readonly task: number;
  /** The lowest C stack pointer of the task. */
  readonly stack: Address;
  /** How many activations have frames put aside. */
  readonly levels: number;
}

/** Captures and restores the memory of one driver instance. */
export interface ImageStore {
  capture(live: readonly Allocation[], tasks: readonly TaskExtent[]): MemoryImage;
  restore(image: MemoryImage): void;
  /** Must be told of every allocation when it is made: one that is freed in the same step is in no image. */
  noteAllocation(at: Address): void;
  /** Whether the next restore undoes what is written there, whoever owns it. */
  isRestored(at: number): boolean;
  /** Whether a word of the driver's data, of a live allocation or of a task's stack points into these bytes. */
  isReferenced(from: Address, length: number, live: readonly Allocation[], tasks: readonly TaskExtent[]): boolean;
}

const SLOT_END = SIZE_CLASSES.map((size, index) => classStart(index) + size * 2 * SLOTS_PER_CLASS);

/** How much of each size class is looked at and restored in any case, in bytes. */
const ALWAYS_WATCHED = 1024;

/** How many whole words hold `length` bytes; what follows an object up to the next word is poison. */
const wordsIn = (length: number): number => (length + 3) >> 2;

const hash = (words: Uint32Array, at: number, end: number): number => {
  let value = at | 0;
  for (let index = at; index < end; index += 1) value = Math.imul(value ^ words[index]!, 0x01000193) ^ (value >>> 15);
  return value;
};

const isEqual = (memory: Uint32Array, at: number, words: Uint32Array): boolean => {
  for (let index = 0; index < words.length; index += 1) if (memory[at + index] !== words[index]) return false;
  return true;
};

/** @param data - the range of the driver's variables; constants are not in it */
export const imageStore = (
  memory: Memory & { readonly bytes: Uint8Array },
  data: { readonly writableStart: Address; readonly dataEnd: Address },
): ImageStore => {
  const { writableStart, dataEnd } = data;
  const { bytes } = memory;
  const words = new Uint32Array(bytes.buffer);
  const interned = new Map<number, Segment[]>();
  let segmentCount = 0;
  /** The segments of the last restored image by address: most of them are found unchanged by the next capture. */
  let recent = new Map<number, Segment>();
  /**
   * The end of the heap that has been used so far, in each size class.
   *
   * The beginning of each class counts as used from the start, so that what is seen of a stray write there does not
   * depend on what other runs have allocated.
   */
  const used = SIZE_CLASSES.map((size, index) => classStart(index) + Math.max(ALWAYS_WATCHED, size * 2));

  bytes.fill(POISON_FREE, classStart(0), SLOT_END.at(-1)!);

  const segment = (at: Address, length: number): Segment => {
    const start = at >> 2;
    const count = wordsIn(length);
    const known = recent.get(at);
    if (known !== undefined && known.words.length === count && isEqual(words, start, known.words)) return known;
    const key = hash(words, start, start + count);
    let bucket = interned.get(key);
    if (bucket === undefined) {
      bucket = [];
      interned.set(key, bucket);
    }
    for (const candidate of bucket) {
      if (candidate.at === at && candidate.words.length === count && isEqual(words, start, candidate.words)) {
        return candidate;
      }
    }
    const fresh: Segment = { id: segmentCount, at, words: words.slice(start, start + count) };
    segmentCount += 1;
    bucket.push(fresh);
    return fresh;
  };

  const noteAllocation = (at: Address): void => {
    let index = 0;
    while (at >= SLOT_END[index]!) index += 1;
    const end = at + SIZE_CLASSES[index]! * 2;
    if (end > used[index]!) used[index] = end;
  };

  const extents = (tasks: readonly TaskExtent[], visit: (from: number, to: number) => boolean): boolean => {
    for (const { task, stack, levels } of tasks) {
      if (visit(stack, emptyStack(task))) return true;
      for (let level = 0; level < levels; level += 1) {
        const frames = framesOf(task, level);
        if (visit(frames, framesEnd(memory, frames))) return true;
      }
    }
    return false;
  };

  /** How many task areas may hold anything but zeros. */
  let tasksUsed = 1;
  return {
    noteAllocation,
    capture: (live, tasks) => {
      for (const { task } of tasks) tasksUsed = Math.max(tasksUsed, task + 2);
      const segments = [segment(writableStart, dataEnd - writableStart)];
      for (const { at, size } of live) segments.push(segment(at, size));
      extents(tasks, (from, to) => {
        if (to > from) segments.push(segment(address(from), to - from));
        return false;
      });
      return { segments };
    },

    restore: (image) => {
      bytes.fill(0, 0, MEMORY_MAP.dataStart);
      bytes.fill(0, MEMORY_MAP.tasksStart, MEMORY_MAP.tasksStart + TASK_AREA * tasksUsed);
      for (let index = 0; index < SIZE_CLASSES.length; index += 1) {
        bytes.fill(POISON_FREE, classStart(index), used[index]!);
      }
      recent = new Map();
      for (const part of image.segments) {
        words.set(part.words, part.at >> 2);
        recent.set(part.at, part);
      }
    },

    isRestored: (at) => {
      if (at < MEMORY_MAP.dataStart || (at >= writableStart && at < dataEnd)) return true;
      if (at < classStart(0)) return at >= MEMORY_MAP.tasksStart && at < MEMORY_MAP.tasksStart + TASK_AREA * tasksUsed;
      return used.some((end, index) => at >= classStart(index) && at < end);
    },

    isReferenced: (from, length, live, tasks) => {
      const end = from + length;
      const scan = (start: number, stop: number): boolean => {
        for (let at = (start + 3) >> 2; at < stop >> 2; at += 1) {
          const word = words[at]!;
          if (word >= from && word < end) return true;
        }
        return false;
      };
      if (scan(writableStart, dataEnd)) return true;
      for (const { at, size } of live) if (scan(at, at + size)) return true;
      return extents(tasks, scan);
    },
  };
};
