import { describe, expect, it } from "vitest";
import { type Address, NULL } from "../../abi/address.ts";
import { offlineBlock, onlineBlock } from "../../models/memory-hotplug.ts";
import { bootMemoryTiers, DEFAULT_TYPES, nodeMemoryType } from "../../models/memory-tier.ts";
import { type FakeKernel, run } from "./fake-kernel.ts";
import { BLOCK, c, memoryKernel, rules, START } from "./memory-kernel.ts";

const LOWTIER = 2880;
const DRAM = 576;
const FIRST_ID = START / BLOCK;

const getType = (k: FakeKernel, adistance = LOWTIER) => c(k, "mt_get_memory_type", adistance) as Address;
const init = (k: FakeKernel, nid: number, type: number) => c(k, "init_node_memory_type", nid, type);
const clear = (k: FakeKernel, nid: number, type: number) => c(k, "clear_node_memory_type", nid, type);
const count = (k: FakeKernel, nid: number) => nodeMemoryType(k.state, nid)?.count;

const add = (k: FakeKernel, nid = 1, onlineType = 3) =>
  c(k, "__add_memory_driver_managed", nid, START, BLOCK, k.text("System RAM (CXL)"), 0, onlineType);
const remove = (k: FakeKernel) => c(k, "offline_and_remove_memory", START, BLOCK);

/** The types that are on a list of a driver's own, or on none. */
const driversTypes = (k: FakeKernel) => k.state.memoryTier.types.filter(({ list }) => list !== DEFAULT_TYPES);

describe("a memory type", () => {
  it("is found again by its distance, and stays the kernel's", () => {
    const k = memoryKernel();
    const type = getType(k);
    expect(getType(k)).toBe(type);
    expect(k.asked).toEqual([["mt_get_memory_type", "succeeds"]]);
    expect(k.state.slab.live).toMatchObject([{ at: type, owner: "kernel", site: 0 }]);
    expect(driversTypes(k)).toEqual([]);
  });

  it("is an error pointer when it cannot be allocated", () => {
    const k = memoryKernel("-ENOMEM");
    expect(getType(k)).toBe(-12);
    expect(k.state.memoryTier).toEqual(bootMemoryTiers);
  });

  it("belongs to the driver on a list of its own, until the list is put", () => {
    const k = memoryKernel();
    const list = k.variable(16);
    const type = c(k, "mt_find_alloc_memory_type", LOWTIER, list);
    expect(c(k, "mt_find_alloc_memory_type", LOWTIER, list)).toBe(type);
    expect(getType(k)).not.toBe(type);
    expect(driversTypes(k)).toHaveLength(1);
    c(k, "mt_put_memory_types", list);
    expect(driversTypes(k)).toEqual([]);
    expect(k.state.slab.live).toHaveLength(1);
    expect(k.misuse).toEqual([]);
  });

  it("outlives its list while a node has it", () => {
    const k = memoryKernel();
    const list = k.variable(16);
    const type = c(k, "mt_find_alloc_memory_type", LOWTIER, list);
    init(k, 1, type);
    c(k, "mt_put_memory_types", list);
    expect(driversTypes(k)).toHaveLength(1);
    clear(k, 1, type);
    expect(driversTypes(k)).toEqual([]);
    expect(k.state.slab.live).toEqual([]);
    expect(k.misuse).toEqual([]);
  });

  it("is gone after the put of its allocator, and unusable then", () => {
    const k = memoryKernel();
    const type = c(k, "alloc_memory_type", LOWTIER);
    c(k, "put_memory_type", type);
    expect(k.state.slab.live).toEqual([]);
    c(k, "put_memory_type", type);
    expect(k.misuse).toMatchObject([{ rule: "memtype-not-live", isFatal: true }]);
  });

  it("must not be put by a borrower, since its list still points to it", () => {
    const k = memoryKernel();
    c(k, "put_memory_type", getType(k));
    expect(k.misuse).toMatchObject([{ rule: "memtype-overput", isFatal: true }]);
  });
});

describe("init_node_memory_type and clear_node_memory_type", () => {
  it("balance", () => {
    const k = memoryKernel();
    const type = getType(k);
    const before = k.state;
    init(k, 1, type);
    init(k, 1, type);
    expect([count(k, 1), k.state.memoryTier.nodes.reduce((sum, node) => sum + node.count, 0)]).toEqual([2, 2]);
    clear(k, 1, type);
    expect(count(k, 1)).toBe(1);
    clear(k, 1, NULL);
    expect(k.state).toEqual(before);
    expect(k.misuse).toEqual([]);
  });

  it("do nothing, silently, to a node of another type", () => {
    const k = memoryKernel();
    const type = getType(k);
    init(k, 0, type);
    clear(k, 0, type);
    expect(k.state.memoryTier.nodes).toEqual(bootMemoryTiers.nodes);
    expect(k.misuse).toEqual([]);
  });

  it("put NULL when the node was never initialised", () => {
    const k = memoryKernel();
    clear(k, 1, getType(k));
    expect(k.misuse).toMatchObject([{ rule: "memtype-null-put", isFatal: true }]);
  });

  it("count below zero when a node without a type is cleared of any", () => {
    const k = memoryKernel();
    clear(k, 1, NULL);
    expect(k.misuse).toMatchObject([{ rule: "memtype-unbalanced", isFatal: false }]);
  });

  it("write beside the table for a node that is none", () => {
    const k = memoryKernel();
    init(k, -1, getType(k));
    clear(k, -1, getType(k));
    expect(k.misuse.map(({ rule, isFatal }) => [rule, isFatal])).toEqual([
      ["wild-node", true],
      ["wild-node", true],
    ]);
  });

  it("do not take an error pointer", () => {
    const k = memoryKernel();
    init(k, 1, 2 ** 32 - 12);
    expect(rules(k)).toEqual(["memtype-not-live"]);
    expect(nodeMemoryType(k.state, 1)).toBeUndefined();
  });
});

describe("a node that gets its first memory", () => {
  it("keeps the type that the driver gave it", () => {
    const k = memoryKernel();
    const type = getType(k);
    init(k, 1, type);
    add(k);
    expect(nodeMemoryType(k.state, 1)).toEqual({ nid: 1, type, count: 1, isCounted: false });
    remove(k);
    clear(k, 1, type);
    expect(nodeMemoryType(k.state, 1)).toBeUndefined();
    expect(k.misuse).toEqual([]);
  });

  it("becomes DRAM without one, and stays so when the memory is gone", () => {
    const k = memoryKernel();
    add(k);
    const dram = bootMemoryTiers.types[0]!.at;
    expect(nodeMemoryType(k.state, 1)).toEqual({ nid: 1, type: dram, count: 0, isCounted: true });
    remove(k);
    expect(nodeMemoryType(k.state, 1)).toEqual({ nid: 1, type: dram, count: 0, isCounted: true });
  });

  it("is counted once more by the kernel when it is given the DRAM type, so that a clear never empties it", () => {
    const k = memoryKernel();
    const dram = getType(k, DRAM);
    init(k, 1, dram);
    add(k);
    remove(k);
    clear(k, 1, dram);
    expect(nodeMemoryType(k.state, 1)).toEqual({ nid: 1, type: dram, count: 0, isCounted: true });
    clear(k, 1, dram);
    expect(rules(k)).toEqual(["memtype-unbalanced"]);
  });
});

describe("a type that is cleared under the memory of its node", () => {
  const cleared = () => {
    const k = memoryKernel();
    const type = getType(k);
    init(k, 1, type);
    add(k);
    clear(k, 1, type);
    return { k, type };
  };

  it("is reported at once", () => {
    const { k } = cleared();
    expect(k.misuse).toMatchObject([{ rule: "memtype-cleared-under-memory", isFatal: false }]);
  });

  it("makes the kernel follow NULL when the last block goes offline", () => {
    const { k } = cleared();
    run(k, offlineBlock(FIRST_ID));
    expect(k.misuse[1]).toMatchObject({ rule: "memtier-null-memtype", isFatal: true });
  });

  it("does no harm when another one was initialised in between", () => {
    const { k, type } = cleared();
    init(k, 1, type);
    run(k, offlineBlock(FIRST_ID));
    expect(rules(k)).toEqual(["memtype-cleared-under-memory"]);
  });

  it("does no harm to memory that is offline", () => {
    const k = memoryKernel();
    const type = getType(k);
    init(k, 1, type);
    add(k, 1, 0);
    clear(k, 1, type);
    expect(k.misuse).toEqual([]);
    run(k, onlineBlock(FIRST_ID, 3));
    expect(nodeMemoryType(k.state, 1)?.isCounted).toBe(true);
  });
});

describe("mt_calc_adistance", () => {
  it("leaves the distance as it is", () => {
    const k = memoryKernel();
    const distance = k.variable(8);
    k.memory.setU32(distance, LOWTIER);
    expect(c(k, "mt_calc_adistance", 1, distance)).toBe(0);
    expect(k.memory.u32(distance)).toBe(LOWTIER);
  });
});
