import { type Address, address, NULL, type PhysicalAddress } from "../abi/address.ts";
import { ERRNO } from "../abi/errno.ts";
import { isOnlineType, MMOP, ONLINE_WORDS, type OnlineType } from "../abi/mmop.ts";
import { IORESOURCE, insertKernelResource, isPlaceFree, release_mem_region_adjustable } from "./iomem.ts";
import { type Keeping, noteRefusal } from "./kept-memory.ts";
import {
  type Arguments,
  atomic,
  callback,
  failure,
  type Kernel,
  type KernelFunctions,
  type KernelState,
  outcomes,
  type Procedure,
  procedure,
  type Site,
  step,
  update,
} from "./kernel.ts";
import { acquire, holdsLock, KERNEL_LOCKS, release } from "./lock.ts";
import { memoryGroup } from "./memory-group.ts";
import { clear_node_memory_tier, set_node_memory_tier } from "./memory-tier.ts";
import { isInNodeMask, isNodePossible, nodeHasMemory } from "./numa.ts";
import { isPinned } from "./page.ts";
import { firstOf, pair, secondOf } from "./pair.ts";
import { isPending, mayBeSignalled, sendSignal } from "./signal.ts";
import { allocate, free, isUsable } from "./slab.ts";

/**
 * Models adding, onlining, offlining and removing system memory, block by block.
 *
 * Kept:    the order of the checks; adding succeeds although onlining is refused, and onlining stops at the first block
 *          that is refused; offline_and_remove_memory() offlines block after block, and onlines again, in the zone that it
 *          had, what it offlined when one is refused; offlining is refused with -EBUSY because of a page marked offline,
 *          and outside of the movable zone because of one that the kernel allocated for itself, with -EPERM by a memory
 *          notifier, and ends with -EINTR by a signal; while a page is pinned it goes on for ever, with the locks that its
 *          task holds, until the page is let go of or a signal comes, which never reaches a kernel worker; blocks that are
 *          not there are skipped, warned about, and never an error; an administrator may online and offline single
 *          blocks; a memory notifier hears of each step and may refuse it: of a page that cannot be isolated none hears, and
 *          after a refusal all hear that it was cancelled, also who was not asked; they are registered and unregistered while
 *          nobody runs over the chain; all of it runs under device_hotplug_lock.
 * Dropped: -EINVAL for holes and for several zones in a block, which hot-added memory has not; -EHWPOISON, and what
 *          hugetlb pages answer; other errnos of a notifier than the one named; MHP_MERGE_RESOURCE and
 *          MHP_MEMMAP_ON_MEMORY, which change no result; MEM_PREPARE_ONLINE, MEM_FINISH_OFFLINE and the node notifiers;
 *          the zone that MMOP_ONLINE picks (it counts as a kernel zone); sysfs files and uevents of the blocks, and that
 *          whoever writes there looks for the lock again and again in place of waiting for it; mem_hotplug_lock, which
 *          nobody takes but under device_hotplug_lock; boot memory, whose blocks are none.
 * Source:  mm/memory_hotplug.c (offline_pages, try_offline_memory_block, try_reonline_memory_block),
 *          mm/page_isolation.c (has_unmovable_pages), drivers/base/memory.c.
 */
export interface MemoryHotplugState {
  /** The blocks of hot-added memory, by id. */
  readonly blocks: readonly MemoryBlock[];
  /** Size of a block in bytes. */
  readonly blockSize: number;
  /** What auto_online_blocks says. */
  readonly defaultOnlineType: OnlineType;
  /** First physical address that cannot be mapped, and so not be added. */
  readonly limit: PhysicalAddress;
  /** The registered notifier blocks, in the order in which they are called. */
  readonly notifiers: readonly Address[];
}

/** A `struct memory_block` and what is in it. */
export interface MemoryBlock {
  /** Its address divided by the block size, as in /sys/devices/system/memory/memoryN. */
  readonly id: number;
  readonly nid: number;
  /** Id of its memory group; -1 for none. */
  readonly group: number;
  readonly state: "online" | "offline";
  /** The online type that asks for just the zone that it is in; MMOP.OFFLINE while it is offline. */
  readonly zone: typeof MMOP.OFFLINE | Zone;
  /** The call that added it. */
  readonly site: Site;
  /** What became of a removal by the driver that comes or goes; undefined where none was refused (kept-memory.ts). */
  readonly keeping?: Keeping;
}

/** A zone, as the online type that asks for it: a kernel zone, or the movable one. */
export type Zone = typeof MMOP.ONLINE_KERNEL | typeof MMOP.ONLINE_MOVABLE;

/** What the driver did to system memory that it must not do. */
export type MemoryHotplugMisuse =
  | "remove-absent-memory"
  | "remove-misaligned"
  | "remove-online-memory"
  | "hotplug-lock-not-held"
  | "impossible-node"
  | "group-unregistered-while-adding"
  | "offlining-without-end"
  | "notifier-registered-twice";

const MIB = 2 ** 20;
const PAGE_SIZE = 4096;

/** Size of a memory section on x86 (SECTION_SIZE_BITS). */
const SECTION_SIZE = 128 * MIB;

export const noHotplugMemory: MemoryHotplugState = {
  blocks: [],
  blockSize: 128 * MIB,
  defaultOnlineType: MMOP.ONLINE_MOVABLE,
  limit: 2 ** 40,
  notifiers: [],
};

/** What a memory notifier hears, and `struct memory_block.state` (include/linux/memory.h). */
export const MEM = {
  ONLINE: 0,
  GOING_OFFLINE: 1,
  OFFLINE: 2,
  GOING_ONLINE: 3,
  CANCEL_ONLINE: 4,
  CANCEL_OFFLINE: 5,
} as const;

/** Flag of add_memory() and kin: the node argument is a group's id (include/linux/memory_hotplug.h). */
const MHP_NID_IS_MGID = 4;

const NO_GROUP = -1;

/** The block of this id, or undefined. */
export const memoryBlock = (state: KernelState, id: number): MemoryBlock | undefined =>
  state.memoryHotplug.blocks.find((block) => block.id === id);

/** The blocks that share a byte with the range, by id. */
export const blocksIn = (state: KernelState, start: PhysicalAddress, size: number): readonly MemoryBlock[] => {
  const { blocks, blockSize } = state.memoryHotplug;
  return blocks.filter(({ id }) => id * blockSize < start + size && (id + 1) * blockSize > start);
};

/**
 * Whether an online block got what an online type asks for.
 *
 * "online" and "online_kernel" both give a kernel zone, as long as the range touches no movable zone.
 */
export const isOnlineAs = ({ state, zone }: MemoryBlock, type: OnlineType): boolean =>
  state === "online" && type !== MMOP.OFFLINE && (zone === MMOP.ONLINE_MOVABLE) === (type === MMOP.ONLINE_MOVABLE);

const changeHotplug = (k: Kernel, change: Partial<MemoryHotplugState>): void =>
  update(k, { memoryHotplug: { ...k.state.memoryHotplug, ...change } });

const changeBlock = (k: Kernel, old: MemoryBlock, block: MemoryBlock): void =>
  changeHotplug(k, { blocks: k.state.memoryHotplug.blocks.map((other) => (other === old ? block : other)) });

const report = (k: Kernel, caller: string, rule: MemoryHotplugMisuse, detail: string, isFatal = false): void =>
  k.report({ rule, function: caller, object: "the memory", detail, isFatal });

const checkHotplugLock = (k: Kernel, caller: string): void => {
  if (holdsLock(k.state, KERNEL_LOCKS.device_hotplug_lock, k.task)) return;
  report(k, caller, "hotplug-lock-not-held", `${caller}() must be called under lock_device_hotplug()`);
};

/* Notifiers. */

const notifierField = (k: Kernel, notifier: Address, name: string): Address =>
  address(notifier + k.layout.offset("notifier_block", name)!);

const priorityOf = (k: Kernel, notifier: Address): number => k.memory.i32(notifierField(k, notifier, "priority"));

/** Does something to the chain once nobody runs over it: who is called by it waits for itself. */
function* changingChain(name: string, run: (k: Kernel) => number): Procedure {
  yield* acquire(KERNEL_LOCKS.memory_chain, "write", name);
  const result = yield* step(run);
  yield* release(KERNEL_LOCKS.memory_chain, name);
  return result;
}

const registerNotifier = (k: Kernel, notifier: Address): number => {
  const caller = "register_memory_notifier";
  if (!isUsable(k, notifier, k.layout.size("notifier_block")!, caller, "the memory notifier")) return -ERRNO.EINVAL;
  const { notifiers } = k.state.memoryHotplug;
  if (notifiers.includes(notifier)) {
    const detail = "the notifier is registered already: the kernel warns in notifier_chain_register";
    k.report({
      rule: "notifier-registered-twice" satisfies MemoryHotplugMisuse,
      function: caller,
      object: "the memory notifier",
      detail,
    });
    return -ERRNO.EEXIST;
  }
  const priority = priorityOf(k, notifier);
  const later = notifiers.findIndex((other) => priorityOf(k, other) < priority);
  changeHotplug(k, { notifiers: notifiers.toSpliced(later === -1 ? notifiers.length : later, 0, notifier) });
  return 0;
};

const unregisterNotifier = (k: Kernel, notifier: Address): number => {
  const { notifiers } = k.state.memoryHotplug;
  if (notifiers.includes(notifier)) changeHotplug(k, { notifiers: notifiers.filter((other) => other !== notifier) });
  return 0;
};

const NOTIFY_OK = 1;
const NOTIFY_STOP_MASK = 0x8000;

/** What a chain's value means as an error (include/linux/notifier.h `notifier_to_errno`). */
const notifierToErrno = (value: number): number => {
  const answer = value & ~NOTIFY_STOP_MASK;
  return answer > NOTIFY_OK ? NOTIFY_OK - answer : 0;
};

/** The notifier at a place in the chain and its function; 0 behind the last one, or where the block was freed. */
const notifierAt = (k: Kernel, index: number): number => {
  const notifier = k.state.memoryHotplug.notifiers[index];
  if (notifier === undefined) return 0;
  if (!isUsable(k, notifier, k.layout.size("notifier_block")!, "memory_notify", "the memory notifier")) return 0;
  return pair(notifier, k.memory.pointer(notifierField(k, notifier, "notifier_call")));
};

/** Tells all of the driver's notifiers of a block, up to one that stops the chain; the value of the chain. */
function* memory_notify(action: number, id: number): Procedure {
  yield* acquire(KERNEL_LOCKS.memory_chain, "read", "memory_notify");
  const data = yield* step((k) => {
    const at = allocate(k, k.layout.size("memory_notify")!, true, "memory_notify", "kernel", 0);
    const { blockSize } = k.whole.memoryHotplug;
    if (at === NULL) return at;
    k.memory.setU64(address(at + k.layout.offset("memory_notify", "start_pfn")!), (id * blockSize) / PAGE_SIZE);
    k.memory.setU64(address(at + k.layout.offset("memory_notify", "nr_pages")!), blockSize / PAGE_SIZE);
    return at;
  });
  let value = 0;
  for (let index = 0; (value & NOTIFY_STOP_MASK) === 0; index += 1) {
    const next = yield* step((k) => notifierAt(k, index));
    if (next === 0) break;
    const notifier = firstOf(next);
    value = yield* callback("memory notifier", address(secondOf(next)), "i_plp", notifier, action, data);
  }
  yield* step((k) => {
    free(k, address(data), "memory_notify");
    return 0;
  });
  yield* release(KERNEL_LOCKS.memory_chain, "memory_notify", "read");
  return value;
}

/** Others than the driver's, which are asked before them. */
const EARLIER = "a memory notifier that is asked first refuses";

const ASKED_BEFORE = {
  [MEM.GOING_ONLINE]: outcomes(["ENOMEM", "ordinary", EARLIER]),
  [MEM.GOING_OFFLINE]: outcomes(["EPERM", "ordinary", EARLIER]),
} as const;

/**
 * Asks the whole chain before a block changes; 0, or the errno of who refuses.
 *
 * Whoever is behind that one in the chain is not asked, and yet told that it was cancelled.
 */
function* askNotifiers(action: keyof typeof ASKED_BEFORE, id: number): Procedure {
  const error = yield* step((k) => failure(k, "memory_notify", ASKED_BEFORE[action]));
  return error !== 0 ? error : notifierToErrno(yield* memory_notify(action, id));
}

/* One block going online or offline. */

const ONLINE_ENDS = outcomes(["ENOMEM", "ordinary", "a memory notifier refuses"]);

/** In a kernel zone the kernel allocates what it cannot move; a page marked offline may lie in any. */
const BUSY = {
  kernel: ["EBUSY", "ordinary", "an unmovable page"],
  movable: ["EBUSY", "ordinary", "a page marked offline"],
} as const;

const VETO = ["EPERM", "ordinary", "a memory notifier refuses"] as const;

const SIGNAL = ["EINTR", "ordinary", "a signal"] as const;

/** How offlining may end, by the zone of the block; a signal comes only where the task can get one. */
const OFFLINE_ENDS = {
  kernel: { any: outcomes(BUSY.kernel, VETO, SIGNAL), "no signal": outcomes(BUSY.kernel, VETO) },
  movable: { any: outcomes(BUSY.movable, VETO, SIGNAL), "no signal": outcomes(BUSY.movable, VETO) },
} as const;

/** offline_pages() finds a page that it cannot migrate, and tries again. */
const NO_PROGRESS = Number.MIN_SAFE_INTEGER;

/** Answer of a first step that leaves the rest to a longer path, because the driver has memory notifiers. */
const HAS_NOTIFIERS = Number.MAX_SAFE_INTEGER;

/** device_online()'s answer for a block that is online already. */
const ALREADY_ONLINE = 1;

const online_pages = (k: Kernel, id: number, type: OnlineType, question: string): number => {
  const block = memoryBlock(k.state, id);
  if (block === undefined) return -ERRNO.ENODEV;
  const error = failure(k, question, ONLINE_ENDS);
  if (error !== 0) return error;
  const isFirst = !nodeHasMemory(k.state, block.nid);
  const zone = type === MMOP.ONLINE_MOVABLE ? MMOP.ONLINE_MOVABLE : MMOP.ONLINE_KERNEL;
  changeBlock(k, block, { ...block, state: "online", zone });
  if (isFirst) set_node_memory_tier(k, block.nid);
  return 0;
};

/** Onlines a block as device_online() does: 0, 1 if it was online, or a negative errno. */
function* onlineMemoryBlock(id: number, type: OnlineType, question: string): Procedure {
  const result = yield* step((k) => {
    const block = memoryBlock(k.state, id);
    if (block === undefined) return -ERRNO.ENODEV;
    if (block.state === "online") return ALREADY_ONLINE;
    return k.state.memoryHotplug.notifiers.length > 0 ? HAS_NOTIFIERS : online_pages(k, id, type, question);
  });
  if (result !== HAS_NOTIFIERS) return result;
  const refusal = yield* askNotifiers(MEM.GOING_ONLINE, id);
  const outcome = refusal !== 0 ? refusal : yield* step((k) => online_pages(k, id, type, question));
  yield* memory_notify(outcome === 0 ? MEM.ONLINE : MEM.CANCEL_ONLINE, id);
  return outcome;
}

const NEVER_ENDS =
  "a kernel worker takes memory offline in which a page is pinned: for as long as it stays pinned that goes on, with device_hotplug_lock held, and no signal reaches a worker to end it";

/** Gives what offlining came to; an error is noted. */
const noted = (k: Kernel, outcome: number): number => {
  if (outcome < 0 && outcome !== NO_PROGRESS) noteRefusal(k);
  return outcome;
};

/** Migrates the pages of an isolated block and takes it offline; the zone that it had, -EINTR, or NO_PROGRESS. */
const migratePages = (k: Kernel, block: MemoryBlock): number => {
  if (isPending(k.state, k.task, "signal")) return -ERRNO.EINTR;
  if (isPinned(k.state, block.id)) {
    if (!mayBeSignalled(k.state, k.task, "signal")) report(k, "offline_pages", "offlining-without-end", NEVER_ENDS);
    return NO_PROGRESS;
  }
  changeBlock(k, block, { ...block, state: "offline", zone: MMOP.OFFLINE });
  if (!nodeHasMemory(k.state, block.nid)) clear_node_memory_tier(k, block.nid);
  return block.zone;
};

/** What a block holds that cannot be isolated is found before anybody is told. */
const ISOLATION_ENDS = outcomes(BUSY.kernel);

/** Whether a block can be isolated; 0, or a negative errno. */
const isolationError = (k: Kernel, id: number): number =>
  memoryBlock(k.state, id)?.zone === MMOP.ONLINE_MOVABLE
    ? 0
    : noted(k, failure(k, "start_isolate_page_range", ISOLATION_ENDS));

/** Isolates a block and begins to empty it; the zone that it had where that was all, a negative errno, or NO_PROGRESS. */
const isolatePages = (k: Kernel, id: number, isIsolated: boolean): number => {
  const block = memoryBlock(k.state, id);
  if (block === undefined) return 0;
  if (isPending(k.state, k.task, "signal")) return -ERRNO.EINTR;
  const zone = isIsolated || block.zone === MMOP.ONLINE_MOVABLE ? "movable" : "kernel";
  // Where a page is pinned there is time enough for a signal to come in.
  const isBrief = mayBeSignalled(k.state, k.task, "signal") && !isPinned(k.state, id);
  const error = failure(k, "memory_block_offline", OFFLINE_ENDS[zone][isBrief ? "any" : "no signal"]);
  if (error === -ERRNO.EINTR) sendSignal(k, k.task, false);
  return error === 0 ? migratePages(k, block) : error;
};

/** Tries until the pages are migrated or a signal comes, for as long as that takes: offline_pages() gives up in no other way. */
function* untilMigrated(id: number, isolated: number): Procedure {
  let outcome = isolated;
  while (outcome === NO_PROGRESS) {
    yield {
      kind: "wait",
      reason: "offline_pages",
      listensTo: "signal",
      endedBy: "the environment",
      isReady: (state, task) => !isPinned(state, id) || isPending(state, task, "signal"),
    };
    outcome = yield* step((k) => {
      const block = memoryBlock(k.state, id);
      return block === undefined ? 0 : noted(k, migratePages(k, block));
    });
  }
  return outcome;
}

/** Offlines a block as device_offline() does: 0 if it was offline or is not there, else the zone that it had, or a negative errno. */
function* offlineMemoryBlock(id: number): Procedure {
  const result = yield* step((k) => {
    const block = memoryBlock(k.state, id);
    if (block?.state !== "online") return 0;
    return k.state.memoryHotplug.notifiers.length > 0 ? HAS_NOTIFIERS : noted(k, isolatePages(k, id, false));
  });
  if (result !== HAS_NOTIFIERS) return yield* untilMigrated(id, result);
  const unmovable = yield* step((k) => isolationError(k, id));
  if (unmovable !== 0) return unmovable;
  const refusal = yield* askNotifiers(MEM.GOING_OFFLINE, id);
  const begun = yield* step((k) => noted(k, refusal !== 0 ? refusal : isolatePages(k, id, true)));
  const outcome = yield* untilMigrated(id, begun);
  yield* memory_notify(outcome < 0 ? MEM.CANCEL_OFFLINE : MEM.OFFLINE, id);
  return outcome;
}

const lockHotplug = (): Procedure => acquire(KERNEL_LOCKS.device_hotplug_lock, "write", "lock_device_hotplug");

const unlockHotplug = (): Procedure => release(KERNEL_LOCKS.device_hotplug_lock, "unlock_device_hotplug");

/** An administrator onlines one block through /sys/devices/system/memory/memoryN/state; 0, or a negative errno. */
export function* onlineBlock(id: number, type: OnlineType): Procedure {
  yield* lockHotplug();
  const result = yield* onlineMemoryBlock(id, type, "memory_block_online");
  yield* unlockHotplug();
  return result === ALREADY_ONLINE ? -ERRNO.EINVAL : result;
}

/** An administrator offlines one block the same way; 0, or a negative errno. */
export function* offlineBlock(id: number): Procedure {
  yield* lockHotplug();
  const result = yield* offlineMemoryBlock(id);
  yield* unlockHotplug();
  return result > 0 ? 0 : result === 0 ? -ERRNO.EINVAL : result;
}

/* Adding. */

interface Addition {
  /** The function that the driver called. */
  readonly function: string;
  /** The node, or with MHP_NID_IS_MGID the group. */
  readonly nid: number;
  readonly start: PhysicalAddress;
  readonly size: number;
  readonly flags: number;
  /** Address of the driver's name for the resource; undefined for the kernel's own. */
  readonly name: Address | undefined;
  /** As C passed it; undefined for what auto_online_blocks says. */
  readonly onlineType: number | undefined;
  /** Set where the caller has to hold device_hotplug_lock. */
  readonly isLocked: boolean;
}

const ADD_ENDS = outcomes(
  ["ENOMEM", "ordinary", "memmap or page tables"],
  ["ENOMEM", "small allocation", "a memory block device"],
  ["EEXIST", "small allocation", "the resource's node"],
);

const isManagedName = (name: string): boolean => name.startsWith("System RAM (") && name.endsWith(")");

/** The checks that need no lock: the online type to add with, or a negative errno. */
const checkAddition = (k: Kernel, { function: caller, name, onlineType }: Addition): number => {
  if (name === NULL) return -ERRNO.EINVAL;
  if (name !== undefined) {
    if (!isUsable(k, name, 1, caller, "the resource's name")) return -ERRNO.EINVAL;
    if (!isManagedName(k.memory.string(name))) return -ERRNO.EINVAL;
  }
  if (onlineType === undefined) return k.whole.memoryHotplug.defaultOnlineType;
  return isOnlineType(onlineType) ? onlineType : -ERRNO.EINVAL;
};

const isAligned = (k: Kernel, start: PhysicalAddress, size: number): boolean => {
  const { blockSize } = k.whole.memoryHotplug;
  return size !== 0 && start % blockSize === 0 && size % blockSize === 0;
};

/** mhp_range_allowed(): whether the range can be mapped; one of no bytes cannot. */
const isRangeAllowed = (k: Kernel, start: PhysicalAddress, size: number): boolean =>
  size !== 0 && start + size <= k.state.memoryHotplug.limit;

/** Claims the range in the tree and looks the node up: the node, or a negative errno that leaves the tree as it was. */
const claimMemory = (k: Kernel, addition: Addition): number => {
  const { function: caller, start, size, flags, name } = addition;
  if (addition.isLocked) checkHotplugLock(k, caller);
  if (!isRangeAllowed(k, start, size)) return -ERRNO.E2BIG;
  if (!isPlaceFree(k, start, size, caller)) return -ERRNO.EEXIST;
  if (!isAligned(k, start, size)) return -ERRNO.EINVAL;
  let { nid } = addition;
  if ((flags & MHP_NID_IS_MGID) !== 0) {
    const group = memoryGroup(k.state, nid);
    if (group === undefined) return -ERRNO.EINVAL;
    nid = group.nid;
  }
  if (!isInNodeMask(k, nid, caller)) return -ERRNO.EINVAL;
  if (!isNodePossible(k.state, nid)) {
    const detail = "the node is not possible: the kernel warns that it was absent from the node_possible_map";
    report(k, caller, "impossible-node", detail);
    return -ERRNO.EINVAL;
  }
  if (blocksIn(k.state, start, size).length > 0) return -ERRNO.EEXIST;
  const error = failure(k, caller, ADD_ENDS);
  if (error !== 0) return error;
  const managed = name === undefined ? 0 : IORESOURCE.SYSRAM_DRIVER_MANAGED;
  const resource = insertKernelResource(k, {
    start,
    size,
    name: name ?? "System RAM",
    flags: IORESOURCE.SYSTEM_RAM | IORESOURCE.BUSY | managed,
    owner: "memory hotplug",
    site: k.site,
    function: caller,
  });
  return resource === NULL ? -ERRNO.EEXIST : nid;
};

/** Creates the blocks, offline; how many. */
const createBlocks = (k: Kernel, addition: Addition, nid: number): number => {
  const { function: caller, start, size, flags } = addition;
  const { blocks, blockSize } = k.state.memoryHotplug;
  const group = (flags & MHP_NID_IS_MGID) !== 0 ? addition.nid : NO_GROUP;
  if (group !== NO_GROUP && memoryGroup(k.state, group) === undefined) {
    const detail =
      "the group was unregistered while memory is being added to it: the kernel links blocks to freed memory";
    report(k, caller, "group-unregistered-while-adding", detail, true);
  }
  const count = size / blockSize;
  const added: MemoryBlock[] = [];
  for (let id = start / blockSize; added.length < count; id += 1) {
    added.push({ id, nid, group, state: "offline", zone: MMOP.OFFLINE, site: k.site });
  }
  changeHotplug(k, { blocks: [...blocks, ...added].sort((a, b) => a.id - b.id) });
  return count;
};

function* add(addition: Addition): Procedure {
  const type = yield* step((k) => checkAddition(k, addition));
  if (!isOnlineType(type)) return type;
  if (!addition.isLocked) yield* lockHotplug();
  const nid = yield* step((k) => claimMemory(k, addition));
  if (nid >= 0) {
    const count = yield* step((k) => createBlocks(k, addition, nid));
    const { start, size } = addition;
    const firstId = start / (size / count);
    for (let index = 0; type !== MMOP.OFFLINE && index < count; index += 1) {
      if ((yield* onlineMemoryBlock(firstId + index, type, "memory_block_online")) !== 0) break;
    }
  }
  if (!addition.isLocked) yield* unlockHotplug();
  return Math.min(nid, 0);
}

/* Removing. */

/** try_remove_memory(): 0, or -EBUSY while a block is online. What is not there is removed with a warning. */
const tryRemove = (k: Kernel, caller: string, start: PhysicalAddress, size: number): number => {
  if (!isAligned(k, start, size)) {
    const detail = "start or size is not aligned to memory blocks: the kernel stops at BUG_ON() in try_remove_memory";
    report(k, caller, "remove-misaligned", detail, true);
    return -ERRNO.EINVAL;
  }
  const { blocks, blockSize } = k.state.memoryHotplug;
  const present = blocksIn(k.state, start, size);
  if (present.some((block) => block.state === "online")) {
    noteRefusal(k);
    return -ERRNO.EBUSY;
  }
  if (present.length < size / blockSize) {
    const detail =
      "memory is removed that is not there: the kernel warns in remove_memory_block_devices and __remove_pages";
    report(k, caller, "remove-absent-memory", detail);
  }
  changeHotplug(k, { blocks: blocks.filter((block) => !present.includes(block)) });
  release_mem_region_adjustable(k, start, size);
  return 0;
};

function* removeMemory(start: PhysicalAddress, size: number): Procedure {
  yield* lockHotplug();
  const result = yield* step((k) => tryRemove(k, "remove_memory", start, size));
  yield* unlockHotplug();
  return result;
}

/** The one byte for each block in which offline_and_remove_memory() notes what it was. */
const NOTES_ALLOCATION = outcomes(["ENOMEM", "small allocation", "notes of the blocks' types"]);

/** The largest kmalloc(), in bytes (KMALLOC_MAX_SIZE). */
const KMALLOC_MAX_SIZE = 4 * MIB;

/** Asks for the notes on `count` blocks; 0, or a negative errno. */
const allocateNotes = (k: Kernel, caller: string, count: number): number => {
  const error = count > KMALLOC_MAX_SIZE ? -ERRNO.ENOMEM : failure(k, caller, NOTES_ALLOCATION);
  if (error !== 0) noteRefusal(k);
  return error;
};

/** A range of whole blocks. */
interface BlockRange {
  readonly firstId: number;
  readonly count: number;
}

/** Offlines and removes all the ranges, or none of them. */
function* removeRanges(caller: string, ranges: readonly BlockRange[]): Procedure {
  yield* lockHotplug();
  const offlined: { readonly id: number; readonly type: number }[] = [];
  let result = 0;
  for (const { firstId, count } of ranges) {
    for (let id = firstId; id < firstId + count && result >= 0; id += 1) {
      result = yield* offlineMemoryBlock(id);
      if (result > 0) offlined.push({ id, type: result });
    }
  }
  for (const { firstId, count } of ranges) {
    if (result < 0) break;
    result = yield* step((k) => {
      const { blockSize } = k.whole.memoryHotplug;
      return tryRemove(k, caller, firstId * blockSize, count * blockSize);
    });
  }
  if (result < 0) {
    for (const { id, type } of offlined) {
      if (isOnlineType(type)) yield* onlineMemoryBlock(id, type, "memory_block_online: again");
    }
  }
  yield* unlockHotplug();
  return result;
}

function* offlineAndRemove(start: PhysicalAddress, size: number): Procedure {
  const caller = "offline_and_remove_memory";
  const count = yield* step((k) => {
    if (!isAligned(k, start, size)) return -ERRNO.EINVAL;
    const blocks = size / k.whole.memoryHotplug.blockSize;
    const error = allocateNotes(k, caller, blocks);
    return error !== 0 ? error : blocks;
  });
  return count < 0 ? count : yield* removeRanges(caller, [{ firstId: start / (size / count), count }]);
}

const RANGE_SIZE = 16;

/** The blocks of range `index` in the driver's array of `struct range`; count 0 where it is not one of whole blocks. */
const rangeAt = (k: Kernel, ranges: Address, index: number): BlockRange => {
  const at = ranges + index * RANGE_SIZE;
  const start = k.memory.u64(address(at + k.layout.offset("range", "start")!));
  const size = k.memory.u64(address(at + k.layout.offset("range", "end")!)) + 1 - start;
  const { blockSize } = k.whole.memoryHotplug;
  return isAligned(k, start, size) && size > 0
    ? { firstId: start / blockSize, count: size / blockSize }
    : { firstId: 0, count: 0 };
};

function* offlineAndRemoveRanges(ranges: Address, length: number): Procedure {
  const caller = "offline_and_remove_memory_ranges";
  if (ranges === NULL || length === 0) return -ERRNO.EINVAL;
  const error = yield* step((k) => {
    if (!isUsable(k, ranges, length * RANGE_SIZE, caller, "the ranges")) return -ERRNO.EINVAL;
    let blocks = 0;
    for (let index = 0; index < length; index += 1) {
      const { count } = rangeAt(k, ranges, index);
      if (count === 0) return -ERRNO.EINVAL;
      blocks += count;
    }
    return allocateNotes(k, caller, blocks);
  });
  if (error !== 0) return error;
  const all: BlockRange[] = [];
  for (let index = 0; index < length; index += 1) {
    const firstId = yield* step((k) => rangeAt(k, ranges, index).firstId);
    const count = yield* step((k) => rangeAt(k, ranges, index).count);
    all.push({ firstId, count });
  }
  return yield* removeRanges(caller, all);
}

const removeOrDie = (k: Kernel, start: PhysicalAddress, size: number): void => {
  const caller = "__remove_memory";
  checkHotplugLock(k, caller);
  if (tryRemove(k, caller, start, size) !== -ERRNO.EBUSY) return;
  report(k, caller, "remove-online-memory", "a block is still online: the kernel stops at BUG()", true);
};

/* Walking. */

const blockField = (k: Kernel, block: Address, name: string): Address | undefined => {
  const offset = k.layout.offset("memory_block", name);
  return offset === undefined ? undefined : address(block + offset);
};

const setBlockField = (k: Kernel, block: Address, name: string, value: number): void => {
  const at = blockField(k, block, name);
  if (at !== undefined) k.memory.setU32(at, value);
};

/** Fills the driver's view of the first block at or behind `id` that starts before `end`; its id, or -1. */
const showBlock = (k: Kernel, at: Address, id: number, end: PhysicalAddress): number => {
  const { blocks, blockSize } = k.state.memoryHotplug;
  const block = blocks.find((candidate) => candidate.id >= id && candidate.id * blockSize < end);
  if (block === undefined) return -1;
  setBlockField(k, at, "start_section_nr", (block.id * blockSize) / SECTION_SIZE);
  setBlockField(k, at, "state", block.state === "online" ? MEM.ONLINE : MEM.OFFLINE);
  setBlockField(k, at, "online_type", MMOP.OFFLINE);
  setBlockField(k, at, "nid", block.nid);
  return block.id;
};

function* walk(start: PhysicalAddress, size: number, data: Address, target: Address): Procedure {
  const caller = "walk_memory_blocks";
  if (size === 0) return 0;
  const block = yield* step((k) => {
    checkHotplugLock(k, caller);
    return allocate(k, k.layout.size("memory_block")!, true, caller, "kernel", 0);
  });
  let from = yield* step((k) => Math.floor(start / k.whole.memoryHotplug.blockSize));
  let result = 0;
  while (result === 0) {
    const id = yield* step((k) => showBlock(k, address(block), from, start + size));
    if (id === -1) break;
    result = yield* callback("walk_memory_blocks callback", target, "i_pp", block, data);
    from = id + 1;
  }
  yield* step((k) => {
    free(k, address(block), caller);
    return 0;
  });
  return result;
}

/** The id of the block whose `struct device` a driver has, from the structure that it was shown; -1 for any other device. */
const blockOfDevice = (k: Kernel, device: Address): number => {
  const at = address(device - (k.layout.offset("memory_block", "dev") ?? 0));
  const section = blockField(k, at, "start_section_nr");
  if (section === undefined) return -1;
  const id = (k.memory.u64(section) * SECTION_SIZE) / k.whole.memoryHotplug.blockSize;
  return memoryBlock(k.state, id) === undefined ? -1 : id;
};

/** device_online() of a block: 1 where it is online already, else as memory_subsys_online() answers. */
function* onlineDevice(device: Address): Procedure {
  const id = yield* step((k) => {
    checkHotplugLock(k, "device_online");
    return blockOfDevice(k, device);
  });
  if (id === -1) return 0;
  const isOnline = yield* step((k) => (memoryBlock(k.state, id)?.state === "online" ? 1 : 0));
  if (isOnline === 1) return 1;
  const type = yield* step((k) => {
    const at = blockField(k, address(device - k.layout.offset("memory_block", "dev")!), "online_type");
    const asked = at === undefined ? MMOP.ONLINE : k.memory.u32(at);
    return asked === MMOP.OFFLINE || !isOnlineType(asked) ? MMOP.ONLINE : asked;
  });
  const result = yield* onlineMemoryBlock(id, type as OnlineType, "memory_block_online");
  yield* step((k) => showBlock(k, address(device - k.layout.offset("memory_block", "dev")!), id, Number.MAX_VALUE));
  return result;
}

/** device_offline() of a block: 1 where it is offline already, else as memory_subsys_offline() answers. */
function* offlineDevice(device: Address): Procedure {
  const id = yield* step((k) => {
    checkHotplugLock(k, "device_offline");
    return blockOfDevice(k, device);
  });
  if (id === -1) return 0;
  const isOffline = yield* step((k) => (memoryBlock(k.state, id)?.state === "offline" ? 1 : 0));
  if (isOffline === 1) return 1;
  const result = yield* offlineMemoryBlock(id);
  yield* step((k) => showBlock(k, address(device - k.layout.offset("memory_block", "dev")!), id, Number.MAX_VALUE));
  return Math.min(result, 0);
}

/** mhp_online_type_from_str(): the number of an online type's word, which may end in a newline. */
const onlineTypeFromText = (text: string): number => {
  const type = ONLINE_WORDS.findIndex((word) => text === word || text === `${word}\n`);
  return type === -1 ? -ERRNO.EINVAL : type;
};

const setDefaultOnlineType = (k: Kernel, type: number): void => {
  if (isOnlineType(type)) changeHotplug(k, { defaultOnlineType: type });
};

/** What the functions that add memory have in common: node, start and size, and with no name the flags behind them. */
const additionOf = (name: string, call: Arguments, rest: Partial<Addition>): Addition => ({
  function: name,
  nid: call.i32(0),
  start: call.u64(1),
  size: call.u64(2),
  flags: call.u32(3),
  name: undefined,
  onlineType: undefined,
  isLocked: false,
  ...rest,
});

export const memoryHotplugFunctions: KernelFunctions = {
  device_online: procedure({ sleeps: "may" }, (call) => onlineDevice(call.address(0))),
  device_offline: procedure({ sleeps: "may" }, (call) => offlineDevice(call.address(0))),
  memory_block_size_bytes: atomic({ sleeps: "never" }, (k) => k.whole.memoryHotplug.blockSize),
  mhp_get_default_online_type: atomic({ sleeps: "never" }, (k) => k.whole.memoryHotplug.defaultOnlineType),
  mhp_set_default_online_type: atomic({ sleeps: "never" }, (k, call) => {
    setDefaultOnlineType(k, call.u32(0));
    return 0;
  }),
  mhp_online_type_from_str: atomic({ sleeps: "never" }, (_, call) => onlineTypeFromText(call.string(0))),
  mhp_range_allowed: atomic({ sleeps: "never" }, (k, call) => (isRangeAllowed(k, call.u64(0), call.u64(1)) ? 1 : 0)),
  mhp_supports_memmap_on_memory: atomic({ sleeps: "never" }, () => 0),
  add_memory: procedure({ sleeps: "may" }, (call) => add(additionOf("add_memory", call, {}))),
  __add_memory: procedure({ sleeps: "may" }, (call) => add(additionOf("__add_memory", call, { isLocked: true }))),
  add_memory_driver_managed: procedure({ sleeps: "may" }, (call) =>
    add(additionOf("add_memory_driver_managed", call, { name: call.address(3), flags: call.u32(4) })),
  ),
  __add_memory_driver_managed: procedure({ sleeps: "may" }, (call) =>
    add(
      additionOf("__add_memory_driver_managed", call, {
        name: call.address(3),
        flags: call.u32(4),
        onlineType: call.u32(5),
      }),
    ),
  ),
  remove_memory: procedure({ sleeps: "may" }, (call) => removeMemory(call.u64(0), call.u64(1))),
  __remove_memory: atomic({ sleeps: "may" }, (k, call) => {
    removeOrDie(k, call.u64(0), call.u64(1));
    return 0;
  }),
  offline_and_remove_memory: procedure({ sleeps: "may" }, (call) => offlineAndRemove(call.u64(0), call.u64(1))),
  offline_and_remove_memory_ranges: procedure({ sleeps: "may" }, (call) =>
    offlineAndRemoveRanges(call.address(0), call.u32(1)),
  ),
  walk_memory_blocks: procedure({ sleeps: "never" }, (call) =>
    walk(call.u64(0), call.u64(1), call.address(2), call.address(3)),
  ),
  register_memory_notifier: procedure({ sleeps: "may" }, (call) =>
    changingChain("register_memory_notifier", (k) => registerNotifier(k, call.address(0))),
  ),
  unregister_memory_notifier: procedure({ sleeps: "may" }, (call) =>
    changingChain("unregister_memory_notifier", (k) => unregisterNotifier(k, call.address(0))),
  ),
};
