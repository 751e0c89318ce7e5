import { type Address, address } from "../abi/address.ts";
import type { Memory } from "../abi/memory.ts";
import { isHeap, isOfTask } from "../abi/memory-map.ts";
import type { Chooser } from "../checker/chooser.ts";
import type { Driver, MemoryWatch } from "../driver/run/driver.ts";
import { format } from "../models/format.ts";
import type { Arguments, Kernel, KernelState, LockedKind, Misuse, Site } from "../models/kernel.ts";
import { type ShadowMemory, shadowMemory } from "../models/shadow-memory.ts";
import { checkedMemory, type OnFault } from "./checked-memory.ts";
import { type FootprintRecorder, SLICES } from "./footprint.ts";
import { heldByTask } from "./held-by-task.ts";
import type { LiveVariables } from "./live-variables.ts";
import { memoryGuard } from "./memory-guard.ts";
import type { ImageStore, TaskExtent } from "./memory-image.ts";
import type { RaceWatch } from "./races.ts";
import type { PausedTask } from "./state.ts";

/** The modelled kernel beside one driver instance: what kernel functions are given while a step runs. */
export interface RunningKernel extends Kernel {
  chooser: Chooser;
  site: Site;
  task: number;
  readonly whole: KernelState;
  /** A step begins in this state. */
  begin(state: KernelState): void;
  /** The claims of all tasks on the memory, the running one's up to date at each call of the kernel. */
  extents: readonly TaskExtent[];
  /** The tasks that are paused, the running one as it was when the step began. */
  paused: readonly PausedTask[];
  /** What was recorded since the step began. */
  misuses: Misuse[];
  /** Told of each error that a kernel call gives to the driver, as a negative errno. */
  failed: (error: number) => void;
  /** Told of each kernel call that could have failed and did not, and by which the driver undoes nothing. */
  wentOn: () => void;
  takes?: (lock: Address, kind: LockedKind) => void;
  looks?: (lock: Address) => void;
  /** How many addresses in these bytes a slice of the kernel's state holds. */
  held(slice: keyof KernelState, from: number, length: number, state?: KernelState): number;
  /** All addresses in the heap that a slice holds. */
  heldBy(slice: object): readonly number[];
}

/** Told of what a step looks at, or changes, of the state that it began in. */
export interface Watchful {
  /** A slice of the kernel's state, by its place in `SLICES`. */
  slice(slice: number): void;
  memory(at: number, length: number): void;
  /** Whether something is allocated at a place in the heap. */
  slot(at: number): void;
  /** Whether anything in the state holds an address in these bytes. */
  references(from: number, length: number): void;
}

const SLAB = SLICES.indexOf("slab");

const noChooser: Chooser = {
  choose: () => {
    throw new Error("a model asked a question outside of a step");
  },
};

/** Collects every address in the heap that a slice of the kernel's state holds; most slices stay the same from step to step. */
const numbersIn = (value: unknown, into: number[]): void => {
  if (typeof value === "number") {
    if (isHeap(value)) into.push(value);
  } else if (typeof value === "object" && value !== null) {
    for (const name in value) numbersIn((value as Readonly<Record<string, unknown>>)[name], into);
  }
};

/**
 * @param recorder - told of what is touched, by the driver and on its behalf, where that has to be known
 * @param accesses - told of what the driver's own C touches, likewise
 * @param live - told of what is read and written of allocated memory, by whomever; only beside a recorder
 * @param watchful - told of all that a step depends on
 */
export const runningKernel = (
  driver: Driver,
  images: ImageStore,
  initial: KernelState,
  recorder?: FootprintRecorder,
  accesses?: RaceWatch["memory"],
  live?: Pick<LiveVariables, "reads" | "writes">,
  watchful?: Watchful,
): RunningKernel => {
  const heldBySlice = new WeakMap<object, readonly number[]>();

  const numbersOf = (slice: object): readonly number[] => {
    let held = heldBySlice.get(slice);
    if (held === undefined) {
      const all: number[] = [];
      numbersIn(slice, all);
      held = all;
      heldBySlice.set(slice, held);
    }
    return held;
  };

  const { sites } = driver.facts;
  const unwatched = shadowMemory(driver.variables, (site) => {
    const place = sites[site];
    return place === undefined || place.file === "" ? "" : `${place.file.split("/").at(-1)}:${place.line}`;
  });
  const unrecorded: ShadowMemory = {
    ...unwatched,
    // Each step begins with this; another kernel may have run on the same driver since the last one.
    restore: (slab) => {
      driver.watchMemory(accesses === undefined ? watch : both(watch, accesses));
      unwatched.restore(slab);
    },
  };
  const note = (at: number, length: number, isWrite: boolean): void => {
    if (isOfTask(at, k.task)) return;
    recorder?.access(at, length, isWrite);
    watchful?.memory(at, length);
  };
  const shadow: ShadowMemory =
    recorder === undefined && watchful === undefined
      ? unrecorded
      : {
          ...unrecorded,
          mayAccess: (at, length, kind) => {
            note(at, length, kind === "write");
            if (kind === "write") live?.writes(at, length);
            else live?.reads(at, length);
            return unrecorded.mayAccess(at, length, kind);
          },
          handOut: (at, size, isWritten) => {
            live?.writes(at, (size + 3) & ~3);
            unrecorded.handOut(at, size, isWritten);
          },
          takeBack: (at, size) => {
            recorder?.frees(at, size);
            unrecorded.takeBack(at, size);
          },
        };
  const memory: Memory = {
    ...driver.memory,
    // The slab fills what it hands out and what it takes back, so every allocation passes here.
    fill: (at, length, byte) => {
      if (isHeap(at)) images.noteAllocation(at);
      driver.memory.fill(at, length, byte);
    },
  };
  const isOnePlace = (one: Site, other: Site): boolean =>
    one === other || (sites[one]!.file === sites[other]!.file && sites[one]!.line === sites[other]!.line);
  /** A model follows a pointer of the driver's to where it must not. */
  const onFault: OnFault = (at, length, kind) => {
    const { rule, object, what, isFatal } = shadow.faultOf(k.state.slab, at, length, kind);
    const name = sites[k.site]?.callee ?? "";
    const who = name === "" ? "the kernel" : `${name}()`;
    recordOnce(
      { rule, function: name, object, site: k.site, isFatal },
      () => `${who} ${kind === "write" ? "writes" : "reads"} ${length} byte${length === 1 ? "" : "s"} ${what}`,
    );
    return kind !== "write" || (images.isRestored(at) && images.isRestored(at + length - 1));
  };
  /** Records once in a step what happens many times there; behind what is fatal, nothing more in the same place. */
  const recordOnce = (misuse: Omit<Misuse, "kind" | "detail">, detail: () => string, isAnywhere = false): void => {
    const isKnown = k.misuses.some(
      ({ rule, object, site, isFatal }) =>
        (isFatal && misuse.isFatal && isOnePlace(site, misuse.site)) ||
        (rule === misuse.rule && object === misuse.object && (isAnywhere || site === misuse.site)),
    );
    if (!isKnown) k.misuses.push({ kind: "misuse", ...misuse, detail: detail() });
  };

  let whole = initial;
  const seen =
    recorder === undefined && watchful === undefined
      ? undefined
      : viewOf(
          () => whole,
          (slice) => {
            watchful?.slice(slice);
            recorder?.looksAt(slice);
          },
        );
  const k: RunningKernel = {
    get state() {
      return seen ?? whole;
    },
    set state(next) {
      if (watchful !== undefined) {
        for (let slice = 0; slice < SLICES.length; slice += 1) {
          // What is allocated and freed is told by itself.
          if (slice !== SLAB && next[SLICES[slice]!] !== whole[SLICES[slice]!]) watchful.slice(slice);
        }
      }
      whole = next;
    },
    get whole() {
      return whole;
    },
    begin: (state) => {
      whole = state;
    },
    memory: checkedMemory(memory, shadow, onFault),
    shadow,
    layout: driver.layout,
    chooser: noChooser,
    site: 0,
    task: 0,
    extents: [],
    paused: [],
    misuses: [],
    failed: () => {},
    wentOn: () => {},
    held: (slice, from, length, state = whole) => {
      let count = 0;
      for (const number of numbersOf(state[slice])) if (number >= from && number < from + length) count += 1;
      return count;
    },
    heldBy: numbersOf,
    ...(watchful && { looksAtSlot: watchful.slot, looksAtAllocation: (at: number) => watchful.memory(at, 1) }),
    isReferenced: (from, length) => {
      watchful?.references(from, length);
      if (images.isReferenced(from, length, k.whole.slab.live, k.extents)) return true;
      const end = from + length;
      if (k.paused.some((task) => heldByTask(task).some((at) => at >= from && at < end))) return true;
      for (const name in whole) {
        if (name === "slab") continue; // its live allocations were looked at above
        const numbers = numbersOf(whole[name as keyof KernelState]);
        for (let index = 0; index < numbers.length; index += 1) {
          if (numbers[index]! >= from && numbers[index]! < end) return true;
        }
      }
      return false;
    },
    report: ({ isFatal = false, site = k.site, ...misuse }) => {
      k.misuses.push({ kind: "misuse", site, isFatal, ...misuse });
    },
  };
  const watch = memoryGuard(driver, {
    shadow,
    slab: () => k.state.slab,
    task: () => k.task,
    isRestored: images.isRestored,
    report: recordOnce,
  });
  return k;
};

/** The state as it is, which tells of each slice that is looked at. */
const viewOf = (current: () => KernelState, looksAt: (slice: number) => void): KernelState => {
  const view = {};
  for (const [index, slice] of SLICES.entries()) {
    Object.defineProperty(view, slice, {
      enumerable: true,
      get: () => {
        looksAt(index);
        return current()[slice];
      },
    });
  }
  return view as KernelState;
};

/** Tells two of what a driver touches; the first may end it. */
const both = (first: MemoryWatch, second: RaceWatch["memory"]): MemoryWatch => ({
  ...first,
  access: (at, length, access) => first.access(at, length, access) && second.access(at, length, access),
  copy: (to, from, length, read) => first.copy(to, from, length, read) && second.copy(to, from, length, read),
});

const SLOT = 8;

/**
 * The arguments of a call, read from the slots that C left on its stack.
 *
 * @param followed - through which the texts behind pointers are read
 */
export const callArguments = (driver: Driver, followed: Memory = driver.memory): Arguments & { slots: Address } => {
  const { memory } = driver;
  const at = (index: number): Address => address(call.slots + (index + 1) * SLOT);
  const call: Arguments & { slots: Address } = {
    slots: address(0),
    i32: (index) => memory.i32(at(index)),
    u32: (index) => memory.u32(at(index)),
    u64: (index) => memory.u64(at(index)),
    bits: (index) => (BigInt(memory.u32(address(at(index) + 4))) << 32n) | BigInt(memory.u32(at(index))),
    address: (index) => memory.pointer(at(index)),
    string: (index) => followed.string(memory.pointer(at(index))),
    formatted: (index) => format(followed, followed.string(memory.pointer(at(index))), memory.pointer(at(index + 1))),
  };
  return call;
};
