import { type Address, address, NULL } from "../abi/address.ts";
import { ERRNO } from "../abi/errno.ts";
import { MEMORY_MAP } from "../abi/memory-map.ts";
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
import { isNodeInMap, nodeHasMemory } from "./numa.ts";
import { allocate, allocationAround, free } from "./slab.ts";

/**
 * Models memory types and the node that each of them is mapped to.
 *
 * Kept:    a type that is found is borrowed, since its list owns the first reference; a node has one type, counts who
 *          initialised it with just that type, and lets go of it at the last clear; clearing another type, or one that
 *          nobody initialised, follows NULL; a node whose type was cleared under its memory oopses when its last block
 *          goes offline; without a type of its own a node becomes DRAM, and the kernel's own count keeps it so.
 * Dropped: tiers, demotion targets and distances between them; who answers mt_calc_adistance(): nobody does; how often
 *          the kernel counted itself (once is enough to keep a type for ever); a tier that cannot be allocated; the
 *          links of the driver's list in its memory; memory_tier_lock, under which each function is one step.
 * Source:  mm/memory-tiers.c.
 */
export interface MemoryTierState {
  /** The memory types that are alive, by address. */
  readonly types: readonly MemoryType[];
  /** The nodes that have a type, by number (`node_memory_types`). */
  readonly nodes: readonly NodeMemoryType[];
  /** The nodes that lost their type while they had memory online, with the call that took it. */
  readonly cleared: readonly { readonly nid: number; readonly site: Site }[];
}

/** A `struct memory_dev_type`. */
export interface MemoryType {
  readonly at: Address;
  readonly adistance: number;
  readonly references: number;
  /** Head of the list that it is on; NULL for none, DEFAULT_TYPES for the kernel's own. */
  readonly list: Address;
  readonly site: Site;
}

export interface NodeMemoryType {
  readonly nid: number;
  readonly type: Address;
  /** How often drivers initialised the node with this type and did not clear it (`map_count`). */
  readonly count: number;
  /** Whether the kernel counted itself when the node got its first memory. */
  readonly isCounted: boolean;
}

/** What the driver did to memory types that it must not do. */
export type MemoryTierMisuse =
  | "memtype-not-live"
  | "memtype-null-put"
  | "memtype-overput"
  | "memtype-unbalanced"
  | "memtype-cleared-under-memory"
  | "memtier-null-memtype";

/** The kernel's own list of types, whose head no driver sees. */
export const DEFAULT_TYPES: Address = address(1);

/** `default_dram_type`, which the kernel makes at boot: an address outside the memory that the driver can see. */
const DRAM_TYPE: Address = address(2);

/** MEMTIER_ADISTANCE_DRAM (include/linux/memory-tiers.h): four chunks of 128 and a half. */
const MEMTIER_ADISTANCE_DRAM = 4 * 128 + 64;

/** As late_initcall(memory_tier_late_init) leaves it: node 0 is DRAM. */
export const bootMemoryTiers: MemoryTierState = {
  types: [{ at: DRAM_TYPE, adistance: MEMTIER_ADISTANCE_DRAM, references: 2, list: DEFAULT_TYPES, site: 0 }],
  nodes: [{ nid: 0, type: DRAM_TYPE, count: 0, isCounted: true }],
  cleared: [],
};

/** The type that a node is mapped to, with its counts; undefined where it has none. */
export const nodeMemoryType = (state: KernelState, nid: number): NodeMemoryType | undefined =>
  state.memoryTier.nodes.find((node) => node.nid === nid);

const report = (k: Kernel, caller: string, rule: MemoryTierMisuse, detail: string, isFatal: boolean): void =>
  k.report({ rule, function: caller, object: "the memory type", detail, isFatal });

const liveType = (k: Kernel, at: Address): MemoryType | undefined => {
  const type = k.state.memoryTier.types.find((candidate) => candidate.at === at);
  const isMemoryLive = at < MEMORY_MAP.heapStart || allocationAround(k, at) !== undefined;
  return isMemoryLive ? type : undefined;
};

/** The type that the kernel is about to use; undefined, and reported, where it uses memory that is none. */
const useType = (k: Kernel, at: Address, caller: string): MemoryType | undefined => {
  const type = liveType(k, at);
  if (type === undefined) {
    const what = at === NULL ? "NULL" : "a pointer that is no live memory type";
    report(k, caller, "memtype-not-live", `${caller}() counts references through ${what}`, true);
  }
  return type;
};

const setTypes = (k: Kernel, types: readonly MemoryType[]): void =>
  update(k, { memoryTier: { ...k.state.memoryTier, types } });

const replaceType = (k: Kernel, old: MemoryType, type: MemoryType): void =>
  setTypes(
    k,
    k.state.memoryTier.types.map((other) => (other === old ? type : other)),
  );

const get = (k: Kernel, at: Address, caller: string): void => {
  const type = useType(k, at, caller);
  if (type !== undefined) replaceType(k, type, { ...type, references: type.references + 1 });
};

const put = (k: Kernel, at: Address, caller: string): void => {
  const type = useType(k, at, caller);
  if (type === undefined) return;
  if (type.references > 1) {
    replaceType(k, type, { ...type, references: type.references - 1 });
    return;
  }
  if (type.list !== NULL || k.state.memoryTier.nodes.some((node) => node.type === at)) {
    const detail = "the last reference is dropped while a list or a node still points to the type, which is freed";
    report(k, caller, "memtype-overput", detail, true);
  }
  setTypes(
    k,
    k.state.memoryTier.types.filter((other) => other !== type),
  );
  if (at >= MEMORY_MAP.heapStart) free(k, at, caller);
};

const setNode = (k: Kernel, nid: number, node: NodeMemoryType | undefined): void => {
  const others = k.state.memoryTier.nodes.filter((other) => other.nid !== nid);
  const nodes = node === undefined ? others : [...others, node].sort((a, b) => a.nid - b.nid);
  const cleared = k.state.memoryTier.cleared.filter((loss) => loss.nid !== nid);
  update(k, { memoryTier: { ...k.state.memoryTier, nodes, cleared } });
};

const ERRNO_POINTER_NOMEM = -ERRNO.ENOMEM;

const allocateType = (k: Kernel, adistance: number, list: Address, caller: string): number => {
  if (failure(k, caller, ALLOCATION) !== 0) return ERRNO_POINTER_NOMEM;
  const site = list === DEFAULT_TYPES ? 0 : k.site; // the kernel's own list owns what is on it
  const at = allocate(k, k.layout.size("memory_dev_type") ?? 64, true, "alloc_memory_type", "kernel", site);
  if (at === NULL) return ERRNO_POINTER_NOMEM;
  const type: MemoryType = { at, adistance, references: 1, list, site: k.site };
  setTypes(
    k,
    [...k.state.memoryTier.types, type].sort((a, b) => a.at - b.at),
  );
  return at;
};

const findOrAllocate = (k: Kernel, adistance: number, list: Address, caller: string): number =>
  k.state.memoryTier.types.find((type) => type.list === list && type.adistance === adistance)?.at ??
  allocateType(k, adistance, list, caller);

const putAll = (k: Kernel, list: Address): void => {
  const caller = "mt_put_memory_types";
  for (const type of k.state.memoryTier.types) {
    if (type.list !== list) continue;
    replaceType(k, type, { ...type, list: NULL });
    put(k, type.at, caller);
  }
};

const TABLE_ACCESS = { what: "writes beside the table of nodes", isFatal: true };

const isMapped = (node: NodeMemoryType | undefined): boolean =>
  node !== undefined && (node.count > 0 || node.isCounted);

const initNode = (k: Kernel, nid: number, type: Address): void => {
  const caller = "init_node_memory_type";
  if (!isNodeInMap(k, nid, caller, TABLE_ACCESS)) return;
  const node = nodeMemoryType(k.state, nid) ?? { nid, type, count: 0, isCounted: false };
  if (node.type !== type) return; // the node has another type: nothing is counted, and nothing is said
  if (!isMapped(node)) {
    if (useType(k, type, caller) === undefined) return;
    get(k, type, caller);
  }
  setNode(k, nid, { ...node, count: node.count + 1 });
};

const clearNode = (k: Kernel, nid: number, type: Address): void => {
  const caller = "clear_node_memory_type";
  if (!isNodeInMap(k, nid, caller, TABLE_ACCESS)) return;
  const node = nodeMemoryType(k.state, nid);
  if (node === undefined) {
    if (type !== NULL) {
      report(k, caller, "memtype-null-put", "the node has no memory type: the kernel puts NULL", true);
    } else {
      report(k, caller, "memtype-unbalanced", "the node has no memory type: its count falls below zero", false);
    }
    return;
  }
  if (node.type !== type && type !== NULL) return; // another type is counted there; nothing happens
  const isOwn = node.count > 0;
  if (!isOwn) {
    const detail = "the node was initialised by the kernel, not by the driver, whose clear takes that count away";
    report(k, caller, "memtype-unbalanced", detail, false);
  }
  const left: NodeMemoryType = isOwn ? { ...node, count: node.count - 1 } : { ...node, isCounted: false };
  if (isMapped(left)) {
    setNode(k, nid, left);
    return;
  }
  setNode(k, nid, undefined);
  put(k, node.type, caller);
  if (nodeHasMemory(k.state, nid)) {
    const detail = "the node has memory online: when its last block goes offline, the kernel will follow NULL";
    report(k, caller, "memtype-cleared-under-memory", detail, false);
    const cleared = [...k.state.memoryTier.cleared, { nid, site: k.site }].sort((a, b) => a.nid - b.nid);
    update(k, { memoryTier: { ...k.state.memoryTier, cleared } });
  }
};

/** What the kernel does when a node gets its first online memory: a node without a type becomes DRAM. */
export const set_node_memory_tier = (k: Kernel, nid: number): void => {
  const node = nodeMemoryType(k.state, nid) ?? { nid, type: DRAM_TYPE, count: 0, isCounted: false };
  if (node.type !== DRAM_TYPE) return;
  if (!isMapped(node)) get(k, DRAM_TYPE, "set_node_memory_tier");
  setNode(k, nid, { ...node, isCounted: true });
};

/** What the kernel does when a node lost its last online memory: it takes the node out of its type. */
export const clear_node_memory_tier = (k: Kernel, nid: number): void => {
  if (nodeMemoryType(k.state, nid) !== undefined) return;
  const detail = "the node's last memory goes offline after its memory type was cleared: the kernel follows NULL";
  const site = k.state.memoryTier.cleared.find((loss) => loss.nid === nid)?.site;
  k.report({
    rule: "memtier-null-memtype" satisfies MemoryTierMisuse,
    function: "clear_node_memory_tier",
    object: "the memory type",
    detail,
    isFatal: true,
    ...(site === undefined ? {} : { site }),
  });
};

export const memoryTierFunctions: KernelFunctions = {
  /** Nobody answers: the distance stays as it is, and the chain's value is NOTIFY_DONE. */
  mt_calc_adistance: atomic({ sleeps: "may", fails: "never" }, () => 0),
  mt_get_memory_type: atomic({ sleeps: "may", fails: "with ERR_PTR" }, (k, call) =>
    findOrAllocate(k, call.i32(0), DEFAULT_TYPES, "mt_get_memory_type"),
  ),
  mt_find_alloc_memory_type: atomic({ sleeps: "may", fails: "with ERR_PTR" }, (k, call) =>
    findOrAllocate(k, call.i32(0), call.address(1), "mt_find_alloc_memory_type"),
  ),
  mt_put_memory_types: atomic({ sleeps: "never" }, (k, call) => {
    putAll(k, call.address(0));
    return 0;
  }),
  alloc_memory_type: atomic({ sleeps: "may", fails: "with ERR_PTR" }, (k, call) =>
    allocateType(k, call.i32(0), NULL, "alloc_memory_type"),
  ),
  put_memory_type: atomic({ sleeps: "never" }, (k, call) => {
    put(k, call.address(0), "put_memory_type");
    return 0;
  }),
  init_node_memory_type: atomic({ sleeps: "may" }, (k, call) => {
    initNode(k, call.i32(0), call.address(1));
    return 0;
  }),
  clear_node_memory_type: atomic({ sleeps: "may" }, (k, call) => {
    clearNode(k, call.i32(0), call.address(1));
    return 0;
  }),
};
