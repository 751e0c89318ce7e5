import { describe, expect, it } from "vitest";
import { address, NULL } from "../../abi/address.ts";
import { classStart, POISON_FREE, POISON_INUSE, SLOTS_PER_CLASS } from "../../abi/memory-map.ts";
import {
  allocate,
  allocationOf,
  driverAllocations,
  free,
  isFreed,
  isUsable,
  ZERO_SIZE_PTR,
} from "../../models/slab.ts";
import { c, coreKernel, rules } from "./core-kernel.ts";
import type { FakeKernel } from "./fake-kernel.ts";

const GFP_KERNEL = 0xcc0;
const GFP_ZERO = 0x100;

const bytes = (k: FakeKernel, at: number, length: number): readonly number[] =>
  Array.from({ length }, (_, index) => k.memory.u8(address(at + index)));

describe("allocation", () => {
  it("gives garbage, or zeros where they are asked for", () => {
    const k = coreKernel();
    expect(bytes(k, c(k, "kmalloc", 3, GFP_KERNEL), 3)).toEqual([POISON_INUSE, POISON_INUSE, POISON_INUSE]);
    expect(bytes(k, c(k, "kzalloc", 3, GFP_KERNEL), 3)).toEqual([0, 0, 0]);
    expect(bytes(k, c(k, "kmalloc", 3, GFP_KERNEL | GFP_ZERO), 3)).toEqual([0, 0, 0]);
    expect(bytes(k, c(k, "kcalloc", 3, 1, GFP_KERNEL), 3)).toEqual([0, 0, 0]);
  });

  it.each([
    ["kmalloc", [8, 0]],
    ["kzalloc", [8, 0]],
    ["kmalloc_node", [8, 0, 1]],
    ["kzalloc_node", [8, 0, 1]],
    ["kcalloc", [2, 8, 0]],
    ["kmalloc_array", [2, 8, 0]],
    ["kvmalloc", [8, 0]],
    ["kvzalloc", [8, 0]],
    ["kvcalloc", [2, 8, 0]],
    ["kvmalloc_array", [2, 8, 0]],
    ["krealloc", [0, 8, 0]],
    ["krealloc_array", [0, 2, 8, 0]],
    ["kstrdup", ["text", 0]],
    ["kstrdup_const", ["text", 0]],
    ["kstrndup", ["text", 2, 0]],
    ["kmemdup", ["text", 4, 0]],
    ["kmemdup_nul", ["text", 4, 0]],
    ["kasprintf", [0, "text"]],
  ] as const)("lets %s() fail, and the driver own what it gives", (name, values) => {
    const k = coreKernel("-ENOMEM");
    const passed = values.map((value) => (typeof value === "string" && name !== "kasprintf" ? k.text(value) : value));
    expect(c(k, name, ...passed)).toBe(NULL);
    expect(k.state.slab.live).toEqual([]);
    const at = c(k, name, ...passed);
    expect(driverAllocations(k.state.slab)).toMatchObject([{ at, function: name, site: k.site }]);
    expect(k.asked.map(([question]) => question)).toEqual([name, name]);
  });

  it("gives no memory for a product that overflows, nor for more than a page, without a question", () => {
    const k = coreKernel();
    expect(c(k, "kcalloc", 2 ** 62, 8, 0)).toBe(NULL);
    expect(c(k, "kmalloc", 4097, 0)).toBe(NULL);
    expect(k.asked).toEqual([]);
  });

  it("gives a pointer that may only be freed for no bytes", () => {
    const k = coreKernel();
    expect(c(k, "kmalloc", 0, 0)).toBe(ZERO_SIZE_PTR);
    c(k, "kfree", ZERO_SIZE_PTR);
    expect(rules(k)).toEqual([]);
  });

  it("fails when the slots of a size are used up", () => {
    const k = coreKernel();
    for (let count = 0; count < SLOTS_PER_CLASS; count += 1) allocate(k, 16, true, "kmalloc", "driver");
    expect(allocate(k, 16, true, "kmalloc", "driver")).toBe(NULL);
    expect(k.state.slab.live.map(({ at }) => at)).toEqual(k.state.slab.live.map(({ at }) => at).sort((a, b) => a - b));
  });
});

describe("ownership", () => {
  it("counts what the environment and the kernel allocate as the kernel's", () => {
    const k = coreKernel();
    allocate(k, 8, true, "kzalloc", "driver", 0);
    c(k, "alloc_memory_type", 0);
    expect(k.state.slab.live.map(({ owner }) => owner)).toEqual(["kernel", "kernel"]);
    expect(driverAllocations(k.state.slab)).toEqual([]);
  });

  it("counts the node of a requested region as the driver's", () => {
    const k = coreKernel();
    c(k, "__request_region", k.state.iomem.root, 0x1000, 0x1000, NULL, 0);
    expect(driverAllocations(k.state.slab)).toHaveLength(1);
  });

  it("records kfree() of the kernel's memory, which stays", () => {
    const k = coreKernel();
    c(k, "kfree", c(k, "alloc_memory_type", 0));
    expect(k.misuse).toMatchObject([
      { rule: "free-of-kernel-memory", object: "what alloc_memory_type() allocated", isFatal: true },
    ]);
    expect(k.state.slab.live).toHaveLength(1);
  });
});

describe("kfree()", () => {
  it("does nothing to NULL", () => {
    const k = coreKernel();
    c(k, "kfree", NULL);
    expect(rules(k)).toEqual([]);
  });

  it("poisons the whole slot", () => {
    const k = coreKernel();
    const at = c(k, "kzalloc", 10, 0);
    c(k, "kfree", at);
    expect(new Set(bytes(k, at, 16))).toEqual(new Set([POISON_FREE]));
    expect(isFreed(k.state, at)).toBe(true);
  });

  it("records a second free", () => {
    const k = coreKernel();
    const at = c(k, "kzalloc", 8, 0);
    c(k, "kfree", at);
    c(k, "kfree", at);
    expect(k.misuse).toMatchObject([{ rule: "double-free", function: "kfree", isFatal: true }]);
  });

  it("records a pointer into the middle of an allocation, and one to a variable", () => {
    const k = coreKernel();
    c(k, "kfree", c(k, "kzalloc", 16, 0) + 8);
    c(k, "kfree", k.variable(8));
    expect(rules(k)).toEqual(["stray-free", "stray-free"]);
  });

  it("records a lock that is held inside, and forgets it", () => {
    const k = coreKernel();
    const at = c(k, "kzalloc", 32, 0);
    c(k, "__mutex_init", at + 8, 0, 0);
    c(k, "mutex_lock", at + 8);
    c(k, "kfree", at);
    expect(rules(k)).toEqual(["free-of-held-lock"]);
    expect(k.state.lock.held).toEqual([]);
  });

  it("is what kvfree(), kfree_sensitive() and kfree_const() do", () => {
    const k = coreKernel();
    for (const name of ["kvfree", "kfree_sensitive", "kfree_const"]) c(k, name, c(k, "kzalloc", 8, 0));
    expect(k.state.slab.live).toEqual([]);
    expect(rules(k)).toEqual([]);
  });
});

describe("address reuse", () => {
  it("waits until nothing points to the freed place", () => {
    const k = coreKernel();
    const pointer = k.variable(8);
    const first = c(k, "kzalloc", 8, 0);
    k.memory.setPointer(pointer, first);
    c(k, "kfree", first);
    expect(c(k, "kzalloc", 8, 0)).not.toBe(first);
    k.memory.setPointer(pointer, NULL);
    expect(c(k, "kzalloc", 8, 0)).toBe(first);
  });

  it("happens in the lowest free slot, so that equal histories give equal addresses", () => {
    const k = coreKernel();
    const [first, second] = [c(k, "kzalloc", 8, 0), c(k, "kzalloc", 8, 0)];
    c(k, "kfree", first);
    c(k, "kfree", second);
    expect([c(k, "kzalloc", 8, 0), c(k, "kzalloc", 8, 0)]).toEqual([first, second]);
    expect(first).toBe(classStart(0));
  });
});

describe("krealloc()", () => {
  it("stays in place while the slot is large enough", () => {
    const k = coreKernel();
    const at = c(k, "kzalloc", 10, 0);
    expect(c(k, "krealloc", at, 16, 0)).toBe(at);
    expect(allocationOf(k.state.slab, at)?.size).toBe(16);
    expect(bytes(k, at + 9, 2)).toEqual([0, POISON_INUSE]);
    expect(c(k, "ksize", at)).toBe(16);
  });

  it("moves the contents to a larger slot, and frees the old one", () => {
    const k = coreKernel();
    const at = c(k, "kstrdup", k.text("abc"), 0);
    const moved = c(k, "krealloc", at, 100, 0);
    expect(moved).not.toBe(at);
    expect(k.memory.string(moved)).toBe("abc");
    expect(isFreed(k.state, at)).toBe(true);
  });

  it("leaves the old memory alone when it fails", () => {
    const k = coreKernel({ question: "krealloc", label: "-ENOMEM" });
    const at = c(k, "kstrdup", k.text("abc"), 0);
    expect(c(k, "krealloc", at, 100, 0)).toBe(NULL);
    expect(k.memory.string(at)).toBe("abc");
  });

  it("frees for no bytes", () => {
    const k = coreKernel();
    expect(c(k, "krealloc", c(k, "kzalloc", 8, 0), 0, 0)).toBe(ZERO_SIZE_PTR);
    expect(k.state.slab.live).toEqual([]);
  });

  it("records memory that was freed", () => {
    const k = coreKernel();
    const at = c(k, "kzalloc", 8, 0);
    c(k, "kfree", at);
    expect(c(k, "krealloc", at, 32, 0)).toBe(NULL);
    expect(rules(k)).toEqual(["double-free"]);
  });
});

describe("copies of text and memory", () => {
  it("hold what was copied, cut where a limit is given", () => {
    const k = coreKernel();
    const text = k.text("System RAM");
    expect(k.memory.string(c(k, "kstrdup", text, 0))).toBe("System RAM");
    expect(k.memory.string(c(k, "kstrndup", text, 6, 0))).toBe("System");
    expect(k.memory.string(c(k, "kmemdup_nul", text, 6, 0))).toBe("System");
    expect(bytes(k, c(k, "kmemdup", text, 2, 0), 2)).toEqual([0x53, 0x79]);
    expect(k.memory.string(c(k, "kasprintf", 0, "cxl_sysram0"))).toBe("cxl_sysram0");
  });

  it("of NULL are NULL, without a question", () => {
    const k = coreKernel();
    expect(c(k, "kstrdup", NULL, 0)).toBe(NULL);
    expect(c(k, "kstrndup", NULL, 3, 0)).toBe(NULL);
    expect(k.asked).toEqual([]);
  });

  it("copy constants of a module too, since only the kernel's own are shared", () => {
    const k = coreKernel();
    const text = k.text("System RAM (CXL)");
    const copy = c(k, "kstrdup_const", text, 0);
    expect(copy).not.toBe(text);
    c(k, "kfree_const", copy);
    expect(k.state.slab.live).toEqual([]);
  });

  it("record a source that was freed", () => {
    const k = coreKernel();
    const text = c(k, "kstrdup", k.text("name"), 0);
    c(k, "kfree", text);
    expect(c(k, "kstrdup", text, 0)).toBe(NULL);
    expect(rules(k)).toEqual(["use-after-free"]);
  });
});

describe("the look at memory before the kernel uses it", () => {
  it("tells freed memory, an end that is passed, NULL and nowhere apart", () => {
    const k = coreKernel();
    const at = c(k, "kzalloc", 8, 0);
    expect(isUsable(k, at, 8, "use", "it")).toBe(true);
    expect(isUsable(k, k.variable(8), 100, "use", "it")).toBe(true);
    expect(isUsable(k, at, 9, "use", "it")).toBe(false);
    expect(isUsable(k, NULL, 1, "use", "it")).toBe(false);
    expect(isUsable(k, address(0xffff_fff4), 1, "use", "it")).toBe(false);
    free(k, at, "kfree");
    expect(isUsable(k, at, 1, "use", "it")).toBe(false);
    expect(rules(k)).toEqual(["out-of-bounds", "wild-pointer", "wild-pointer", "use-after-free"]);
    expect(k.misuse.every(({ isFatal }) => isFatal)).toBe(true);
  });
});
