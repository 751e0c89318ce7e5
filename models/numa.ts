import { atomic, type Kernel, type KernelFunctions, type KernelState } from "./kernel.ts";

/**
 * Models which NUMA nodes there are, which of them are in use, and which one an address belongs to.
 *
 * Kept:    a node that firmware did not announce is not possible; a node is online from boot on, or while it has memory
 *          blocks; it is in N_MEMORY from boot on, or while one of its blocks is online; an address may belong to no
 *          node that firmware knows of, and then another one answers for it.
 * Dropped: nodes that a CPU brings online; private nodes (N_MEMORY_PRIVATE); what an address says of its node: the
 *          environment decides that for all addresses before the probe; a removal over blocks of several nodes, which
 *          takes only the last node offline.
 * Source:  include/linux/nodemask.h, arch/x86/mm/numa.c (phys_to_target_node, memory_add_physaddr_to_nid),
 *          mm/memory_hotplug.c (try_offline_node).
 */
export interface NumaState {
  /** Nodes that may ever exist, in ascending order. */
  readonly possible: readonly number[];
  /** Nodes that have CPUs and memory since boot. */
  readonly boot: readonly number[];
  /** What phys_to_target_node() answers; NUMA_NO_NODE where firmware says nothing. */
  readonly targetNode: number;
  /** What memory_add_physaddr_to_nid() answers; never negative on x86. */
  readonly addNode: number;
}

/** What the driver did with a node number that it must not do. */
export type NumaMisuse = "wild-node";

/** Node 0 has the CPUs, node 1 is the one that firmware gives to the region. */
export const twoNodes: NumaState = { possible: [0, 1], boot: [0], targetNode: 1, addNode: 0 };

const NUMA_NO_NODE = -1;

/** Bits in a node mask: CONFIG_NODES_SHIFT is 6, as driver/include/generated/autoconf.h has it. */
const MAX_NUMNODES = 64;

export const isNodePossible = (state: KernelState, nid: number): boolean => state.numa.possible.includes(nid);

/** Whether the node has memory blocks, online or not. */
export const isNodeInUse = (state: KernelState, nid: number): boolean =>
  state.memoryHotplug.blocks.some((block) => block.nid === nid);

export const isNodeOnline = (state: KernelState, nid: number): boolean =>
  state.numa.boot.includes(nid) || isNodeInUse(state, nid);

/** Whether the node is in N_MEMORY. */
export const nodeHasMemory = (state: KernelState, nid: number): boolean =>
  state.numa.boot.includes(nid) ||
  state.memoryHotplug.blocks.some((block) => block.nid === nid && block.state === "online");

/** Whether a driver's node number indexes inside the kernel's node tables; reports it where it does not. */
export const isNodeInMap = (
  k: Kernel,
  nid: number,
  caller: string,
  access: { readonly what: string; readonly isFatal: boolean },
): boolean => {
  if (nid >= 0 && nid < MAX_NUMNODES) return true;
  k.report({
    rule: "wild-node" satisfies NumaMisuse,
    function: caller,
    object: "the NUMA node",
    detail: `${caller}() with node ${nid} ${access.what}`,
    isFatal: access.isFatal,
  });
  return false;
};

const MASK_READ = { what: "reads beside the node mask, which KASAN reports", isFatal: false };

/** Whether a driver's node number can be looked up in a node mask; reports it where the look-up reads beside it. */
export const isInNodeMask = (k: Kernel, nid: number, caller: string): boolean => isNodeInMap(k, nid, caller, MASK_READ);

/** `enum node_states` (include/linux/nodemask.h), without CONFIG_HIGHMEM. */
const NODE_STATES: readonly ((state: KernelState, nid: number) => boolean)[] = [
  isNodePossible,
  isNodeOnline,
  nodeHasMemory, // N_NORMAL_MEMORY: movable memory alone does not count there, which no driver looks at
  nodeHasMemory,
  (state, nid) => state.numa.boot.includes(nid), // N_CPU
];

const nodeState = (k: Kernel, nid: number, which: number): number =>
  isInNodeMask(k, nid, "node_state") && NODE_STATES[which]?.(k.state, nid) === true ? 1 : 0;

export const numaFunctions: KernelFunctions = {
  phys_to_target_node: atomic({ sleeps: "never", fails: "never" }, (k) => k.state.numa.targetNode),
  memory_add_physaddr_to_nid: atomic({ sleeps: "never", fails: "never" }, (k) => k.state.numa.addNode),
  numa_map_to_online_node: atomic({ sleeps: "never", fails: "never" }, (k, call) => {
    const nid = call.i32(0);
    return nid === NUMA_NO_NODE || isNodeOnline(k.state, nid) ? nid : (k.state.numa.boot[0] ?? nid);
  }),
  node_state: atomic({ sleeps: "never", fails: "never" }, (k, call) => nodeState(k, call.i32(0), call.u32(1))),
  num_node_state: atomic({ sleeps: "never", fails: "never" }, (k, call) => {
    const has = NODE_STATES[call.u32(0)];
    return has === undefined ? 0 : k.state.numa.possible.filter((nid) => has(k.state, nid)).length;
  }),
};
