import { isHeap, isOfTask } from "../abi/memory-map.ts";
import { SLICES } from "./footprint.ts";
import { heldByTask } from "./held-by-task.ts";
import { isIn, type Segment, segmentAround } from "./memory-image.ts";
import type { SysramState } from "./state.ts";
import type { Part, Sight } from "./step-cache.ts";

/**
 * A state as the parts that a step may look at.
 *
 * Slices of the kernel go by their places; segments of memory, with what is known of their allocation, by their addresses; and
 * whether anything is allocated at a place, by a number of its own.
 */
export interface StateSight extends Sight {
  /** The segment that holds an address; undefined where none does. */
  segmentAround(at: number): Segment | undefined;
  segmentAt(at: number): Segment | undefined;
  /** The segments of a task: its stack, and what is put aside of it. */
  segmentsOf(task: number): readonly Segment[];
  /** One number for what all steps of the state look at in any case. */
  readonly surroundings: number;
}

/** What is asked of slices. */
export interface SliceNumbers {
  idOf(slice: object): number;
  /** The addresses in the heap that it holds. */
  heldBy(slice: object): readonly number[];
  /** One number for what stays the same in an initial configuration, what was freed, and the monitors. */
  surroundingsOf(state: SysramState): number;
}

const MEMORY_SLICE = SLICES.indexOf("slab");

/** The words of a segment that may be addresses in the heap. */
const pointersIn = new WeakMap<Segment, readonly number[]>();

const pointersOf = (segment: Segment): readonly number[] => {
  let found = pointersIn.get(segment);
  if (found === undefined) {
    found = [...segment.words].filter(isHeap);
    pointersIn.set(segment, found);
  }
  return found;
};

/** More segments than there are. */
const SEGMENTS = 2 ** 26;

export const sightOf = (state: SysramState, slices: SliceNumbers): StateSight => {
  const {
    kernel,
    image: { segments },
  } = state;
  const ids = SLICES.map((slice) => slices.idOf(kernel[slice]));
  const byAddress = new Map<number, Segment>();
  for (const segment of segments) byAddress.set(segment.at, segment);
  /** What is allocated, in its order, lies behind the driver's variables. */
  const valueOfSegment = (at: number): number => {
    const segment = byAddress.get(at);
    if (segment === undefined) return -1;
    const allocation = kernel.slab.live[segments.indexOf(segment) - 1];
    return allocation?.at === at ? segment.id + SEGMENTS * (1 + slices.idOf(allocation)) : segment.id;
  };
  let last: Segment | undefined;
  const isReferredTo = (pointers: readonly number[], from: number, length: number): boolean => {
    for (let index = 0; index < pointers.length; index += 1) {
      if (pointers[index]! >= from && pointers[index]! < from + length) return true;
    }
    return false;
  };

  return {
    valueOf: (part) => {
      if (part < SLICES.length) return ids[part]!;
      return Number.isInteger(part) ? valueOfSegment(part) : byAddress.has(Math.floor(part)) ? 1 : 0;
    },
    refersTo: (from, length, known) => {
      for (const segment of segments) {
        if (isReferredTo(pointersOf(segment), from, length) && !known.includes(segment.at)) return true;
      }
      for (const task of state.tasks) {
        if (isReferredTo(heldByTask(task), from, length) && !known.includes(partOfTask(task.id))) return true;
      }
      for (let slice = 0; slice < SLICES.length; slice += 1) {
        if (slice === MEMORY_SLICE) continue; // its live allocations are segments
        const held = slices.heldBy(kernel[SLICES[slice]!]);
        if (isReferredTo(held, from, length) && !known.includes(slice)) return true;
      }
      return false;
    },
    segmentAround: (at) => {
      if (last === undefined || !isIn(last, at)) last = segmentAround(state.image, at);
      return last;
    },
    segmentAt: (at) => byAddress.get(at),
    surroundings: slices.surroundingsOf(state),
    segmentsOf: (task) => segments.filter(({ at }) => isOfTask(at, task)),
  };
};

/** A paused task. */
export const partOfTask = (task: number): Part => -1 - task;

/** Whether anything is allocated at an address. */
export const partOfSlot = (at: number): Part => at + 0.5;
