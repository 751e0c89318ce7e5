import { type Address, address } from "../abi/address.ts";
import { HEAP_END, MEMORY_MAP } from "../abi/memory-map.ts";
import type { Chooser } from "../checker/chooser.ts";
import type { Driver } from "../driver/run/driver.ts";
import { format } from "../models/format.ts";
import type { Arguments, Kernel, KernelState, Misuse, Site } from "../models/kernel.ts";
import type { ImageStore, TaskExtent } from "./memory-image.ts";

/** The modelled kernel beside one driver instance: what kernel functions are given while a step runs. */
export interface RunningKernel extends Kernel {
  chooser: Chooser;
  site: Site;
  task: number;
  /** The claims of all tasks on the memory, the running one's up to date at each call of the kernel. */
  extents: readonly TaskExtent[];
  /** What was recorded since the step began. */
  misuses: Misuse[];
  /** Whether any of the driver's code has run since the step began. */
  hasRunDriver: boolean;
  /** Told of each error that a kernel call gives to the driver, as a negative errno. */
  failed: (error: number) => void;
  /** Told of each kernel call that could have failed and did not. */
  succeeded: () => void;
}

const noChooser: Chooser = {
  choose: () => {
    throw new Error("a model asked a question outside of a step");
  },
};

/** Collects every number that a slice of the kernel's state holds; most slices stay the same from step to step. */
const numbersIn = (value: unknown, into: Set<number>): void => {
  if (typeof value === "number") into.add(value);
  else if (typeof value === "object" && value !== null) for (const part of Object.values(value)) numbersIn(part, into);
};

export const runningKernel = (driver: Driver, images: ImageStore, initial: KernelState): RunningKernel => {
  const heldBySlice = new WeakMap<object, readonly number[]>();

  const numbersOf = (slice: object): readonly number[] => {
    let held = heldBySlice.get(slice);
    if (held === undefined) {
      const all = new Set<number>();
      numbersIn(slice, all);
      held = [...all];
      heldBySlice.set(slice, held);
    }
    return held;
  };

  const k: RunningKernel = {
    state: initial,
    memory: {
      ...driver.memory,
      // The slab fills what it hands out and what it takes back, so every allocation passes here.
      fill: (at, length, byte) => {
        if (at >= MEMORY_MAP.heapStart && at < HEAP_END) images.noteAllocation(at);
        driver.memory.fill(at, length, byte);
      },
    },
    layout: driver.layout,
    chooser: noChooser,
    site: 0,
    task: 0,
    extents: [],
    misuses: [],
    hasRunDriver: false,
    failed: () => {},
    succeeded: () => {},
    isReferenced: (from, length) => {
      if (images.isReferenced(from, length, k.state.slab.live, k.extents)) return true;
      const end = from + length;
      const { slab: _, ...others } = k.state; // its live allocations were looked at above
      for (const slice of Object.values(others) as object[]) {
        for (const number of numbersOf(slice)) if (number >= from && number < end) return true;
      }
      return false;
    },
    report: ({ isFatal = false, site = k.site, ...misuse }) => {
      k.misuses.push({ kind: "misuse", site, isFatal, ...misuse });
    },
  };
  return k;
};

const SLOT = 8;

/** The arguments of a call, read from the slots that C left on its stack. */
export const callArguments = (driver: Driver): Arguments & { slots: Address } => {
  const { memory } = driver;
  const at = (index: number): Address => address(call.slots + (index + 1) * SLOT);
  const call: Arguments & { slots: Address } = {
    slots: address(0),
    i32: (index) => memory.i32(at(index)),
    u32: (index) => memory.u32(at(index)),
    u64: (index) => memory.u64(at(index)),
    address: (index) => memory.pointer(at(index)),
    string: (index) => memory.string(memory.pointer(at(index))),
    formatted: (index) => format(memory, memory.string(memory.pointer(at(index))), memory.pointer(at(index + 1))),
  };
  return call;
};
