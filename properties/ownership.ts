import type { Address } from "../abi/address.ts";
import { count } from "../abi/count.ts";
import { isOfTasks } from "../abi/memory-map.ts";
import type { Violation } from "../checker/transition.ts";
import type { DeviceMisuse } from "../models/device.ts";
import type { IomemMisuse } from "../models/iomem.ts";
import type { KernelState } from "../models/kernel.ts";
import type { MemoryGroup, MemoryGroupMisuse } from "../models/memory-group.ts";
import { groupHasMemory } from "../models/memory-group.ts";
import type { MemoryTierMisuse } from "../models/memory-tier.ts";
import type { SlabMisuse } from "../models/slab.ts";
import { allocationOf, driverAllocations } from "../models/slab.ts";
import { freedWorks, isWorkLeft } from "../models/workqueue.ts";
import {
  hasEnded,
  hasMisuse,
  isKeptDevice,
  keptBlocks,
  misusesOf,
  NO_RULES,
  returned,
  type Step,
  type SysramProperty,
  siteName,
} from "./sysram-property.ts";

const group = "ownership";

/** What the driver owns must be given back once its device is gone: by then nobody else could. */
const ended = (step: Step): boolean => hasEnded(step);

/**
 * Allocations that belong to memory which is kept on purpose, its name and the record of it: what was there before the driver
 * went. In a probe that fails all of that is made and kept in one step.
 */
const keptAllocations = (step: Step): ReadonlySet<number> => {
  if (keptBlocks(step.after.observation).length === 0) return new Set();
  const isFailedProbe = returned(step).some(({ command, result }) => command.kind === "probe" && result < 0);
  const isNew = keptBlocks(step.before.observation).length === 0;
  const { observation } = isFailedProbe && isNew ? step.after : step.before;
  return new Set(observation.kernel.slab.live.map(({ at }) => at));
};

/** Allocations of the driver's that nothing points at any more, save resources that the tree still holds. */
const leakedAllocations = (step: Step): readonly Violation[] => {
  const { kernel } = step.after.observation;
  const inTree = new Set(kernel.iomem.resources.map(({ at }) => at));
  const kept = keptAllocations(step);
  return driverAllocations(kernel.slab)
    .filter(({ at }) => !inTree.has(at) && !kept.has(at))
    .map(({ function: name, site, size }) => ({
      object: `the memory from ${name}()`,
      site: siteName(site),
      detail: `${count(size, "byte")} from ${name}() ${size === 1 ? "is" : "are"} still allocated, and no device is left that could free ${size === 1 ? "it" : "them"}`,
    }));
};

export const allocationsAreFreed: SysramProperty = {
  id: "allocations-are-freed",
  group,
  severity: "medium",
  claim: "every allocation is freed by the time its device is released",
  why: "Memory that is not freed then is lost until the next boot.",
  source: "drivers/base/core.c device_release(): release is the last code that can free what a device owns",
  check:
    "when the last device of the driver is gone, or a probe has failed, none of the driver's allocations is live, but what is kept on purpose with memory that could not be removed",
  rules: NO_RULES,
  assumptions: [],
  concerns: ended,
  violations: (step) => (ended(step) ? leakedAllocations(step) : []),
};

const FREE_RULES: ReadonlySet<string> = new Set<SlabMisuse | IomemMisuse>([
  "double-free",
  "stray-free",
  "free-of-kernel-memory",
  "free-of-held-lock",
]);

export const nothingIsFreedTwice: SysramProperty = {
  id: "nothing-is-freed-twice",
  group,
  severity: "high",
  claim: "nothing is freed twice, or while the kernel still uses it",
  why: "The allocator hands the memory out again while somebody still writes to it.",
  source: "mm/slub.c kfree(); include/linux/device.h: after device_initialize() only put_device() may free a device",
  check:
    "each kfree() names the start of a live allocation that the driver may free; no resource in the tree, and no work that is pending, is freed memory or lies on the stack of a command that has ended",
  rules: FREE_RULES,
  assumptions: [],
  concerns: ({ before, after }) => after.observation.kernel.slab !== before.observation.kernel.slab,
  violations: (step) => [...misusesOf(step, FREE_RULES), ...freedInTree(step), ...freedWhilePending(step)],
};

const freedWhilePending = ({ before, after }: Step): readonly Violation[] => {
  const { kernel, isAtRest } = after.observation;
  const { pending } = kernel.workqueue;
  if (pending.length === 0 || (kernel === before.observation.kernel && isAtRest === before.observation.isAtRest))
    return [];
  const onStack = isAtRest ? pending.filter(({ work }) => isOfTasks(work)) : [];
  return [
    ...freedWorks(kernel).map(({ what, freed }) => ({
      object: what === "work" ? "a pending work" : "the queue of a pending work",
      site: siteName(freed?.freedAt ?? 0),
      detail: `${freed === undefined ? "somebody" : `${freed.freedBy}()`} frees ${
        what === "work"
          ? "a work that is pending: a kernel worker will run what lies there then"
          : "the queue that a pending work will be run from"
      }`,
      isFatal: true,
    })),
    ...onStack.map(() => ({
      object: "a pending work",
      site: "",
      detail: "a work on the stack of a command is pending, and the command has ended",
      isFatal: true,
    })),
  ];
};

const freedInTree = ({ before, after }: Step): readonly Violation[] => {
  if (after.observation.kernel.iomem === before.observation.kernel.iomem) {
    if (after.observation.kernel.slab === before.observation.kernel.slab) return [];
  }
  const live = new Set(after.observation.kernel.slab.live.map(({ at }) => at));
  return after.observation.resources
    .filter(({ at }) => !live.has(at))
    .map(({ site, start }) => ({
      object: "the resource",
      site: siteName(site),
      detail: `the resource at ${hex(start)} was freed and is still in the iomem tree`,
      isFatal: true,
    }));
};

const hex = (value: number): string => `0x${value.toString(16)}`;

const NAME_RULES: ReadonlySet<string> = new Set<IomemMisuse>(["resource-name-use-after-free"]);

export const namesOutliveResources: SysramProperty = {
  id: "names-outlive-resources",
  group,
  severity: "high",
  claim: "a resource's name lives as long as the resource is in the tree",
  why: "The tree keeps the pointer, not a copy, so any later read of /proc/iomem reads freed memory.",
  source: "kernel/resource.c r_show() and __request_region(): the name is stored as a pointer",
  check: "after every step, the name of each of the driver's resources in the tree is live memory or constant data",
  rules: NAME_RULES,
  assumptions: [],
  concerns: ({ after }) => after.observation.resources.length > 0,
  violations: (step) => {
    const dead = step.after.observation.resources
      .filter(({ isNameLive }) => !isNameLive)
      .map(({ start, site }) => ({
        object: "the resource's name",
        site: siteName(site),
        detail: `the resource at ${hex(start)} is still in the iomem tree and its name points to freed memory: a read of /proc/iomem reads it`,
      }));
    return dead.length > 0 ? dead : misusesOf(step, NAME_RULES);
  },
};

const GROUP_RULES: ReadonlySet<string> = new Set<MemoryGroupMisuse>(["group-unknown", "group-busy"]);

/**
 * Groups of the driver's that no device of the driver's records any more.
 *
 * Where the driver's structure does not tell which group is whose, only the end of its last device shows it.
 */
const orphanedGroups = ({ after: { observation } }: Step): readonly MemoryGroup[] => {
  const { kernel, records, isAtRest } = observation;
  if (!isAtRest || (records.length > 0 && records.some(({ group: id }) => id === undefined))) return [];
  const kept = keptBlocks(observation);
  return kernel.memoryGroup.groups.filter(
    ({ id, site }) =>
      site !== 0 && !records.some((record) => record.group === id) && !kept.some((block) => block.group === id),
  );
};

/** Whether a device went away in this step, a probe failed, or somebody tried: a group had to be unregistered. */
const hasLostDevice = (step: Step): boolean =>
  ended(step) ||
  step.after.observation.records.length < step.before.observation.records.length ||
  hasMisuse(step, GROUP_RULES);

export const groupsAreUnregistered: SysramProperty = {
  id: "groups-are-unregistered",
  group,
  severity: "medium",
  claim: "the memory group is unregistered (mgid) once its memory is gone, and never before",
  why: "A group that stays registered keeps its id for ever, and nobody is left who knows it.",
  source: "drivers/base/memory.c memory_group_unregister(): -EBUSY, and nothing changes, while a block is in the group",
  check:
    "when a device is gone its group is not registered any more, unless it is kept on purpose with memory that could not be removed; no unregister is refused",
  rules: GROUP_RULES,
  assumptions: [],
  concerns: (step) => hasLostDevice(step) && step.before.observation.kernel.memoryGroup.groups.length > 0,
  violations: (step) => {
    const orphans = hasLostDevice(step) ? orphanedGroups(step) : [];
    if (orphans.length === 0) return misusesOf(step, GROUP_RULES);
    return orphans.map(({ id, site }) => ({
      object: "the memory group",
      site: siteName(site),
      detail: groupHasMemory(step.after.observation.kernel, id)
        ? `memory group ${id} is still registered with memory blocks in it, and the device that knew it is gone`
        : `memory group ${id} is still registered, and the device that knew it is gone`,
    }));
  },
};

export const resourcesAreReleased: SysramProperty = {
  id: "resources-are-released",
  group,
  severity: "medium",
  claim: "no iomem resource outlives its device unless memory stands behind it",
  why: "The range can never be used again: no request for it succeeds.",
  source: "kernel/resource.c; drivers/dax/kmem.c: a resource is kept on purpose only where memory could not be removed",
  check: "when the last device is gone, each resource of the driver's that is left has memory blocks in its range",
  rules: NO_RULES,
  assumptions: [],
  concerns: ended,
  violations: (step) => {
    if (!ended(step)) return [];
    const { kernel, resources } = step.after.observation;
    const { blocks, blockSize } = kernel.memoryHotplug;
    return resources
      .filter(({ start, end }) => !blocks.some(({ id }) => id * blockSize <= end && (id + 1) * blockSize > start))
      .map(({ start, site }) => ({
        object: "the resource",
        site: siteName(site),
        detail: `the resource at ${hex(start)} is still in the iomem tree, with no memory behind it and no driver that knows it`,
      }));
  },
};

const TIER_RULES: ReadonlySet<string> = new Set<MemoryTierMisuse>([
  "memtype-not-live",
  "memtype-null-put",
  "memtype-overput",
  "memtype-unbalanced",
  "memtype-cleared-under-memory",
  "memtier-null-memtype",
]);

export const memoryTypesBalance: SysramProperty = {
  id: "memory-types-balance",
  group,
  severity: "medium",
  claim: "memory-tier references balance, and a node keeps its memory type while it has memory",
  why: "A node without a type oopses when its last block goes offline; a count too many keeps the type for ever.",
  source: "mm/memory-tiers.c init_node_memory_type(), clear_node_memory_type(), clear_node_memory_tier()",
  check:
    "each init has its clear when the last device is gone, unless the node still has memory; no clear while it has",
  rules: TIER_RULES,
  assumptions: ["models/memory-tier.ts: the type of a node is cleared at once, whatever tier it is in"],
  concerns: (step) => ended(step) && step.before.observation.kernel.memoryTier.nodes.some(({ count }) => count > 0),
  violations: (step) => {
    const misused = misusesOf(step, TIER_RULES);
    if (misused.length > 0 || !ended(step)) return misused;
    const { memoryTier, memoryHotplug } = step.after.observation.kernel;
    return memoryTier.nodes
      .filter(({ nid, count: users }) => users > 0 && !memoryHotplug.blocks.some((block) => block.nid === nid))
      .map(({ nid, count: users }) => ({
        object: "the node's memory type",
        site: "",
        detail: `node ${nid} still counts ${count(users, "user")} of its memory type, and no device is left`,
      }));
  },
};

const REFERENCE_RULES: ReadonlySet<string> = new Set<DeviceMisuse>([
  "refcount-underflow",
  "released-while-added",
  "not-a-device",
  "initialised-twice",
  "added-twice",
  "deleted-without-add",
]);

export const deviceReferencesBalance: SysramProperty = {
  id: "device-references-balance",
  group,
  severity: "high",
  claim: "device references balance, and release runs exactly once",
  why: "One put too few and the device is never freed; one too many and it is freed in use.",
  source: "drivers/base/core.c device_initialize(), device_add(), put_device(), device_release()",
  check:
    "with no command running, a device that is not registered, that nobody outside holds, and that neither a work nor what an unbind undoes is left for, does not exist",
  rules: REFERENCE_RULES,
  assumptions: [],
  concerns: ({ before, after }) => after.observation.kernel.device !== before.observation.kernel.device,
  violations: (step) => [...misusesOf(step, REFERENCE_RULES), ...lostDevices(step)],
};

/** Whether something is still to come that may drop the last reference to a device: what an unbind undoes, or a work. */
const isLeftForLater = (kernel: KernelState, device: Address): boolean => {
  const home = allocationOf(kernel.slab, device);
  const isBound = (at: Address): boolean => kernel.cxlRegion.regions.some((one) => one.isBound && one.device === at);
  const undoes = kernel.devres.entries.some(
    ({ kind, device: of, data }) =>
      kind === "action" && isBound(of) && home !== undefined && data >= home.at && data < home.at + home.size,
  );
  return undoes || isWorkLeft(kernel);
};

const lostDevices = ({ after }: Step): readonly Violation[] => {
  const { kernel, isAtRest, records } = after.observation;
  if (!isAtRest || records.length === 0) return [];
  const lost = records.filter((record) => !isKeptDevice(after.observation, record));
  return kernel.device.devices
    .filter(({ at, isAdded }) => !isAdded && lost.some(({ device }) => device === at))
    .filter(({ at }) => !kernel.environment.held.some(({ device }) => device === at) && !isLeftForLater(kernel, at))
    .map(({ references, site }) => ({
      object: "the device",
      site: siteName(site),
      detail: `the device is not registered, nobody holds it, and it still has ${count(references, "reference")}`,
    }));
};
