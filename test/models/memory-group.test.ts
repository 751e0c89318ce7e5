import { describe, expect, it } from "vitest";
import { groupHasMemory, memoryGroup } from "../../models/memory-group.ts";
import type { FakeKernel } from "./fake-kernel.ts";
import { BLOCK, c, memoryKernel, rules, START } from "./memory-kernel.ts";

const register = (k: FakeKernel, nid = 1, pages = 1024) => c(k, "memory_group_register_static", nid, pages);
const unregister = (k: FakeKernel, id: number) => c(k, "memory_group_unregister", id);

/** Adds the first block to a group. */
const addTo = (k: FakeKernel, group: number) =>
  c(k, "add_memory_driver_managed", group, START, BLOCK, k.text("System RAM (CXL)"), 4);

describe("memory_group_register_static", () => {
  it("gives 0 as the first id, and reuses a freed one, lowest first", () => {
    const k = memoryKernel();
    expect([register(k), register(k), register(k)]).toEqual([0, 1, 2]);
    unregister(k, 1);
    unregister(k, 0);
    expect([register(k), register(k), register(k)]).toEqual([0, 1, 3]);
  });

  it("remembers node, size and the call", () => {
    const k = memoryKernel();
    k.site = 9;
    const id = register(k);
    expect(memoryGroup(k.state, id)).toEqual({ id: 0, nid: 1, kind: "static", pages: 1024, site: 9 });
  });

  it("refuses zero pages, before it looks at the node", () => {
    const k = memoryKernel();
    expect(register(k, -1, 0)).toBe(-22);
    expect(k.misuse).toEqual([]);
  });

  it("refuses node -1, but reads beside the node mask first", () => {
    const k = memoryKernel();
    expect(register(k, -1)).toBe(-22);
    expect(k.misuse).toMatchObject([{ rule: "wild-node", isFatal: false }]);
  });

  it("refuses an impossible node without a word", () => {
    const k = memoryKernel();
    expect(register(k, 5)).toBe(-22);
    expect(k.misuse).toEqual([]);
    expect(k.asked).toEqual([]);
  });

  it("fails when it cannot allocate, and when all ids are taken", () => {
    const k = memoryKernel("-ENOMEM");
    expect(register(k)).toBe(-12);
    expect(k.state.memoryGroup.groups).toEqual([]);
    for (let id = 0; id < 16; id += 1) expect(register(k)).toBe(id);
    expect(register(k)).toBe(-16);
  });
});

describe("memory_group_register_dynamic", () => {
  it("wants a power of two of at least one block as its unit", () => {
    const k = memoryKernel();
    const pagesOfBlock = BLOCK / 4096;
    const tries = [0, 3 * pagesOfBlock, pagesOfBlock / 2, pagesOfBlock];
    expect(tries.map((unit) => c(k, "memory_group_register_dynamic", 1, unit))).toEqual([-22, -22, -22, 0]);
  });
});

describe("memory_group_unregister", () => {
  it("refuses an id that nobody ever had in silence, and complains of one twice", () => {
    const k = memoryKernel();
    const id = register(k);
    expect(unregister(k, -1)).toBe(-22);
    expect(unregister(k, 7)).toBe(-22);
    expect(k.misuse).toEqual([]);
    expect(unregister(k, id)).toBe(0);
    expect(unregister(k, id)).toBe(-22);
    expect(rules(k)).toEqual(["group-unknown"]);
  });

  it("refuses while a block is in the group, and changes nothing", () => {
    const k = memoryKernel();
    const id = register(k);
    addTo(k, id);
    const before = k.state;
    expect(groupHasMemory(k.state, id)).toBe(true);
    expect(unregister(k, id)).toBe(-16);
    expect(k.state).toBe(before);
    expect(rules(k)).toEqual(["group-busy"]);
  });

  it("succeeds once the memory is gone", () => {
    const k = memoryKernel();
    const id = register(k);
    addTo(k, id);
    c(k, "offline_and_remove_memory", START, BLOCK);
    expect(k.state.memoryGroup.groups.filter((group) => !groupHasMemory(k.state, group.id))).toMatchObject([{ id }]);
    expect(unregister(k, id)).toBe(0);
    expect(k.misuse).toEqual([]);
  });
});
