import { type Address, address, NULL } from "../../abi/address.ts";
import type { CallbackShape } from "../../abi/callback-shape.ts";
import type { Layout, Memory } from "../../abi/memory.ts";
import { HEAP_END, MEMORY_MAP, TASK_AREA } from "../../abi/memory-map.ts";
import type { CallSite, DriverFacts, DriverImage, Variable } from "../compile/image.ts";
import { functionExport, shapeExport } from "../compile/stubs.ts";
import { linearMemory, readWord, writeWord } from "./linear-memory.ts";

/**
 * A driver that can be run, suspended at each call of the kernel, and resumed; one that was built for it also before each
 * load and store of memory that more than its own stack leads to.
 *
 * All that a suspended task has lies in the linear memory: its C stack, and the frames that asyncify puts aside. What
 * is not in the memory is small and plain: an `Activation`. So a copy of the memory and the activations is the whole
 * state of the driver, and there is one instance for any number of states.
 *
 * The kernel may call back into the driver while a task is suspended in a call; then a second activation runs on the
 * same C stack, below the first.
 */
export interface Driver {
  readonly facts: DriverFacts;
  /** Set where nothing more can be asked of it while it does one thing: a life cycle's states say where one command stands. */
  readonly takesOneCommand?: true;
  readonly memory: Memory & { readonly bytes: Uint8Array };
  readonly layout: Layout;
  /** The first address of data that may change: constants lie before it. */
  readonly writableStart: Address;
  /** The first address behind the driver's own data. */
  readonly dataEnd: Address;
  /** Where a variable of the kernel's lies that the driver refers to; undefined where it refers to none. */
  kernelData(name: string): Address | undefined;
  /** The function of the subject's that a function pointer points to; undefined for any other. */
  functionAt(pointer: Address): CallSite | undefined;
  /** How often each basic block has run since the driver was loaded. */
  readonly blockHits: Float64Array;
  /** Where the variables of the driver and of the kernel lie. */
  readonly variables: readonly PlacedVariable[];
  /** Has each load and store of the driver's C told to `watch`, before it happens. There is one watch at a time. */
  watchMemory(watch: MemoryWatch): void;
  /** The head of the chain of frames of the C that runs. */
  frameNow(): Address;
  /** The C stack pointer of the C that runs: below it lie the variables of functions that have returned. */
  stackNow(): Address;

  /** Begins an activation: a function of the driver by name. */
  call(place: Place, name: string, values: readonly number[]): Exit;
  /** Begins an activation: a function of the driver by its address. */
  callPointer(place: Place, shape: CallbackShape, target: Address, values: readonly number[]): Exit;
  /**
   * Goes on with an activation: one that is suspended in a call of the kernel, which returns `result`; or before an access, which
   * is then made, and gives nothing.
   */
  resume(activation: Activation, result: number): Exit;

  /** The call sites that are open, innermost first, from the head of a chain of frames. */
  backtrace(frame: Address): readonly number[];
}

/**
 * Told of what the driver's C does to memory, before it does. A watch that returns false ends the driver there and then, as
 * a processor would at an address that it cannot reach.
 */
export interface MemoryWatch {
  /** Access number `access` (see DriverFacts.accesses) of `length` bytes at `at`. */
  access(at: number, length: number, access: number): boolean;
  /** A copy: access number `read` at `from`, and the next one, the write, at `to`. */
  copy(to: number, from: number, length: number, read: number): boolean;
  /** A value was read from a field of an enumerated type (see DriverFacts.enumLoads). */
  enumLoad(value: number, load: number): void;
}

/** A variable or constant, where the linker has put it. */
export interface PlacedVariable extends Variable {
  readonly at: Address;
  /** Bytes. */
  readonly size: number;
}

/** Where an activation finds room: its task, its depth in that task, and what the activations above left. */
export interface Place {
  readonly task: number;
  readonly level: number;
  readonly stack: Address;
  readonly frame: Address;
}

/** A load or store that C is suspended before. */
export interface PendingAccess {
  /** Its number (see DriverFacts.accesses); of a copy, that of the read. */
  readonly access: number;
  readonly at: number;
  /** Bytes. */
  readonly length: number;
  /** Where a copy goes. */
  readonly to?: number;
}

/** C that is suspended in a call of the kernel, or before an access. */
export interface Activation {
  readonly entry: string;
  readonly task: number;
  readonly level: number;
  /** The C stack pointer. */
  readonly stack: Address;
  /** Head of the chain of frames that backtraces are read from. */
  readonly frame: Address;
  /** The slots of the entry: its arguments, and its result in slot 0. */
  readonly slots: Address;
  /** The kernel function that it called, by its number in the image; -1 before an access. */
  readonly function: number;
  /** The slots of that call. */
  readonly arguments: Address;
  /** What it is suspended before, where it has not called. */
  readonly access?: PendingAccess;
}

/** Why C stopped running. */
export type Exit =
  | { readonly kind: "called"; readonly activation: Activation }
  | { readonly kind: "touches"; readonly activation: Activation & { readonly access: PendingAccess } }
  | { readonly kind: "returned"; readonly result: number }
  | { readonly kind: "crashed"; readonly crash: Crash };

/** The end of a driver that did what no processor or kernel survives. */
export interface Crash {
  readonly kind: "trap" | "endless loop" | "stack overflow";
  readonly detail: string;
  /** The basic block that ran last. */
  readonly block: number;
  readonly frame: Address;
}

/** How many basic blocks may run between two calls of the kernel before the loop counts as endless. */
export const BLOCK_LIMIT = 200_000;

/** The stack may not come closer to its end than this, in bytes. */
const STACK_RESERVE = 512;
const SLOT = 8;
const FRAMES_HEADER = 8;
/** Size of a row in the table of variables: address and size. */
const ROW = 16;

const stackStart = (task: number): number => MEMORY_MAP.tasksStart + task * TASK_AREA;

/** The stack of a task that runs no C: where the first activation begins. */
export const emptyStack = (task: number): Address => address(stackStart(task) + MEMORY_MAP.stackSize);

/** Where the suspended frames of one activation lie. */
export const framesOf = (task: number, level: number): Address =>
  address(stackStart(task) + MEMORY_MAP.stackSize + level * MEMORY_MAP.framesSize);

/** The end of the frames that are in use, behind their header. */
export const framesEnd = (memory: Memory, frames: Address): Address => memory.pointer(frames);

class LimitReached extends Error {
  readonly kind: Crash["kind"];
  constructor(kind: Crash["kind"], detail: string) {
    super(detail);
    this.kind = kind;
  }
}

type Exported = (...values: number[]) => number;

/** Links a built driver to nothing but the few imports of the modelled kernel. */
export const loadDriver = (image: DriverImage): Driver => {
  let pendingFunction = -1;
  let pendingArguments = address(0);
  let pendingAccess: PendingAccess | undefined;
  let isRewinding = false;
  let blocksLeft = BLOCK_LIMIT;
  let lastBlock = 0;
  let stackLimit = 0;
  let frames = address(0);
  const blockHits = new Float64Array(image.blocks.length);
  const lengths = Uint32Array.from(image.accesses, ({ size }) => size);
  let watch: MemoryWatch = { access: () => true, copy: () => true, enumLoad: () => {} };
  const end = (): never => {
    throw new LimitReached("trap", "it reaches for memory that is not there");
  };

  const note = (at: number, length: number, access: number): void => {
    if (!watch.access(at, length, access)) end();
  };
  const noteCopy = (to: number, from: number, length: number, read: number): void => {
    if (!watch.copy(to, from, length, read)) end();
  };

  /** Whether more than the stack of the task leads to an address, and it is no constant. */
  const isShared = (at: number): boolean =>
    (at >= MEMORY_MAP.heapStart && at < HEAP_END) || (at >= writableStart && at < dataEnd);
  /** Suspends C before an access; or lets it make the one that it was suspended before. */
  const interrupted = (access: PendingAccess): void => {
    let now = access;
    if (isRewinding) {
      isRewinding = false;
      stopRewind();
      now = pendingAccess!;
      pendingAccess = undefined;
    } else if (isShared(access.at) || (access.to !== undefined && isShared(access.to))) {
      pendingAccess = access;
      startUnwind(frames);
      return;
    }
    if (now.to === undefined) note(now.at, now.length, now.access);
    else noteCopy(now.to, now.at, now.length, now.access);
  };

  const accessImports = image.suspendsAtAccesses
    ? {
        access: (at: number, access: number): void => interrupted({ access, at: at >>> 0, length: lengths[access]! }),
        access_range: (at: number, length: number, access: number): void =>
          interrupted({ access, at: at >>> 0, length: length >>> 0 }),
        access_copy: (to: number, from: number, length: number, read: number): void =>
          interrupted({ access: read, at: from >>> 0, length: length >>> 0, to: to >>> 0 }),
      }
    : {
        access: (at: number, access: number): void => note(at >>> 0, lengths[access]!, access),
        access_range: (at: number, length: number, access: number): void => note(at >>> 0, length >>> 0, access),
        access_copy: (to: number, from: number, length: number, read: number): void =>
          noteCopy(to >>> 0, from >>> 0, length >>> 0, read),
      };

  const imports = {
    ...accessImports,
    kernel_call: (number: number, slots: number): void => {
      if (isRewinding) {
        isRewinding = false;
        stopRewind();
        return;
      }
      pendingFunction = number;
      pendingArguments = address(slots >>> 0);
      startUnwind(frames);
    },
    block_enter: (block: number): void => {
      lastBlock = block;
      blockHits[block]! += 1;
      blocksLeft -= 1;
      if (blocksLeft < 0) throw new LimitReached("endless loop", `no kernel call in ${BLOCK_LIMIT} basic blocks`);
    },
    enum_load: (value: number, load: number): void => watch.enumLoad(value, load),
    frame_enter: (at: number): void => {
      if (at < stackLimit) throw new LimitReached("stack overflow", "the kernel's stack is used up");
    },
  };
  const instance = new WebAssembly.Instance(new WebAssembly.Module(image.wasm as BufferSource), { env: imports });
  const exported = (name: string): Exported => instance.exports[name] as Exported;
  const startUnwind = exported("asyncify_start_unwind");
  const stopUnwind = exported("asyncify_stop_unwind");
  const startRewind = exported("asyncify_start_rewind");
  const stopRewind = exported("asyncify_stop_rewind");
  const stackSet = exported("stack_set");
  const stackGet = exported("stack_get");
  const memory = linearMemory((instance.exports["memory"] as WebAssembly.Memory).buffer);
  const symbol = (name: string): Address | undefined => {
    const global = instance.exports[name];
    return global instanceof WebAssembly.Global ? address(Number(global.value)) : undefined;
  };
  const frameHead = symbol("sv_frame")!;
  const table = symbol("sv_functions")!;
  const functionsByPointer = new Map(
    image.functionPointers.map((place, index) => [memory.pointer(address(table + index * SLOT)), place]),
  );

  const placed = (name: string, variables: readonly Variable[]): PlacedVariable[] => {
    const rows = symbol(name)!;
    return variables.map((variable, index) => {
      const row = rows + index * ROW;
      return { ...variable, at: memory.pointer(address(row)), size: memory.u32(address(row + SLOT)) };
    });
  };
  const variables = [
    ...placed("sv_variables", image.variables),
    ...placed("sv_kernel_variables", image.kernelVariables),
  ];

  const writableStart = address(
    Math.min(frameHead, ...variables.filter(({ isConstant }) => !isConstant).map(({ at }) => at)) & ~15,
  );
  const dataEnd = symbol("__data_end")!;

  const frameNow = (): Address => memory.pointer(frameHead);

  const run = (entry: string, task: number, level: number, slots: Address): Exit => {
    const exit = runOn(entry, task, level, slots);
    // Where no C runs, the head of the chain means nothing; left as it was, it would tell equal states from each other.
    memory.setU32(frameHead, NULL);
    return exit;
  };

  const runOn = (entry: string, task: number, level: number, slots: Address): Exit => {
    pendingFunction = -1;
    blocksLeft = BLOCK_LIMIT;
    stackLimit = stackStart(task) + STACK_RESERVE;
    frames = framesOf(task, level);
    try {
      exported(entry)(slots);
    } catch (error) {
      if (isRewinding) {
        isRewinding = false;
        stopRewind();
      }
      pendingAccess = undefined;
      return { kind: "crashed", crash: crashOf(error, lastBlock, frameNow()) };
    }
    if (pendingFunction === -1 && pendingAccess === undefined) {
      return { kind: "returned", result: readWord(memory, slots) };
    }
    try {
      stopUnwind();
    } catch {
      // It has ended, and then finds that the frames took more room than they have.
      const detail = "too many nested calls to put aside in a call of the kernel";
      return { kind: "crashed", crash: { kind: "stack overflow", detail, block: lastBlock, frame: frameNow() } };
    }
    const activation = { entry, task, level, stack: address(stackGet() >>> 0), frame: frameNow(), slots };
    if (pendingAccess !== undefined) {
      const access = pendingAccess;
      pendingAccess = undefined;
      return { kind: "touches", activation: { ...activation, function: -1, arguments: NULL, access } };
    }
    return { kind: "called", activation: { ...activation, function: pendingFunction, arguments: pendingArguments } };
  };

  const begin = (place: Place, entry: string, values: readonly number[]): Exit => {
    if (place.level >= MEMORY_MAP.activations) {
      const detail = `kernel and driver call one another more than ${MEMORY_MAP.activations} deep`;
      return { kind: "crashed", crash: { kind: "stack overflow", detail, block: lastBlock, frame: place.frame } };
    }
    const slots = address((place.stack - (values.length + 1) * SLOT) & ~15);
    memory.setU64(slots, 0);
    for (const [index, value] of values.entries()) writeWord(memory, address(slots + (index + 1) * SLOT), value);
    stackSet(slots);
    memory.setU32(frameHead, place.frame);
    setFrames(place.task, place.level);
    return run(entry, place.task, place.level, slots);
  };

  /** Nobody looks at variable arguments again, and what is left of them on the stack would tell equal states apart. */
  const forgetVariable = ({ function: called, arguments: slots, frame }: Activation): void => {
    const { variable = 0 } = image.sites[memory.u32(address(frame + 4))] ?? {};
    if (variable === 0) return;
    // They count as one parameter, and slot 0 is the result's.
    const behind = image.kernelFunctions[called]!.parameters.length;
    memory.fill(memory.pointer(address(slots + behind * SLOT)), variable, 0);
  };

  const setFrames = (task: number, level: number): void => {
    const at = framesOf(task, level);
    memory.setU32(at, at + FRAMES_HEADER);
    memory.setU32(address(at + 4), at + MEMORY_MAP.framesSize);
  };

  return {
    facts: image,
    memory,
    layout: {
      offset: (structure, field) => image.structures[structure]?.fields[field]?.offset,
      size: (structure) => image.structures[structure]?.size,
    },
    writableStart,
    dataEnd,
    kernelData: symbol,
    functionAt: (pointer) => functionsByPointer.get(pointer),
    blockHits,
    variables,
    watchMemory: (next) => {
      watch = next;
    },
    frameNow,
    stackNow: () => address(stackGet() >>> 0),
    call: (place, name, values) => begin(place, functionExport(name), values),
    callPointer: (place, shape, target, values) => begin(place, shapeExport(shape), [target, ...values]),
    resume: (activation, result) => {
      if (activation.access === undefined) {
        writeWord(memory, activation.arguments, result);
        forgetVariable(activation);
      }
      pendingAccess = activation.access;
      stackSet(activation.stack);
      memory.setU32(frameHead, activation.frame);
      isRewinding = true;
      startRewind(framesOf(activation.task, activation.level));
      return run(activation.entry, activation.task, activation.level, activation.slots);
    },
    backtrace: (frame) => {
      const sites: number[] = [];
      for (let at = frame; at !== 0 && sites.length < 64; at = memory.pointer(at)) {
        sites.push(memory.u32(address(at + 4)));
      }
      return sites;
    },
  };
};

const crashOf = (error: unknown, block: number, frame: Address): Crash => {
  if (error instanceof LimitReached) return { kind: error.kind, detail: error.message, block, frame };
  if (error instanceof WebAssembly.RuntimeError) return { kind: "trap", detail: error.message, block, frame };
  if (error instanceof RangeError) return { kind: "stack overflow", detail: "too many nested calls", block, frame };
  throw error;
};
