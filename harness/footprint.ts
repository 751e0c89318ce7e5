import { initialKernelState } from "../models/index.ts";
import type { KernelState } from "../models/kernel.ts";

/**
 * What one transition of a task touches: which slices of the kernel's state, and which words of memory.
 *
 * A transition is one kernel call, or one step of a longer one, with the C that runs behind it up to the next.
 */
export interface Footprint {
  /** Slices that were read or replaced, by their places in `SLICES`. */
  touched: number;
  /** Slices that were replaced. */
  replaced: number;
  /** Words of eight bytes that were read, with those that were written. */
  readonly words: number[];
  /** For each of them whether it was written. */
  readonly areWritten: boolean[];
  /** For each of them the locks that kept others from doing what conflicts, as bits of one number. */
  readonly locks: number[];
  /** For each of them what kept others from freeing it, in the same way. */
  readonly guards: number[];
  /** The same for each slice. */
  readonly sliceLocks: Int32Array;
  /** What was freed, and the same for that. */
  readonly freed: { readonly at: number; readonly size: number; readonly locks: number }[];
}

/** The slices of the kernel's state, in the order of their bits. */
export const SLICES = Object.keys(initialKernelState) as readonly (keyof KernelState)[];

/** The bits of some slices. */
export const bitsOf = (...slices: readonly (keyof KernelState)[]): number =>
  slices.reduce((bits, slice) => bits | (1 << SLICES.indexOf(slice)), 0);

/** Notes the footprint of the transition that runs. */
export interface FootprintRecorder {
  readonly footprint: Footprint;
  /** Forgets what was noted; `state` is that in which the next transition begins. */
  reset(state: KernelState): void;
  /** Notes which slices have been replaced since; `state` is that in which the transition has ended. */
  close(state: KernelState): void;
  access(at: number, length: number, isWrite: boolean): void;
  frees(at: number, size: number): void;
  /** Asked for the locks that the running task holds, for writing only or in any mode: who reads is alone with writers only. */
  locksNow: (isWrite: boolean) => number;
  /** Asked for the devices in memory that is freed of which all that could keep it is gone for good, as locks that are held. */
  unkept: (at: number, size: number) => number;
  /** A slice, by its place in `SLICES`, is looked at. */
  looksAt(slice: number): void;
}

export const footprintRecorder = (): FootprintRecorder => {
  const sliceLocks = new Int32Array(SLICES.length);
  const sliceWriteLocks = new Int32Array(SLICES.length);
  const footprint: Footprint = {
    touched: 0,
    replaced: 0,
    words: [],
    areWritten: [],
    locks: [],
    guards: [],
    sliceLocks,
    freed: [],
  };
  let before: KernelState | undefined;
  const recorder: FootprintRecorder = {
    footprint,
    locksNow: () => 0,
    unkept: () => 0,
    reset: (state) => {
      before = state;
      footprint.touched = 0;
      footprint.replaced = 0;
      footprint.words.length = 0;
      footprint.areWritten.length = 0;
      footprint.locks.length = 0;
      footprint.guards.length = 0;
      footprint.freed.length = 0;
      sliceLocks.fill(-1);
      sliceWriteLocks.fill(-1);
    },
    close: (state) => {
      if (before === undefined) return;
      for (let index = 0; index < SLICES.length; index += 1) {
        const slice = SLICES[index]!;
        if (state[slice] === before[slice]) continue;
        footprint.replaced |= 1 << index;
        // Replaced without a look at it.
        sliceLocks[index] = (footprint.touched & (1 << index)) === 0 ? 0 : sliceWriteLocks[index]!;
      }
      footprint.touched |= footprint.replaced;
    },
    frees: (at, size) => {
      footprint.freed.push({ at, size, locks: recorder.locksNow(true) | recorder.unkept(at, size) });
    },
    access: (at, length, isWrite) => {
      const locks = recorder.locksNow(isWrite);
      const guards = recorder.locksNow(false);
      for (let word = at >>> 3; word <= (at + length - 1) >>> 3; word += 1) {
        footprint.words.push(word);
        footprint.areWritten.push(isWrite);
        footprint.locks.push(locks);
        footprint.guards.push(guards);
      }
    },
    looksAt: (slice) => {
      footprint.touched |= 1 << slice;
      sliceLocks[slice]! &= recorder.locksNow(false);
      sliceWriteLocks[slice]! &= recorder.locksNow(true);
    },
  };
  return recorder;
};
