import { describe, expect, it } from "vitest";
import { isNodeInUse, isNodeOnline, nodeHasMemory } from "../../models/numa.ts";
import type { FakeKernel } from "./fake-kernel.ts";
import { BLOCK, c, memoryKernel, START } from "./memory-kernel.ts";

const STATES = { possible: 0, online: 1, memory: 3, cpu: 4 } as const;

const isIn = (k: FakeKernel, nid: number, state: keyof typeof STATES) => c(k, "node_state", nid, STATES[state]) === 1;

describe("a node's states", () => {
  it("hold from boot on for the node with the CPUs", () => {
    const k = memoryKernel();
    expect(Object.keys(STATES).filter((state) => isIn(k, 0, state as keyof typeof STATES))).toEqual(
      Object.keys(STATES),
    );
  });

  it("follow the memory of the other one: online with its blocks, in N_MEMORY with its online blocks", () => {
    const k = memoryKernel();
    const seen = () => [isIn(k, 1, "online"), isIn(k, 1, "memory")];
    expect(isIn(k, 1, "possible")).toBe(true);
    expect(seen()).toEqual([false, false]);
    c(k, "__add_memory_driver_managed", 1, START, BLOCK, k.text("System RAM (CXL)"), 0, 0);
    expect(seen()).toEqual([true, false]);
    expect([isNodeInUse(k.state, 1), isNodeOnline(k.state, 1), nodeHasMemory(k.state, 1)]).toEqual([true, true, false]);
    c(k, "remove_memory", START, BLOCK);
    c(k, "__add_memory_driver_managed", 1, START, BLOCK, k.text("System RAM (CXL)"), 0, 3);
    expect(seen()).toEqual([true, true]);
    expect(c(k, "num_node_state", STATES.memory)).toBe(2);
    c(k, "offline_and_remove_memory", START, BLOCK);
    expect(seen()).toEqual([false, false]);
  });

  it("are no states for a number outside the mask, which is read all the same", () => {
    const k = memoryKernel();
    expect(isIn(k, -1, "possible")).toBe(false);
    expect(isIn(k, 64, "possible")).toBe(false);
    expect(isIn(k, 63, "possible")).toBe(false);
    expect(k.misuse.map(({ rule, isFatal }) => [rule, isFatal])).toEqual([
      ["wild-node", false],
      ["wild-node", false],
    ]);
  });
});

describe("the node of an address", () => {
  it("is what the environment decided", () => {
    const k = memoryKernel();
    k.state = { ...k.state, numa: { ...k.state.numa, targetNode: -1, addNode: 0 } };
    expect(c(k, "phys_to_target_node", START)).toBe(-1);
    expect(c(k, "memory_add_physaddr_to_nid", START)).toBe(0);
  });

  it("maps to an online one", () => {
    const k = memoryKernel();
    expect([-1, 0, 1].map((nid) => c(k, "numa_map_to_online_node", nid))).toEqual([-1, 0, 0]);
  });
});
