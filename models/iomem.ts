import { type Address, address, NULL, type PhysicalAddress } from "../abi/address.ts";
import { ERRNO } from "../abi/errno.ts";
import { MEMORY_MAP, POISON_FREE } from "../abi/memory-map.ts";
import {
  atomic,
  callback,
  type ErrnoAnswer,
  failure,
  type Kernel,
  type KernelFunctions,
  type KernelState,
  type Procedure,
  procedure,
  type Site,
  SUCCEEDS,
  step,
  update,
} from "./kernel.ts";
import { allocate, allocationAround, free, isUsable } from "./slab.ts";

/**
 * Models the tree of iomem resources.
 *
 * Kept:    a request nests in resources that are not busy, fails on a busy one and on one that it only overlaps, and
 *          fails alike when its node cannot be allocated; names are pointers, never copied; remove_resource() moves
 *          the children up, release_resource() takes them along; a release must match a busy resource exactly, one by
 *          memory hot-remove may cut a piece off; /proc/iomem reads every name through its pointer.
 * Dropped: IORESOURCE_MUXED, whose requests wait; the resource lock, under which each function is one step;
 *          allocate_resource() and the devm_ variants; I/O ports; a subtree that release_resource() took along comes
 *          back no more; a driver that changes `start`, `end` or the links of a resource in the tree by hand changes
 *          its place in no list; a name on a C stack passes for constant data.
 * Source:  kernel/resource.c.
 */
export interface IomemState {
  /** Address of the C variable `iomem_resource`. */
  readonly root: Address;
  /** The resources in the tree below the root, by address. */
  readonly resources: readonly TreeResource[];
}

/** A `struct resource` in the tree; its range, flags and name lie in linear memory, where the driver may write. */
export interface TreeResource {
  readonly at: Address;
  readonly parent: Address;
  readonly owner: ResourceOwner;
  /** The call that put it there. */
  readonly site: Site;
}

export type ResourceOwner = "driver" | "memory hotplug" | "cxl region" | "another owner";

/** What the driver did to the resource tree that it must not do. */
export type IomemMisuse =
  | "resource-not-in-tree"
  | "resource-inserted-twice"
  | "resource-use-after-free"
  | "resource-name-use-after-free"
  | "release-nonexistent-region";

export const emptyIomem: IomemState = { root: NULL, resources: [] };

/** Bits of `struct resource.flags` (include/linux/ioport.h). */
export const IORESOURCE = {
  MEM: 0x200,
  TYPE_BITS: 0x1f00,
  SYSRAM: 0x0100_0000,
  EXT_TYPE_BITS: 0x0100_0000,
  SYSTEM_RAM: 0x0100_0200,
  SYSRAM_DRIVER_MANAGED: 0x0200_0000,
  BUSY: 0x8000_0000,
} as const;

/** How deep r_show() indents. */
const MAX_IORES_LEVEL = 8;

/** What a query needs to see of the kernel: resources lie partly in linear memory. */
export type KernelView = Pick<Kernel, "state" | "memory" | "layout">;

const field = (k: KernelView, at: Address, name: string): Address => address(at + k.layout.offset("resource", name)!);

const isRoot = (k: KernelView, at: Address): boolean => at === k.state.iomem.root;

/** The first byte of a resource. */
export const startOf = (k: KernelView, at: Address): PhysicalAddress =>
  isRoot(k, at) ? 0 : k.memory.u64(field(k, at, "start"));

/** The last byte of a resource: the range includes it. */
export const endOf = (k: KernelView, at: Address): PhysicalAddress =>
  isRoot(k, at) ? Number.POSITIVE_INFINITY : k.memory.u64(field(k, at, "end"));

/** The flags of a resource, all of which lie in the lower half. */
export const flagsOf = (k: KernelView, at: Address): number =>
  isRoot(k, at) ? IORESOURCE.MEM : k.memory.u32(field(k, at, "flags"));

export const isBusy = (k: KernelView, at: Address): boolean => (flagsOf(k, at) & IORESOURCE.BUSY) !== 0;

const nameAt = (k: KernelView, at: Address): Address => k.memory.pointer(field(k, at, "name"));

/** The text that a resource's name pointer points to now. */
export const nameOf = (k: KernelView, at: Address): string => {
  const name = nameAt(k, at);
  return name === NULL ? "<BAD>" : k.memory.string(name, 64);
};

/** Whether an address lies in memory that somebody owns: a live allocation, or the driver's own data. */
const isLive = (k: Parameters<typeof allocationAround>[0], at: Address): boolean =>
  at < MEMORY_MAP.heapStart ? at >= MEMORY_MAP.dataStart : allocationAround(k, at) !== undefined;

/** Whether the name pointer of a resource points to live memory; no name at all is as good. */
export const hasLiveName = (k: KernelView, at: Address): boolean => {
  const name = nameAt(k, at);
  return name === NULL || isLive(k, name);
};

/** The resource in the tree at this address, if it is in the tree. */
export const treeResource = (state: KernelState, at: Address): TreeResource | undefined =>
  state.iomem.resources.find((resource) => resource.at === at);

/** The resources in the tree that belong to `owner`. */
export const resourcesOf = (state: KernelState, owner: ResourceOwner): readonly TreeResource[] =>
  state.iomem.resources.filter((resource) => resource.owner === owner);

const overlaps = (k: KernelView, at: Address, start: PhysicalAddress, end: PhysicalAddress): boolean =>
  startOf(k, at) <= end && endOf(k, at) >= start;

/** The live resources in the tree that share a byte with the range, by address. */
export const resourcesIn = (k: KernelView, start: PhysicalAddress, size: number): readonly TreeResource[] =>
  k.state.iomem.resources.filter(({ at }) => isLive(k, at) && overlaps(k, at, start, start + size - 1));

const inOrder = (k: KernelView, resources: TreeResource[]): readonly TreeResource[] =>
  resources.length < 2 ? resources : resources.sort((a, b) => startOf(k, a.at) - startOf(k, b.at));

/** The live resources directly below `parent`, in the order of their ranges. */
export const liveChildrenOf = (k: KernelView, parent: Address): readonly TreeResource[] =>
  inOrder(
    k,
    k.state.iomem.resources.filter((resource) => resource.parent === parent && isLive(k, resource.at)),
  );

/** The same for a function that walks them: it oopses on one whose memory was freed. */
const childrenOf = (k: Kernel, parent: Address, caller: string): readonly TreeResource[] => {
  const children: TreeResource[] = [];
  for (const resource of k.state.iomem.resources) {
    if (resource.parent !== parent) continue;
    if (isLive(k, resource.at)) children.push(resource);
    else
      reportFreed(
        k,
        caller,
        "a resource was freed while it is in the tree: the kernel follows its links",
        resource.site,
      );
  }
  return inOrder(k, children);
};

const reportFreed = (k: Kernel, caller: string, detail: string, site: Site): void => {
  const rule: IomemMisuse = "resource-use-after-free";
  k.report({ rule, function: caller, object: "the resource", detail, site, isFatal: true });
};

/** Writes the links below `parent` into memory, as the tree now is. */
const link = (k: Kernel, parent: Address): void => {
  const children = liveChildrenOf(k, parent);
  if (parent !== NULL) k.memory.setPointer(field(k, parent, "child"), children[0]?.at ?? NULL);
  for (let index = 0; index < children.length; index += 1) {
    const { at } = children[index]!;
    k.memory.setPointer(field(k, at, "parent"), parent);
    k.memory.setPointer(field(k, at, "sibling"), children[index + 1]?.at ?? NULL);
  }
};

const setResources = (k: Kernel, resources: readonly TreeResource[]): void =>
  update(k, { iomem: { ...k.state.iomem, resources } });

const putIn = (k: Kernel, resource: TreeResource): void => {
  setResources(
    k,
    [...k.state.iomem.resources, resource].sort((a, b) => a.at - b.at),
  );
  link(k, resource.parent);
};

/** Takes a resource out with all that lies below it. */
const takeOutSubtree = (k: Kernel, top: TreeResource): void => {
  const gone = new Set<Address>([top.at]);
  let rest = k.state.iomem.resources.filter((resource) => resource !== top);
  for (let before = -1; before !== gone.size; ) {
    before = gone.size;
    for (const { at, parent } of rest) if (gone.has(parent)) gone.add(at);
  }
  rest = rest.filter(({ at }) => !gone.has(at));
  setResources(k, rest);
  link(k, top.parent);
};

/** Takes a resource out and moves its children up into its place. */
const takeOut = (k: Kernel, resource: TreeResource): void => {
  const { at, parent } = resource;
  const rest = k.state.iomem.resources.filter((other) => other !== resource);
  setResources(
    k,
    rest.map((other) => (other.parent === at ? { ...other, parent } : other)),
  );
  link(k, parent);
};

/** What is in the way of a range below `parent`: `parent` itself where the range leaves it (`__request_resource`). */
const conflictBelow = (
  k: Kernel,
  parent: Address,
  start: PhysicalAddress,
  end: PhysicalAddress,
  caller: string,
): Address | undefined => {
  if (end < start || start < startOf(k, parent) || end > endOf(k, parent)) return parent;
  return childrenOf(k, parent, caller).find(({ at }) => overlaps(k, at, start, end))?.at;
};

/** The innermost resource that holds the range and is not busy; undefined where a request for it fails. */
const placeFor = (
  k: Kernel,
  from: Address,
  start: PhysicalAddress,
  end: PhysicalAddress,
  caller: string,
): Address | undefined => {
  for (let parent = from; ; ) {
    const conflict = conflictBelow(k, parent, start, end, caller);
    if (conflict === undefined) return parent;
    if (conflict === parent || isBusy(k, conflict)) return undefined;
    parent = conflict;
  }
};

const fillIn = (
  k: Kernel,
  at: Address,
  parent: Address,
  range: { readonly start: PhysicalAddress; readonly end: PhysicalAddress },
  name: Address,
  flags: number,
): void => {
  const inherited = flagsOf(k, parent) & (IORESOURCE.TYPE_BITS | IORESOURCE.EXT_TYPE_BITS);
  k.memory.setU64(field(k, at, "start"), range.start);
  k.memory.setU64(field(k, at, "end"), range.end);
  k.memory.setPointer(field(k, at, "name"), name);
  k.memory.setU64(field(k, at, "flags"), (inherited | flags) >>> 0);
  if (!isRoot(k, parent)) k.memory.setU64(field(k, at, "desc"), k.memory.u32(field(k, parent, "desc")));
};

const sizeOfResource = (k: KernelView): number => k.layout.size("resource")!;

const NODE_ALLOCATION: readonly [ErrnoAnswer, ...ErrnoAnswer[]] = [
  SUCCEEDS,
  { label: "NULL (-ENOMEM)", errno: ERRNO.ENOMEM, fault: "small allocation" },
];

const requestRegion = (
  k: Kernel,
  parent: Address,
  start: PhysicalAddress,
  size: number,
  name: Address,
  flags: number,
): Address => {
  const caller = "__request_region";
  const end = start + size - 1;
  const place = placeFor(k, parent, start, end, caller);
  if (place === undefined || failure(k, caller, NODE_ALLOCATION) !== 0) return NULL;
  const at = allocate(k, sizeOfResource(k), true, caller, "driver");
  if (at === NULL) return NULL;
  fillIn(k, at, place, { start, end }, name, flags | IORESOURCE.BUSY);
  putIn(k, { at, parent: place, owner: "driver", site: k.site });
  return at;
};

/** A resource that the kernel or another driver puts into the tree, without the driver's doing. */
export interface KernelResource {
  readonly start: PhysicalAddress;
  readonly size: number;
  /** Text that the kernel keeps with the resource, or the address of text that somebody else keeps. */
  readonly name: string | Address;
  /** Bits of IORESOURCE beside those that it takes over from its parent; BUSY only where it is set here. */
  readonly flags: number;
  readonly owner: ResourceOwner;
  readonly site: Site;
  /** The function that does so, as reports name it. */
  readonly function: string;
}

/** Whether insertKernelResource() finds a place for the range. */
export const isPlaceFree = (k: Kernel, start: PhysicalAddress, size: number, caller: string): boolean =>
  placeFor(k, k.state.iomem.root, start, start + size - 1, caller) !== undefined;

/**
 * Puts a resource of the kernel's own into the tree, as __request_region() places it; NULL where it cannot.
 *
 * Its allocation cannot be made to fail: callers ask first. Its memory belongs to site 0, since the driver is not to
 * free it.
 */
export const insertKernelResource = (k: Kernel, resource: KernelResource): Address => {
  const { start, size, name, flags, owner, site, function: caller } = resource;
  const end = start + size - 1;
  const parent = placeFor(k, k.state.iomem.root, start, end, caller);
  if (parent === undefined) return NULL;
  const nodeSize = sizeOfResource(k);
  const at = allocate(k, nodeSize + (typeof name === "string" ? name.length + 1 : 0), true, caller, "kernel", 0);
  if (at === NULL) return NULL;
  const nameAddress = typeof name === "string" ? address(at + nodeSize) : name;
  if (typeof name === "string") k.memory.setString(nameAddress, name);
  fillIn(k, at, parent, { start, end }, nameAddress, flags);
  putIn(k, { at, parent, owner, site });
  return at;
};

/** Removes what insertKernelResource() gave, moves its children up, and frees it. */
export const removeKernelResource = (k: Kernel, at: Address, caller: string): void => {
  const resource = treeResource(k.state, at);
  if (resource === undefined) return;
  takeOut(k, resource);
  free(k, at, caller);
};

/** Frees a resource's node; one that was not allocated is left alone, as free_resource() does. */
const freeNode = (k: Kernel, at: Address, caller: string): void => {
  if (at >= MEMORY_MAP.heapStart) free(k, at, caller);
};

/**
 * The busy resource that a release of the range would take, or undefined.
 *
 * It looks down through resources that hold the range and are not busy, and never back up.
 */
const busyHolder = (
  k: Kernel,
  from: Address,
  start: PhysicalAddress,
  end: PhysicalAddress,
  caller: string,
): TreeResource | undefined => {
  for (let parent = from; ; ) {
    const holder = childrenOf(k, parent, caller).find(({ at }) => startOf(k, at) <= start && endOf(k, at) >= end);
    if (holder === undefined || isBusy(k, holder.at)) return holder;
    parent = holder.at;
  }
};

const releaseRegion = (k: Kernel, parent: Address, start: PhysicalAddress, size: number): void => {
  const caller = "__release_region";
  const end = start + size - 1;
  const holder = busyHolder(k, parent, start, end, caller);
  if (holder === undefined || startOf(k, holder.at) !== start || endOf(k, holder.at) !== end) {
    k.report({
      rule: "release-nonexistent-region" satisfies IomemMisuse,
      function: caller,
      object: "the resource",
      detail: 'no busy resource has exactly this range; the kernel prints "Trying to free nonexistent resource"',
    });
    return;
  }
  takeOutSubtree(k, holder);
  freeNode(k, holder.at, caller);
};

/**
 * Releases the range from the busy resource that covers it, and cuts or splits that one where it is larger.
 *
 * Finds it only when one busy resource covers the whole range; otherwise it does nothing, and says nothing.
 */
export const release_mem_region_adjustable = (k: Kernel, start: PhysicalAddress, size: number): void => {
  const caller = "release_mem_region_adjustable";
  const end = start + size - 1;
  const holder = busyHolder(k, k.state.iomem.root, start, end, caller);
  if (holder === undefined || (flagsOf(k, holder.at) & IORESOURCE.MEM) === 0) return;
  const { at, parent, owner, site } = holder;
  const from = startOf(k, at);
  const to = endOf(k, at);
  if (from === start && to === end) {
    takeOutSubtree(k, holder);
    freeNode(k, at, caller);
  } else if (from === start) {
    k.memory.setU64(field(k, at, "start"), end + 1);
  } else {
    k.memory.setU64(field(k, at, "end"), start - 1);
    if (to === end) return;
    const upper = allocate(k, sizeOfResource(k), true, caller, "kernel", 0);
    fillIn(k, upper, parent, { start: end + 1, end: to }, nameAt(k, at), flagsOf(k, at));
    putIn(k, { at: upper, parent, owner, site });
  }
};

const reportNotInTree = (k: Kernel, caller: string): void =>
  k.report({
    rule: "resource-not-in-tree" satisfies IomemMisuse,
    function: caller,
    object: "the resource",
    detail: `${caller}() of a resource that is not in the tree, or no longer: the kernel follows NULL, its parent`,
    isFatal: true,
  });

/** remove_resource() and release_resource(): one keeps the children in the tree, the other does not. */
const unlink = (k: Kernel, at: Address, caller: string, isSubtree: boolean): number => {
  if (!isUsableResource(k, at, caller)) return 0;
  const resource = treeResource(k.state, at);
  const parentField = field(k, at, "parent");
  const parent = resource?.parent ?? k.memory.pointer(parentField);
  if (resource === undefined && parent === NULL) {
    reportNotInTree(k, caller);
    return 0;
  }
  if (!isRoot(k, parent) && !isUsable(k, parent, sizeOfResource(k), caller, "the resource's parent")) return 0;
  if (resource !== undefined) (isSubtree ? takeOutSubtree : takeOut)(k, resource);
  k.memory.setPointer(parentField, NULL);
  return 0;
};

/** Whether the driver handed in a resource whose memory is live; reports it where it did not. */
const isUsableResource = (k: Kernel, at: Address, caller: string): boolean =>
  isUsable(k, at, sizeOfResource(k), caller, "the resource");

/** request_resource_conflict(): what is in the way, NULL where the resource is now in the tree. */
const requestConflict = (k: Kernel, root: Address, at: Address, caller: string): Address => {
  if (!isUsableResource(k, at, caller)) return root;
  const conflict = conflictBelow(k, root, startOf(k, at), endOf(k, at), caller);
  if (conflict !== undefined) return conflict;
  putIn(k, { at, parent: root, owner: "driver", site: k.site });
  return NULL;
};

/** insert_resource_conflict(): goes as deep as it fits, and takes the resources that it covers as its children. */
const insertConflict = (k: Kernel, root: Address, at: Address, caller: string): Address => {
  if (!isUsableResource(k, at, caller)) return root;
  const start = startOf(k, at);
  const end = endOf(k, at);
  let parent = root;
  for (;;) {
    const conflict = conflictBelow(k, parent, start, end, caller);
    if (conflict === undefined) break;
    if (conflict === parent) return parent;
    if (conflict === at) {
      k.report({
        rule: "resource-inserted-twice" satisfies IomemMisuse,
        function: caller,
        object: "the resource",
        detail: "the resource is in the tree already; the kernel warns in __insert_resource",
      });
      return at;
    }
    const from = startOf(k, conflict);
    const to = endOf(k, conflict);
    if (from > start || to < end || (from === start && to === end)) break;
    parent = conflict;
  }
  const covered = childrenOf(k, parent, caller).filter((other) => overlaps(k, other.at, start, end));
  const stickingOut = covered.find((other) => startOf(k, other.at) < start || endOf(k, other.at) > end);
  if (stickingOut !== undefined) return stickingOut.at;
  setResources(
    k,
    k.state.iomem.resources.map((other) => (covered.includes(other) ? { ...other, parent: at } : other)),
  );
  putIn(k, { at, parent, owner: "driver", site: k.site });
  if (covered.length > 0) link(k, at);
  return NULL;
};

const errnoOf = (conflict: Address): number => (conflict === NULL ? 0 : -ERRNO.EBUSY);

/** adjust_resource(): moves the ends of a resource, within its parent and beside its siblings, around its children. */
const adjustResource = (k: Kernel, at: Address, start: PhysicalAddress, size: number): number => {
  const caller = "adjust_resource";
  if (!isUsableResource(k, at, caller)) return -ERRNO.EBUSY;
  const end = start + size - 1;
  const parent = treeResource(k.state, at)?.parent;
  if (parent !== undefined) {
    if (start < startOf(k, parent) || end > endOf(k, parent)) return -ERRNO.EBUSY;
    const isInTheWay = (other: TreeResource) => other.at !== at && overlaps(k, other.at, start, end);
    if (childrenOf(k, parent, caller).some(isInTheWay)) return -ERRNO.EBUSY;
  }
  const sticksOut = (child: TreeResource) => startOf(k, child.at) < start || endOf(k, child.at) > end;
  if (childrenOf(k, at, caller).some(sticksOut)) return -ERRNO.EBUSY;
  k.memory.setU64(field(k, at, "start"), start);
  k.memory.setU64(field(k, at, "end"), end);
  return 0;
};

/** The live resources below `parent` in the order of a walk: each one before what lies in it. */
const walkBelow = (k: Kernel, parent: Address, caller: string): readonly TreeResource[] =>
  childrenOf(k, parent, caller).flatMap((child) => [child, ...walkBelow(k, child.at, caller)]);

const matches = (k: KernelView, at: Address, flags: number, desc: number): boolean =>
  (flagsOf(k, at) & flags) >>> 0 === flags && (desc === 0 || k.memory.u32(field(k, at, "desc")) === desc);

/** What region_intersects() answers (include/linux/ioport.h). */
const REGION = { INTERSECTS: 0, DISJOINT: 1, MIXED: 2 } as const;

const regionIntersects = (k: Kernel, start: PhysicalAddress, size: number, flags: number, desc: number): number => {
  const caller = "region_intersects";
  const end = start + size - 1;
  let isMatched = false;
  let hasOthers = false;
  for (const { at } of childrenOf(k, k.state.iomem.root, caller)) {
    if (!overlaps(k, at, start, end)) continue;
    if (matches(k, at, flags, desc)) {
      isMatched = true;
      continue;
    }
    let open = Math.max(start, startOf(k, at));
    const last = Math.min(end, endOf(k, at));
    for (const inner of walkBelow(k, at, caller)) {
      if (!overlaps(k, inner.at, start, end) || !matches(k, inner.at, flags, desc)) continue;
      isMatched = true;
      if (startOf(k, inner.at) > open) break;
      open = Math.max(open, endOf(k, inner.at) + 1);
      if (open > last) break;
    }
    if (open <= last) hasOthers = true;
  }
  if (!isMatched) return REGION.DISJOINT;
  return hasOthers ? REGION.MIXED : REGION.INTERSECTS;
};

interface Search {
  readonly desc: number;
  readonly flags: number;
  readonly start: PhysicalAddress;
  readonly end: PhysicalAddress;
}

/** Copies the part of the lowest matching resource that lies in the range to `copy`; its end, or -1. */
const findNext = (k: Kernel, copy: Address, { desc, flags, start, end }: Search): number => {
  const caller = "walk_iomem_res_desc";
  if (start >= end) return -1;
  const found = walkBelow(k, k.state.iomem.root, caller).find(
    ({ at }) => overlaps(k, at, start, end) && matches(k, at, flags, desc),
  );
  if (found === undefined) return -1;
  const last = Math.min(end, endOf(k, found.at));
  k.memory.setU64(field(k, copy, "start"), Math.max(start, startOf(k, found.at)));
  k.memory.setU64(field(k, copy, "end"), last);
  k.memory.setU64(field(k, copy, "flags"), flagsOf(k, found.at));
  k.memory.setPointer(field(k, copy, "parent"), found.parent);
  return last;
};

/** walk_iomem_res_desc(): calls the driver for each part of the range that a matching resource covers. */
function* walkDescribed(search: Search, data: Address, target: Address): Procedure {
  const caller = "walk_iomem_res_desc";
  const copy = yield* step((k) => allocate(k, sizeOfResource(k), true, caller, "kernel", 0));
  let { start } = search;
  let result: number = -ERRNO.EINVAL;
  for (;;) {
    const last = yield* step((k) => findNext(k, address(copy), { ...search, start }));
    if (last === -1) break;
    result = yield* callback(`${caller} callback`, target, "i_pp", copy, data);
    if (result !== 0) break;
    start = last + 1;
  }
  yield* step((k) => {
    free(k, address(copy), caller);
    return 0;
  });
  return result;
}

const hex = (value: number): string => value.toString(16).padStart(8, "0");

/** What a name reads as that was freed, for as much of it as is shown. */
const POISON_TEXT = String.fromCharCode(POISON_FREE).repeat(64);

/**
 * Reads /proc/iomem: its lines, as root sees them.
 *
 * The kernel follows the name pointer of every resource, so a name that was freed shows here.
 */
export const readProcIomem = (k: Kernel): readonly string[] => {
  const lines: string[] = [];
  const show = (parent: Address, depth: number): void => {
    for (const { at, site } of childrenOf(k, parent, "r_show")) {
      const isNamed = hasLiveName(k, at);
      if (!isNamed) {
        k.report({
          rule: "resource-name-use-after-free" satisfies IomemMisuse,
          function: "r_show",
          object: "the resource's name",
          detail: "a resource in the tree points to a name that was freed, and /proc/iomem reads it",
          site,
        });
      }
      const indent = "  ".repeat(Math.min(depth, MAX_IORES_LEVEL));
      lines.push(`${indent}${hex(startOf(k, at))}-${hex(endOf(k, at))} : ${isNamed ? nameOf(k, at) : POISON_TEXT}`);
      show(at, depth + 1);
    }
  };
  show(k.state.iomem.root, 0);
  return lines;
};

export const iomemFunctions: KernelFunctions = {
  __request_region: atomic({ sleeps: "may", fails: "with NULL" }, (k, call) =>
    requestRegion(k, call.address(0), call.u64(1), call.u64(2), call.address(3), call.u32(4)),
  ),
  __release_region: atomic({ sleeps: "never" }, (k, call) => {
    releaseRegion(k, call.address(0), call.u64(1), call.u64(2));
    return 0;
  }),
  remove_resource: atomic({ sleeps: "never" }, (k, call) => unlink(k, call.address(0), "remove_resource", false)),
  release_resource: atomic({ sleeps: "never" }, (k, call) => unlink(k, call.address(0), "release_resource", true)),
  request_resource: atomic({ sleeps: "never" }, (k, call) =>
    errnoOf(requestConflict(k, call.address(0), call.address(1), "request_resource")),
  ),
  request_resource_conflict: atomic({ sleeps: "never", fails: "never" }, (k, call) =>
    requestConflict(k, call.address(0), call.address(1), "request_resource_conflict"),
  ),
  insert_resource: atomic({ sleeps: "never" }, (k, call) =>
    errnoOf(insertConflict(k, call.address(0), call.address(1), "insert_resource")),
  ),
  insert_resource_conflict: atomic({ sleeps: "never", fails: "never" }, (k, call) =>
    insertConflict(k, call.address(0), call.address(1), "insert_resource_conflict"),
  ),
  adjust_resource: atomic({ sleeps: "never" }, (k, call) =>
    adjustResource(k, call.address(0), call.u64(1), call.u64(2)),
  ),
  lookup_resource: atomic(
    { sleeps: "never", fails: "never" },
    (k, call) =>
      childrenOf(k, call.address(0), "lookup_resource").find(({ at }) => startOf(k, at) === call.u64(1))?.at ?? NULL,
  ),
  region_intersects: atomic({ sleeps: "never", fails: "never" }, (k, call) =>
    regionIntersects(k, call.u64(0), call.u64(1), call.u32(2), call.u32(3)),
  ),
  walk_iomem_res_desc: procedure({ sleeps: "never" }, (call) =>
    walkDescribed(
      { desc: call.u32(0), flags: call.u32(1), start: call.u64(2), end: call.u64(3) },
      call.address(4),
      call.address(5),
    ),
  ),
  release_mem_region_adjustable: atomic({ sleeps: "never" }, (k, call) => {
    release_mem_region_adjustable(k, call.u64(0), call.u64(1));
    return 0;
  }),
};
