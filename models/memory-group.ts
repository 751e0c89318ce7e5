import { ERRNO } from "../abi/errno.ts";
import {
  ALLOCATION,
  atomic,
  failure,
  type Kernel,
  type KernelFunctions,
  type KernelState,
  type Site,
  update,
} from "./kernel.ts";
import { isInNodeMask, isNodePossible } from "./numa.ts";

/**
 * Models the groups that memory blocks are added to.
 *
 * Kept:    ids from 0, the lowest free one first; a group cannot go while a block is in it; no lock, so whoever adds
 *          to a group must keep others from unregistering it; a node number outside the node mask is read all the same;
 *          who unregisters an id that nobody has is refused, and is told of only where somebody may have had it.
 * Dropped: ids end at 16, where the kernel's end at 2^31; what the size is for (the auto-movable policy, which is not
 *          modelled): nothing compares it with the memory that is added.
 * Source:  drivers/base/memory.c (memory_group_register and its neighbours).
 */
export interface MemoryGroupState {
  /** The registered groups, by id. */
  readonly groups: readonly MemoryGroup[];
}

export interface MemoryGroup {
  readonly id: number;
  readonly nid: number;
  readonly kind: "static" | "dynamic";
  /** Most pages of a static group, pages of one unit of a dynamic one. */
  readonly pages: number;
  /** The call that registered it. */
  readonly site: Site;
}

/** What the driver did to a group that it must not do. */
export type MemoryGroupMisuse = "group-unknown" | "group-busy";

export const noMemoryGroups: MemoryGroupState = { groups: [] };

const MAXIMUM_GROUPS = 16;
const PAGE_SIZE = 4096;

/**
 * The most groups that there may be for one region at a time, with those of devices that are gone and still referenced.
 *
 * The lowest free id is handed out first, so one beyond that never was, and nobody has it: the kernel refuses it, and that is all.
 */
const GROUPS_OF_A_REGION = 4;

/** memory_group_find_by_id(): the group of this id, or undefined. */
export const memoryGroup = (state: KernelState, id: number): MemoryGroup | undefined =>
  state.memoryGroup.groups.find((group) => group.id === id);

/** Whether a memory block belongs to the group. */
export const groupHasMemory = (state: KernelState, id: number): boolean =>
  state.memoryHotplug.blocks.some((block) => block.group === id);

const register = (k: Kernel, group: Omit<MemoryGroup, "id" | "site">, caller: string): number => {
  if (!isInNodeMask(k, group.nid, caller) || !isNodePossible(k.state, group.nid)) return -ERRNO.EINVAL;
  const { groups } = k.state.memoryGroup;
  if (groups.length === MAXIMUM_GROUPS) return -ERRNO.EBUSY;
  const error = failure(k, caller, ALLOCATION);
  if (error !== 0) return error;
  let id = 0;
  while (id < groups.length && groups[id]!.id === id) id += 1;
  const registered: MemoryGroup = { id, ...group, site: k.site };
  update(k, { memoryGroup: { groups: [...groups.slice(0, id), registered, ...groups.slice(id)] } });
  return id;
};

const isPowerOfTwo = (value: number): boolean => value > 0 && Number.isInteger(Math.log2(value));

const unregister = (k: Kernel, id: number): number => {
  if (id < 0) return -ERRNO.EINVAL;
  const caller = "memory_group_unregister";
  if (memoryGroup(k.state, id) === undefined) {
    if (id >= Math.max(k.whole.cxlRegion.regions.length, 1) * GROUPS_OF_A_REGION) return -ERRNO.EINVAL;
    k.report({
      rule: "group-unknown" satisfies MemoryGroupMisuse,
      function: caller,
      object: "the memory group",
      detail: "no group has this id: it was unregistered before, and by now it may be somebody else's",
    });
    return -ERRNO.EINVAL;
  }
  if (groupHasMemory(k.state, id)) {
    k.report({
      rule: "group-busy" satisfies MemoryGroupMisuse,
      function: caller,
      object: "the memory group",
      detail: "memory blocks still belong to the group: the kernel refuses with -EBUSY and the group stays",
    });
    return -ERRNO.EBUSY;
  }
  update(k, { memoryGroup: { groups: k.state.memoryGroup.groups.filter((group) => group.id !== id) } });
  return 0;
};

export const memoryGroupFunctions: KernelFunctions = {
  memory_group_register_static: atomic({ sleeps: "may" }, (k, call) => {
    const pages = call.u64(1);
    if (pages === 0) return -ERRNO.EINVAL;
    return register(k, { nid: call.i32(0), kind: "static", pages }, "memory_group_register_static");
  }),
  memory_group_register_dynamic: atomic({ sleeps: "may" }, (k, call) => {
    const pages = call.u64(1);
    if (!isPowerOfTwo(pages) || pages * PAGE_SIZE < k.whole.memoryHotplug.blockSize) return -ERRNO.EINVAL;
    return register(k, { nid: call.i32(0), kind: "dynamic", pages }, "memory_group_register_dynamic");
  }),
  memory_group_unregister: atomic({ sleeps: "never" }, (k, call) => unregister(k, call.i32(0))),
};
