import { type Address, address, NULL } from "../abi/address.ts";
import { count } from "../abi/count.ts";
import { classStart, isHeap, POISON_FREE, POISON_INUSE, SIZE_CLASSES, SLOTS_PER_CLASS } from "../abi/memory-map.ts";
import {
  ALLOCATION,
  type Arguments,
  atomic,
  failure,
  type Kernel,
  type KernelFunction,
  type KernelFunctions,
  type KernelState,
  type Site,
  update,
} from "./kernel.ts";
import type { ByteRange, MemoryMisuse } from "./shadow-memory.ts";

/**
 * Models the slab allocator, and the strings that are allocated from it.
 *
 * Kept:    every allocation may fail; a freed object is poisoned, and its place is not handed out again while anything
 *          live still points into it, so a use after free stays visible, with who freed it; kfree(NULL) does nothing; freeing twice, or
 *          freeing what is no start of an allocation, or what the kernel frees itself, is recorded; kmalloc() gives
 *          memory that holds garbage; kmalloc(0) gives a pointer that may only be freed; krealloc() stays in place
 *          where the slot is large enough; the driver is a module, so kstrdup_const() copies its constants too.
 * Dropped: GFP flags other than __GFP_ZERO; caches; the real sizes (up to the next power of two); allocations above
 *          4 KiB, which fail; kvmalloc() falling back to vmalloc(); the allocator's own locks.
 * Source:  mm/slub.c, mm/slab_common.c (krealloc, kfree_sensitive), mm/util.c (kstrdup and its relatives, kvfree),
 *          lib/kasprintf.c; failure as in mm/failslab.c.
 */
export interface SlabState {
  /** The live allocations, by address. */
  readonly live: readonly Allocation[];
  /** What was freed and something still points at, by address. */
  readonly freed: readonly Freed[];
}

/** An allocation that was taken back. */
export interface Freed extends Pick<Allocation, "at" | "size" | "function" | "site"> {
  /** The function that took it back, and the call that led to it. */
  readonly freedBy: string;
  readonly freedAt: Site;
}

/** One live allocation. */
export interface Allocation {
  readonly at: Address;
  /** Size that was asked for, in bytes. */
  readonly size: number;
  /** What it is, for a person: the function that allocated it. */
  readonly function: string;
  readonly site: Site;
  readonly owner: Owner;
  /** The bytes that nobody has written yet, as they were when the last command paused or ended; absent where there are none. */
  readonly unwritten?: readonly ByteRange[];
}

/** Who is to free an allocation. */
export type Owner = "driver" | "kernel";

/** What the driver did to the allocator, or with what it gave, that it must not do. */
export type SlabMisuse = "double-free" | "stray-free" | "free-of-kernel-memory" | "free-of-held-lock" | MemoryMisuse;

export const emptySlab: SlabState = { live: [], freed: [] };

/** What kmalloc(0) gives: no memory, but no NULL (include/linux/slab.h). */
export const ZERO_SIZE_PTR: Address = address(16);

const GFP_ZERO = 0x100;

/** The live allocation that `at` lies in, if there is one. */
export const allocationOf = (state: Pick<SlabState, "live">, at: Address): Allocation | undefined => {
  for (const allocation of state.live) {
    if (allocation.at > at) return undefined;
    if (at < allocation.at + Math.max(allocation.size, 1)) return allocation;
  }
  return undefined;
};

/** The same of the kernel that runs, which is told that it is looked at. */
export const allocationAround = (
  k: Pick<Kernel, "state"> & Partial<Pick<Kernel, "whole" | "looksAtAllocation">>,
  at: Address,
): Allocation | undefined => {
  k.looksAtAllocation?.(at);
  return allocationOf((k.whole ?? k.state).slab, at);
};

/** What the driver has allocated and not yet given back. */
export const driverAllocations = (state: SlabState): readonly Allocation[] =>
  state.live.filter(({ owner }) => owner === "driver");

/** Whether an address lies in the heap, but in no live allocation. */
export const isFreed = (state: KernelState, at: Address): boolean =>
  isHeap(at) && allocationOf(state.slab, at) === undefined;

/** Records that the kernel is about to use memory that is not there; whether it may go on. */
export const isUsable = (k: Kernel, at: Address, length: number, name: string, object: string): boolean => {
  if (k.shadow.mayAccess(at, length, "touch")) return true;
  const { rule, what } = k.shadow.faultOf(k.state.slab, at, length, "touch");
  const detail = `${name}() uses ${object}: ${count(length, "byte")} ${what}`;
  k.report({ rule, function: name, object, detail, isFatal: true });
  return false;
};

/**
 * Hands out zeroed or garbage memory; NULL when the size class is used up, or for more than the largest one.
 *
 * It cannot be made to fail: callers ask first.
 *
 * @param owner - who is to free it; what site 0 asks for is the kernel's in any case
 */
export const allocate = (
  k: Kernel,
  size: number,
  isZeroed: boolean,
  name: string,
  owner: Owner,
  site: Site = k.site,
): Address => {
  const index = SIZE_CLASSES.findIndex((limit) => limit >= size);
  if (index === -1) return NULL;
  const slotSize = SIZE_CLASSES[index]!;
  const start = classStart(index);
  const { live, freed: freedBefore } = k.whole.slab;
  let next = live.findIndex((allocation) => allocation.at >= start);
  if (next === -1) next = live.length;
  for (let slot = 0; slot < SLOTS_PER_CLASS; slot += 1) {
    const at = address(start + slot * slotSize * 2);
    k.looksAtSlot?.(at);
    if (live[next]?.at === at) {
      next += 1;
    } else if (!k.isReferenced(at, slotSize)) {
      k.memory.fill(at, size, isZeroed ? 0 : POISON_INUSE);
      k.shadow.handOut(at, size, isZeroed);
      const allocation: Allocation = { at, size, function: name, site, owner: site === 0 ? "kernel" : owner };
      const freed = freedBefore.filter((other) => other.at !== at);
      update(k, { slab: { live: live.toSpliced(next, 0, allocation), freed } });
      return at;
    }
  }
  return NULL;
};

/** Size of the slot that an allocation of `size` bytes takes, without the gap behind it. */
export const slotSizeOf = (size: number): number => SIZE_CLASSES.find((limit) => limit >= size)!;

/** Says who is to free an allocation from now on. */
export const giveTo = (k: Kernel, at: Address, owner: Owner): void => {
  k.looksAtAllocation?.(at);
  const { slab } = k.whole;
  const live = slab.live.map((allocation) => (allocation.at === at ? { ...allocation, owner } : allocation));
  update(k, { slab: { ...slab, live } });
};

/** Takes an allocation back, whoever owns it, or records why that is wrong. */
export const free = (k: Kernel, at: Address, name: string): void => {
  if (at === NULL || at === ZERO_SIZE_PTR) return;
  k.looksAtAllocation?.(at);
  const { live, freed: freedBefore } = k.whole.slab;
  const place = live.findIndex((allocation) => allocation.at === at);
  if (place === -1) {
    const isInside = allocationAround(k, at) !== undefined;
    k.report({
      rule: (isHeap(at) && !isInside ? "double-free" : "stray-free") satisfies SlabMisuse,
      function: name,
      object: "the freed memory",
      detail: `${name}() was given ${isInside ? "a pointer into the middle of an allocation" : "memory that is not a live allocation"}`,
      isFatal: true,
    });
    return;
  }
  const { size, function: allocator, site } = live[place]!;
  k.memory.fill(at, slotSizeOf(size), POISON_FREE);
  k.shadow.takeBack(at, size);
  const record: Freed = { at, size, function: allocator, site, freedBy: name, freedAt: k.site };
  const freed = [...freedBefore, record].sort((one, other) => one.at - other.at);
  update(k, { slab: { live: live.toSpliced(place, 1), freed } });
};

/**
 * Writes down what the shadow memory has learned since the last command paused or ended, and forgets what was freed and nothing
 * points at any more.
 */
export const settleSlab = (k: Kernel): void => {
  const { live, freed } = k.whole.slab;
  const { partlyWritten } = k.shadow;
  const dangling = freed.filter(({ at, size }) => k.isReferenced(at, slotSizeOf(size)));
  const noted = partlyWritten.size === 0 ? live : live.map((allocation) => noteUnwritten(k, allocation));
  if (dangling.length === freed.length && noted.every((allocation, index) => allocation === live[index])) return;
  update(k, { slab: { live: noted, freed: dangling } });
};

const noteUnwritten = (k: Kernel, allocation: Allocation): Allocation => {
  if (!k.shadow.partlyWritten.has(allocation.at)) return allocation;
  const { unwritten: before = [], ...rest } = allocation;
  const unwritten = k.shadow.unwritten(allocation);
  if (JSON.stringify(unwritten) === JSON.stringify(before)) return allocation;
  return unwritten.length === 0 ? rest : { ...rest, unwritten };
};

/** Takes back what the driver frees: the kernel's own memory is not its to free, and no lock in it may be held. */
const freeForDriver = (k: Kernel, at: Address, name: string): void => {
  k.looksAtAllocation?.(at);
  const allocation = k.whole.slab.live.find((candidate) => candidate.at === at);
  if (allocation?.owner === "kernel") {
    k.report({
      rule: "free-of-kernel-memory" satisfies SlabMisuse,
      function: name,
      object: `what ${allocation.function}() allocated`,
      detail: `${name}() frees what the kernel frees itself: it will use it, and free it again`,
      isFatal: true,
    });
    return;
  }
  if (allocation !== undefined) {
    const end = at + allocation.size;
    const { held } = k.state.lock;
    if (held.some(({ lock }) => lock >= at && lock < end)) {
      k.report({
        rule: "free-of-held-lock" satisfies SlabMisuse,
        function: name,
        object: "a lock in the freed memory",
        detail: `${name}() frees a lock that a task holds; with lock debugging the kernel warns in debug_check_no_locks_freed()`,
      });
      update(k, { lock: { held: held.filter(({ lock }) => lock < at || lock >= end) } });
    }
  }
  free(k, at, name);
};

/** Allocates for the driver, asking whether it fails; what the model cannot give fails without a question. */
export const kmalloc = (k: Kernel, name: string, size: number, isZeroed: boolean, owner: Owner): Address => {
  if (size === 0) return ZERO_SIZE_PTR;
  if (size > SIZE_CLASSES.at(-1)! || failure(k, name, ALLOCATION) !== 0) return NULL;
  return allocate(k, size, isZeroed, name, owner);
};

/** Allocates a copy of `text`, asking whether it fails. */
export const duplicate = (k: Kernel, name: string, text: string, owner: Owner): Address => {
  const at = kmalloc(k, name, text.length + 1, false, owner);
  if (at !== NULL) k.memory.setString(at, text);
  return at;
};

/** Allocates a copy of `length` bytes, with a NUL behind them if asked, asking whether it fails. */
export const copyOf = (
  k: Kernel,
  name: string,
  from: Address,
  length: number,
  owner: Owner,
  isText = false,
): Address => {
  if (length > 0 && !isUsable(k, from, length, name, "the memory to copy")) return NULL;
  const at = kmalloc(k, name, isText ? length + 1 : length, false, owner);
  if (at === NULL || at === ZERO_SIZE_PTR) return at;
  k.memory.copy(at, from, length);
  if (isText) k.memory.setU8(address(at + length), 0);
  return at;
};

const resize = (k: Kernel, name: string, at: Address, size: number, isZeroed: boolean): Address => {
  if (size === 0) {
    freeForDriver(k, at, name);
    return ZERO_SIZE_PTR;
  }
  if (at === NULL || at === ZERO_SIZE_PTR) return kmalloc(k, name, size, isZeroed, "driver");
  k.looksAtAllocation?.(at);
  const { slab } = k.whole;
  const { live } = slab;
  const place = live.findIndex((allocation) => allocation.at === at);
  const old = live[place];
  if (old === undefined || old.owner === "kernel") {
    freeForDriver(k, at, name);
    return NULL;
  }
  const grown = size - old.size;
  if (size <= slotSizeOf(old.size)) {
    const tail = grown > 0 ? old.at + old.size : at + size;
    k.memory.fill(address(tail), Math.abs(grown), grown < 0 ? POISON_FREE : isZeroed ? 0 : POISON_INUSE);
    k.shadow.resize(at, old.size, size, isZeroed);
    update(k, { slab: { ...slab, live: live.with(place, { ...old, size }) } });
    return at;
  }
  const moved = kmalloc(k, name, size, isZeroed, "driver");
  if (moved === NULL) return NULL;
  k.memory.copy(moved, at, old.size);
  freeForDriver(k, at, name);
  return moved;
};

const isZeroing = (flags: number): boolean => (flags & GFP_ZERO) !== 0;

/** A function that allocates as many bytes as its first argument says. */
const allocator = (name: string, isZeroed: boolean): KernelFunction =>
  atomic({ sleeps: "by its flags", fails: "with NULL" }, (k, call) =>
    kmalloc(k, name, call.u64(0), isZeroed || isZeroing(call.u32(1)), "driver"),
  );

/** A function that allocates an array: elements, their size, flags. A product that overflows is too large by far. */
const arrayAllocator = (name: string, isZeroed: boolean): KernelFunction =>
  atomic({ sleeps: "by its flags", fails: "with NULL" }, (k, call) =>
    kmalloc(k, name, call.u64(0) * call.u64(1), isZeroed || isZeroing(call.u32(2)), "driver"),
  );

const freeing = (name: string): KernelFunction =>
  atomic({ sleeps: "never" }, (k, call) => {
    freeForDriver(k, call.address(0), name);
    return 0;
  });

const copyText = (k: Kernel, name: string, call: Arguments, limit?: number): Address => {
  const from = call.address(0);
  if (from === NULL || !isUsable(k, from, 1, name, "the text to copy")) return NULL;
  return duplicate(k, name, k.memory.string(from, limit), "driver");
};

export const slabFunctions: KernelFunctions = {
  kmalloc: allocator("kmalloc", false),
  kzalloc: allocator("kzalloc", true),
  kmalloc_node: allocator("kmalloc_node", false),
  kzalloc_node: allocator("kzalloc_node", true),
  kcalloc: arrayAllocator("kcalloc", true),
  kmalloc_array: arrayAllocator("kmalloc_array", false),
  kvmalloc: allocator("kvmalloc", false),
  kvzalloc: allocator("kvzalloc", true),
  kvcalloc: arrayAllocator("kvcalloc", true),
  kvmalloc_array: arrayAllocator("kvmalloc_array", false),
  krealloc: atomic({ sleeps: "by its flags", fails: "with NULL" }, (k, call) =>
    resize(k, "krealloc", call.address(0), call.u64(1), isZeroing(call.u32(2))),
  ),
  krealloc_array: atomic({ sleeps: "by its flags", fails: "with NULL" }, (k, call) =>
    resize(k, "krealloc_array", call.address(0), call.u64(1) * call.u64(2), isZeroing(call.u32(3))),
  ),
  kstrdup: atomic({ sleeps: "by its flags", fails: "with NULL" }, (k, call) => copyText(k, "kstrdup", call)),
  kstrdup_const: atomic({ sleeps: "by its flags", fails: "with NULL" }, (k, call) =>
    copyText(k, "kstrdup_const", call),
  ),
  kstrndup: atomic({ sleeps: "by its flags", fails: "with NULL" }, (k, call) =>
    copyText(k, "kstrndup", call, call.u64(1)),
  ),
  kmemdup: atomic({ sleeps: "by its flags", fails: "with NULL" }, (k, call) =>
    copyOf(k, "kmemdup", call.address(0), call.u64(1), "driver"),
  ),
  kmemdup_nul: atomic({ sleeps: "by its flags", fails: "with NULL" }, (k, call) =>
    copyOf(k, "kmemdup_nul", call.address(0), call.u64(1), "driver", true),
  ),
  kasprintf: atomic({ sleeps: "by its flags", fails: "with NULL" }, (k, call) =>
    duplicate(k, "kasprintf", call.formatted(1), "driver"),
  ),
  ksize: atomic({ sleeps: "never" }, (k, call) => {
    const at = call.address(0);
    if (at === NULL || at === ZERO_SIZE_PTR || !isUsable(k, at, 1, "ksize", "the measured memory")) return 0;
    return slotSizeOf(allocationAround(k, at)?.size ?? 0);
  }),
  kfree: freeing("kfree"),
  kvfree: freeing("kvfree"),
  kfree_sensitive: freeing("kfree_sensitive"),
  kfree_const: freeing("kfree_const"),
};
