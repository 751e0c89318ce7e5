import { describe, expect, it } from "vitest";
import { type Address, address, NULL } from "../../abi/address.ts";
import {
  endOf,
  hasLiveName,
  IORESOURCE,
  insertKernelResource,
  nameOf,
  readProcIomem,
  release_mem_region_adjustable,
  removeKernelResource,
  resourcesIn,
  resourcesOf,
  startOf,
  treeResource,
} from "../../models/iomem.ts";
import { isFreed } from "../../models/slab.ts";
import type { FakeKernel } from "./fake-kernel.ts";
import { BLOCK, c, memoryKernel, request, rules, START } from "./memory-kernel.ts";

const pointer = (k: FakeKernel, at: Address, field: string): Address =>
  k.memory.pointer(address(at + k.layout.offset("resource", field)!));

const setFlags = (k: FakeKernel, at: Address, flags: number): void =>
  k.memory.setU64(address(at + k.layout.offset("resource", "flags")!), flags);

const window = (k: FakeKernel): Address =>
  insertKernelResource(k, {
    start: START,
    size: 4 * BLOCK,
    name: "CXL Window 0",
    flags: IORESOURCE.MEM,
    owner: "cxl region",
    site: 0,
    function: "boot",
  });

/** A driver's resource that is no longer busy. */
const openResource = (k: FakeKernel): Address => {
  const at = request(k, START, 2 * BLOCK, "cxl_sysram0");
  setFlags(k, at, IORESOURCE.SYSTEM_RAM);
  return at;
};

/** A resource of the driver's own making, outside the tree. */
const ownResource = (k: FakeKernel, start: number, size: number, flags: number = IORESOURCE.MEM): Address => {
  const at = k.variable(k.layout.size("resource")!);
  k.memory.setU64(address(at + k.layout.offset("resource", "start")!), start);
  k.memory.setU64(address(at + k.layout.offset("resource", "end")!), start + size - 1);
  k.memory.setPointer(address(at + k.layout.offset("resource", "name")!), k.text("own"));
  setFlags(k, at, flags);
  return at;
};

describe("request_mem_region", () => {
  it("gives a busy resource with its range, its name pointer and its parent's type", () => {
    const k = memoryKernel();
    const name = k.text("cxl_sysram0");
    const at = request(k, START, 2 * BLOCK, name);
    expect(startOf(k, at)).toBe(START);
    expect(endOf(k, at)).toBe(START + 2 * BLOCK - 1);
    expect(pointer(k, at, "name")).toBe(name);
    expect(pointer(k, at, "parent")).toBe(k.state.iomem.root);
    expect(k.memory.u32(address(at + k.layout.offset("resource", "flags")!))).toBe(IORESOURCE.BUSY + IORESOURCE.MEM);
    expect(treeResource(k.state, at)).toEqual({ at, parent: k.state.iomem.root, owner: "driver", site: 1 });
  });

  it("gives NULL over a busy resource, and asks nothing", () => {
    const k = memoryKernel();
    request(k, START, 2 * BLOCK, "first");
    const asked = k.asked.length;
    expect(request(k, START, 2 * BLOCK, "second")).toBe(NULL);
    expect(request(k, START + BLOCK, BLOCK, "inside")).toBe(NULL);
    expect(k.asked.length).toBe(asked);
  });

  it("nests in a resource whose busy flag was cleared", () => {
    const k = memoryKernel();
    const outer = openResource(k);
    const inner = request(k, START, 2 * BLOCK, "again");
    expect(pointer(k, inner, "parent")).toBe(outer);
    expect(pointer(k, outer, "child")).toBe(inner);
  });

  it("gives NULL where it overlaps the end of a resource", () => {
    const k = memoryKernel();
    openResource(k);
    expect(request(k, START + BLOCK, 2 * BLOCK, "beyond")).toBe(NULL);
  });

  it("gives NULL for no bytes", () => {
    expect(request(memoryKernel(), START, 0, "nothing")).toBe(NULL);
  });

  it("gives NULL when the node cannot be allocated, which no caller can tell from a conflict", () => {
    const k = memoryKernel("NULL (-ENOMEM)");
    expect(request(k, START, BLOCK, "cxl_sysram0")).toBe(NULL);
    expect(k.state.iomem.resources).toEqual([]);
    expect(k.state.slab.live).toEqual([]);
  });

  it("goes down through windows, and lists siblings in the order of their ranges", () => {
    const k = memoryKernel();
    const cxl = window(k);
    const second = request(k, START + BLOCK, BLOCK, "second");
    const first = request(k, START, BLOCK, "first");
    expect(pointer(k, cxl, "child")).toBe(first);
    expect(pointer(k, first, "sibling")).toBe(second);
    expect(pointer(k, second, "sibling")).toBe(NULL);
  });
});

describe("release_mem_region", () => {
  it("takes a busy resource of exactly that range out and frees it", () => {
    const k = memoryKernel();
    request(k, START, BLOCK, "cxl_sysram0");
    c(k, "__release_region", k.state.iomem.root, START, BLOCK);
    expect(k.state.iomem.resources).toEqual([]);
    expect(k.state.slab.live).toEqual([]);
    expect(k.misuse).toEqual([]);
  });

  it("complains of a nonexistent resource on the exact range of one that is not busy, and changes nothing", () => {
    const k = memoryKernel();
    openResource(k);
    const before = k.state;
    c(k, "__release_region", k.state.iomem.root, START, 2 * BLOCK);
    expect(rules(k)).toEqual(["release-nonexistent-region"]);
    expect(k.state).toEqual(before);
  });

  it("complains of a part of a busy resource", () => {
    const k = memoryKernel();
    request(k, START, 2 * BLOCK, "cxl_sysram0");
    c(k, "__release_region", k.state.iomem.root, START, BLOCK);
    expect(rules(k)).toEqual(["release-nonexistent-region"]);
  });
});

describe("remove_resource", () => {
  it("returns 0, moves the children up and clears the resource's own parent pointer", () => {
    const k = memoryKernel();
    const cxl = window(k);
    const outer = openResource(k);
    const inner = request(k, START, BLOCK, "inner");
    expect(c(k, "remove_resource", outer)).toBe(0);
    expect(pointer(k, inner, "parent")).toBe(cxl);
    expect(pointer(k, outer, "parent")).toBe(NULL);
    expect(treeResource(k.state, inner)?.parent).toBe(cxl);
    expect(k.misuse).toEqual([]);
  });

  it("follows NULL when it is called twice for one resource", () => {
    const k = memoryKernel();
    const at = openResource(k);
    c(k, "remove_resource", at);
    c(k, "remove_resource", at);
    expect(k.misuse).toMatchObject([{ rule: "resource-not-in-tree", isFatal: true }]);
  });

  it("uses freed memory when the resource was freed first", () => {
    const k = memoryKernel();
    const at = openResource(k);
    c(k, "kfree", at);
    expect(k.state.iomem.resources.filter((resource) => isFreed(k.state, resource.at))).toHaveLength(1);
    c(k, "remove_resource", at);
    expect(k.misuse).toMatchObject([{ rule: "use-after-free", object: "the resource", isFatal: true }]);
  });

  it("follows NULL when it gets NULL", () => {
    const k = memoryKernel();
    c(k, "remove_resource", NULL);
    expect(k.misuse).toMatchObject([{ rule: "wild-pointer", isFatal: true }]);
  });
});

describe("release_resource", () => {
  it("returns 0 and takes the child out of the tree with the resource, so that the range is free", () => {
    const k = memoryKernel();
    const outer = openResource(k);
    request(k, START, 2 * BLOCK, "inner");
    expect(c(k, "release_resource", outer)).toBe(0);
    expect(k.state.iomem.resources).toEqual([]);
    expect(request(k, START, 2 * BLOCK, "next")).not.toBe(NULL);
  });
});

describe("a resource that was freed in the tree", () => {
  it("makes the next walk oops, at the call that requested it", () => {
    const k = memoryKernel();
    k.site = 7;
    const at = openResource(k);
    c(k, "kfree", at);
    k.site = 8;
    request(k, START, BLOCK, "next");
    expect(k.misuse).toMatchObject([{ rule: "resource-use-after-free", site: 7, isFatal: true }]);
  });

  it("keeps its place in the heap from being handed out again", () => {
    const k = memoryKernel();
    const at = openResource(k);
    c(k, "kfree", at);
    expect(c(k, "kzalloc", 64, 0)).not.toBe(at);
  });
});

describe("request_resource and insert_resource", () => {
  it("puts the driver's own resource in, and refuses one that overlaps", () => {
    const k = memoryKernel();
    const { root } = k.state.iomem;
    const own = ownResource(k, START, BLOCK);
    expect(c(k, "request_resource", root, own)).toBe(0);
    expect(c(k, "request_resource", root, ownResource(k, START, BLOCK))).toBe(-16);
    expect(c(k, "request_resource_conflict", root, ownResource(k, START, BLOCK))).toBe(own);
  });

  it("inserts above the resources that it covers, and beside the others", () => {
    const k = memoryKernel();
    const { root } = k.state.iomem;
    const cxl = window(k);
    const a = request(k, START, BLOCK, "a");
    const b = request(k, START + BLOCK, BLOCK, "b");
    const far = request(k, START + 3 * BLOCK, BLOCK, "far");
    const own = ownResource(k, START, 2 * BLOCK);
    expect(c(k, "insert_resource", root, own)).toBe(0);
    expect([a, b, far].map((at) => treeResource(k.state, at)?.parent)).toEqual([own, own, cxl]);
    expect(pointer(k, own, "child")).toBe(a);
    expect(pointer(k, own, "sibling")).toBe(far);
    expect(pointer(k, b, "sibling")).toBe(NULL);
  });

  it("refuses to insert across the end of a resource", () => {
    const k = memoryKernel();
    request(k, START, 2 * BLOCK, "a");
    expect(c(k, "insert_resource", k.state.iomem.root, ownResource(k, START + BLOCK, 2 * BLOCK))).toBe(-16);
  });

  it("warns of a resource that is inserted twice", () => {
    const k = memoryKernel();
    const own = ownResource(k, START, BLOCK);
    c(k, "insert_resource", k.state.iomem.root, own);
    expect(c(k, "insert_resource", k.state.iomem.root, own)).toBe(-16);
    expect(rules(k)).toEqual(["resource-inserted-twice"]);
  });
});

describe("adjust_resource", () => {
  it("moves the ends of a resource around its children and between its siblings", () => {
    const k = memoryKernel();
    window(k);
    const outer = openResource(k);
    request(k, START + BLOCK, BLOCK, "child");
    request(k, START + 2 * BLOCK, BLOCK, "sibling");
    expect(c(k, "adjust_resource", outer, START, BLOCK)).toBe(-16);
    expect(c(k, "adjust_resource", outer, START + BLOCK, 2 * BLOCK)).toBe(-16);
    expect(c(k, "adjust_resource", outer, START + BLOCK, BLOCK)).toBe(0);
    expect(startOf(k, outer)).toBe(START + BLOCK);
  });
});

describe("region_intersects", () => {
  const ask = (k: FakeKernel, start: number, size: number) =>
    ["intersects", "disjoint", "mixed"][c(k, "region_intersects", start, size, IORESOURCE.SYSTEM_RAM, 0)];

  it("looks for System RAM inside windows too", () => {
    const k = memoryKernel();
    window(k);
    expect(ask(k, START, BLOCK)).toBe("disjoint");
    openResource(k);
    expect(ask(k, START, BLOCK)).toBe("intersects");
    expect(ask(k, START + BLOCK, 2 * BLOCK)).toBe("mixed");
  });
});

describe("walk_iomem_res_desc", () => {
  it("calls back with a copy of the part of each match that lies in the range", () => {
    const k = memoryKernel();
    window(k);
    openResource(k);
    const seen: number[][] = [];
    const function_ = address(5);
    k.driver.set(function_, (kernel, [copy]) => {
      seen.push([startOf(kernel, address(copy!)), endOf(kernel, address(copy!))]);
      return 0;
    });
    const flags = IORESOURCE.SYSTEM_RAM;
    const before = k.state.slab.live;
    expect(c(k, "walk_iomem_res_desc", 0, flags, START + BLOCK, START + 4 * BLOCK - 1, 9, function_)).toBe(0);
    expect(seen).toEqual([[START + BLOCK, START + 2 * BLOCK - 1]]);
    expect(k.callbacks[0]!.arguments[1]).toBe(9);
    expect(k.state.slab.live).toEqual(before);
    expect(c(k, "walk_iomem_res_desc", 0, flags, START + 3 * BLOCK, START + 4 * BLOCK - 1, 9, function_)).toBe(-22);
  });
});

describe("release_mem_region_adjustable", () => {
  const busy = (k: FakeKernel) => {
    openResource(k);
    return request(k, START, 2 * BLOCK, "System RAM (CXL)");
  };
  const ranges = (k: FakeKernel) =>
    resourcesIn(k, START, 4 * BLOCK)
      .filter(({ at }) => nameOf(k, at).startsWith("System RAM"))
      .map(({ at }) => [(startOf(k, at) - START) / BLOCK, (endOf(k, at) + 1 - START) / BLOCK]);

  it("frees the busy resource of just that range, and leaves the one around it", () => {
    const k = memoryKernel();
    busy(k);
    release_mem_region_adjustable(k, START, 2 * BLOCK);
    expect(k.state.iomem.resources.map(({ at }) => nameOf(k, at))).toEqual(["cxl_sysram0"]);
    expect(k.state.slab.live).toHaveLength(1);
  });

  it("cuts off the lower or the upper part", () => {
    const k = memoryKernel();
    busy(k);
    release_mem_region_adjustable(k, START, BLOCK);
    expect(ranges(k)).toEqual([[1, 2]]);
    const other = memoryKernel();
    busy(other);
    release_mem_region_adjustable(other, START + BLOCK, BLOCK);
    expect(ranges(other)).toEqual([[0, 1]]);
  });

  it("splits in two where the middle goes", () => {
    const k = memoryKernel();
    request(k, START, 3 * BLOCK, "System RAM (CXL)");
    release_mem_region_adjustable(k, START + BLOCK, BLOCK);
    expect(ranges(k)).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  it("does nothing where no busy resource covers the whole range", () => {
    const k = memoryKernel();
    openResource(k);
    request(k, START + BLOCK, BLOCK, "System RAM (CXL)");
    const before = k.state;
    release_mem_region_adjustable(k, START, 2 * BLOCK);
    expect(k.state).toBe(before);
    expect(k.misuse).toEqual([]);
  });
});

describe("/proc/iomem", () => {
  it("lists the tree, indented", () => {
    const k = memoryKernel();
    window(k);
    openResource(k);
    request(k, START, BLOCK, "System RAM (CXL)");
    expect(readProcIomem(k)).toEqual([
      "20000000-3fffffff : CXL Window 0",
      "  20000000-2fffffff : cxl_sysram0",
      "    20000000-27ffffff : System RAM (CXL)",
    ]);
    expect(k.misuse).toEqual([]);
  });

  it("shows poison for a name that was freed, since names are not copied, and reports the read", () => {
    const k = memoryKernel();
    const name = c(k, "kasprintf", 0, "cxl_sysram0") as Address;
    k.site = 3;
    const at = request(k, START, BLOCK, name);
    k.site = 0;
    expect(hasLiveName(k, at)).toBe(true);
    c(k, "kfree", name);
    expect(hasLiveName(k, at)).toBe(false);
    expect(readProcIomem(k)[0]).toContain(": kkkkkkkk"); // 0x6b
    expect(k.misuse).toMatchObject([
      {
        rule: "resource-name-use-after-free",
        function: "r_show",
        object: "the resource's name",
        site: 3,
        isFatal: false,
      },
    ]);
  });

  it("shows <BAD> for no name at all", () => {
    const k = memoryKernel();
    request(k, START, BLOCK, NULL);
    expect(readProcIomem(k)).toEqual(["20000000-27ffffff : <BAD>"]);
  });
});

describe("resources of the kernel's own", () => {
  it("belong to the kernel, and cannot be made to fail", () => {
    const k = memoryKernel();
    const cxl = window(k);
    expect(k.asked).toEqual([]);
    expect(resourcesOf(k.state, "cxl region").map(({ at }) => at)).toEqual([cxl]);
    expect(k.state.slab.live).toMatchObject([{ site: 0, owner: "kernel" }]);
  });

  it("give their children to their parent when they go", () => {
    const k = memoryKernel();
    const cxl = window(k);
    const left = request(k, START, BLOCK, "left behind");
    removeKernelResource(k, cxl, "cxl_region_iomem_release");
    expect(treeResource(k.state, left)?.parent).toBe(k.state.iomem.root);
    expect(readProcIomem(k)).toEqual(["20000000-27ffffff : left behind"]);
  });

  it("find no place over a busy one", () => {
    const k = memoryKernel();
    request(k, START, 4 * BLOCK, "in the way");
    expect(window(k)).toBe(NULL);
  });
});
