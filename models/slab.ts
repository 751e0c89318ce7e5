import { type Address, address, NULL } from "../abi/address.ts";
import { classStart, POISON_FREE, POISON_INUSE, SIZE_CLASSES, SLOTS_PER_CLASS } from "../abi/memory-map.ts";
import { ALLOCATION, atomic, failure, type Kernel, type KernelFunctions, type Site, update } from "./kernel.ts";

/**
 * Models the slab allocator, and the strings that are allocated from it.
 *
 * Kept:    every allocation may fail; a freed object is poisoned, and its place is not handed out again while anything
 *          live still points into it, so a use after free stays visible; kfree(NULL) does nothing; freeing twice, or
 *          freeing what is no start of an allocation, is recorded; kmalloc() gives memory that holds garbage.
 * Dropped: GFP flags other than __GFP_ZERO; caches; the real sizes (up to the next power of two); allocations above
 *          4 KiB, which fail; the allocator's own locks.
 * Source:  mm/slub.c, mm/util.c (kstrdup), lib/kasprintf.c; failure as in mm/failslab.c.
 */
export interface SlabState {
  /** The live allocations, by address. */
  readonly live: readonly Allocation[];
}

/** One live allocation. */
export interface Allocation {
  readonly at: Address;
  /** Size that was asked for, in bytes. */
  readonly size: number;
  /** What it is, for a person: the function that allocated it. */
  readonly function: string;
  readonly site: Site;
}

/** What the driver did to the allocator that it must not do. */
export type SlabMisuse = "double-free" | "stray-free" | "use-after-free";

export const emptySlab: SlabState = { live: [] };

const GFP_ZERO = 0x100;

/** The live allocation that `at` lies in, if there is one. */
export const allocationOf = (state: SlabState, at: Address): Allocation | undefined =>
  state.live.find((allocation) => at >= allocation.at && at < allocation.at + Math.max(allocation.size, 1));

/** Hands out zeroed or garbage memory; NULL when the size class is used up. It cannot be made to fail: callers ask first. */
export const allocate = (k: Kernel, size: number, isZeroed: boolean, name: string, site: Site = k.site): Address => {
  const index = SIZE_CLASSES.findIndex((limit) => limit >= size);
  if (index === -1) return NULL;
  const slotSize = SIZE_CLASSES[index]!;
  const { live } = k.state.slab;
  for (let slot = 0; slot < SLOTS_PER_CLASS; slot += 1) {
    const at = address(classStart(index) + slot * slotSize * 2);
    if (live.some((allocation) => allocation.at === at) || k.isReferenced(at, slotSize)) continue;
    k.memory.fill(at, size, isZeroed ? 0 : POISON_INUSE);
    const allocation: Allocation = { at, size, function: name, site };
    const next = live.findIndex((other) => other.at > at);
    const place = next === -1 ? live.length : next;
    update(k, { slab: { live: [...live.slice(0, place), allocation, ...live.slice(place)] } });
    return at;
  }
  return NULL;
};

/** Takes an allocation back, or records why that is wrong. */
export const free = (k: Kernel, at: Address, name: string): void => {
  if (at === NULL) return;
  const allocation = k.state.slab.live.find((candidate) => candidate.at === at);
  if (allocation === undefined) {
    const isHeap = at >= classStart(0) && at < classStart(SIZE_CLASSES.length);
    k.report({
      rule: isHeap && allocationOf(k.state.slab, at) === undefined ? "double-free" : "stray-free",
      function: name,
      object: "the freed memory",
      detail: `${name}() was given memory that is not a live allocation`,
      isFatal: true,
    });
    return;
  }
  k.memory.fill(at, allocation.size, POISON_FREE);
  update(k, { slab: { live: k.state.slab.live.filter((other) => other !== allocation) } });
};

/** Allocates for the driver, asking whether it fails. */
export const kmalloc = (k: Kernel, name: string, size: number, isZeroed: boolean): Address =>
  failure(k, name, ALLOCATION) === 0 ? allocate(k, size, isZeroed, name) : NULL;

/** Allocates a copy of `text`, asking whether it fails. */
export const duplicate = (k: Kernel, name: string, text: string): Address => {
  const at = kmalloc(k, name, text.length + 1, false);
  if (at !== NULL) k.memory.setString(at, text);
  return at;
};

export const slabFunctions: KernelFunctions = {
  kmalloc: atomic((k, call) => kmalloc(k, "kmalloc", call.u64(0), (call.u32(1) & GFP_ZERO) !== 0)),
  kzalloc: atomic((k, call) => kmalloc(k, "kzalloc", call.u64(0), true)),
  kasprintf: atomic((k, call) => duplicate(k, "kasprintf", call.formatted(1))),
  kstrdup: atomic((k, call) => (call.address(0) === NULL ? NULL : duplicate(k, "kstrdup", call.string(0)))),
  kfree: atomic((k, call) => {
    free(k, call.address(0), "kfree");
    return 0;
  }),
};
