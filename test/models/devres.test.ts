import { describe, expect, it } from "vitest";
import { type Address, NULL } from "../../abi/address.ts";
import { ERRNO } from "../../abi/errno.ts";
import { hasDevres, releaseAll } from "../../models/devres.ts";
import { driverAllocations, isFreed, ZERO_SIZE_PTR } from "../../models/slab.ts";
import { attributesOf, writeAttribute } from "../../models/sysfs.ts";
import {
  attribute,
  c,
  coreKernel,
  driverFunction,
  halt,
  makeDevice,
  pointers,
  rules,
  structure,
} from "./core-kernel.ts";
import { type FakeKernel, run } from "./fake-kernel.ts";

const ACTION = 5;

const calls = (k: FakeKernel): readonly (readonly (number | string)[])[] =>
  k.callbacks.map(({ function: target, arguments: values }) => [target, ...values]);

const data = (k: FakeKernel, at: Address): readonly number[] =>
  k.state.devres.entries.filter(({ device, run }) => device === at && run === 0).map((entry) => entry.data);

describe("managed actions", () => {
  it("may fail to be added, and are not run then", () => {
    const k = coreKernel({ question: "devm_add_action", label: "-ENOMEM" });
    const at = makeDevice(k);
    expect(c(k, "devm_add_action", at, ACTION, 1)).toBe(-ERRNO.ENOMEM);
    expect(hasDevres(k.state, at)).toBe(false);
    expect(k.callbacks).toEqual([]);
  });

  it("run last first, and only once", () => {
    const k = coreKernel();
    const at = makeDevice(k);
    for (const value of [1, 2, 3]) c(k, "devm_add_action", at, ACTION, value);
    run(k, releaseAll(at));
    run(k, releaseAll(at));
    expect(calls(k)).toEqual([
      [ACTION, 3],
      [ACTION, 2],
      [ACTION, 1],
    ]);
    expect(k.state.devres.entries).toEqual([]);
  });

  it("that are added while others run stay for the next time", () => {
    const k = coreKernel();
    const at = makeDevice(k);
    driverFunction(k, ACTION, () => c(k, "devm_add_action", at, 6, 9));
    c(k, "devm_add_action", at, ACTION, 1);
    run(k, releaseAll(at));
    expect(calls(k)).toEqual([[ACTION, 1]]);
    expect(data(k, at)).toEqual([9]);
  });

  it("can be removed without being run, and run without waiting, the latest match first", () => {
    const k = coreKernel();
    const at = makeDevice(k);
    for (const value of [1, 2, 1]) c(k, "devm_add_action", at, ACTION, value);
    expect(c(k, "devm_is_action_added", at, ACTION, 2)).toBe(1);
    expect(c(k, "devm_remove_action_nowarn", at, ACTION, 2)).toBe(0);
    expect(c(k, "devm_is_action_added", at, ACTION, 2)).toBe(0);
    expect(k.callbacks).toEqual([]);
    c(k, "devm_release_action", at, ACTION, 1);
    expect(calls(k)).toEqual([[ACTION, 1]]);
    expect(data(k, at)).toEqual([1]);
  });

  it("that are not there make the kernel warn, or give -ENOENT", () => {
    const k = coreKernel();
    const at = makeDevice(k);
    expect(c(k, "devm_remove_action_nowarn", at, ACTION, 1)).toBe(-ERRNO.ENOENT);
    expect(rules(k)).toEqual([]);
    c(k, "devm_release_action", at, ACTION, 1);
    expect(k.misuse).toMatchObject([{ rule: "devres-not-found", function: "devm_release_action", isFatal: false }]);
  });

  it("need a device", () => {
    const k = coreKernel();
    expect(c(k, "devm_add_action", structure(k, "device"), ACTION, 1)).toBe(-ERRNO.ENOMEM);
    expect(c(k, "devm_kzalloc", NULL, 8, 0)).toBe(NULL);
    expect(rules(k)).toEqual(["devres-without-device", "wild-pointer"]);
  });
});

describe("managed memory", () => {
  it.each([
    ["devm_kmalloc", [8, 0]],
    ["devm_kzalloc", [8, 0]],
    ["devm_kmalloc_array", [2, 8, 0]],
    ["devm_kcalloc", [2, 8, 0]],
    ["devm_kmemdup", ["text", 4, 0]],
    ["devm_kstrdup", ["text", 0]],
    ["devm_kstrdup_const", ["text", 0]],
    ["devm_kasprintf", [0, "text"]],
    ["devm_krealloc", [0, 8, 0]],
  ] as const)("of %s() may fail, and is the kernel's to free", (name, values) => {
    const k = coreKernel({ question: name, label: "-ENOMEM" });
    const at = makeDevice(k);
    const passed = values.map((value) =>
      typeof value === "string" && name !== "devm_kasprintf" ? k.text(value) : value,
    );
    expect(c(k, name, at, ...passed)).toBe(NULL);
    const memory = c(k, name, at, ...passed);
    expect(memory).not.toBe(NULL);
    expect(driverAllocations(k.state.slab).map(({ at: other }) => other)).toEqual([at]);
    c(k, "kfree", memory);
    expect(rules(k)).toEqual(["free-of-kernel-memory"]);
    run(k, releaseAll(at));
    expect(isFreed(k.state, memory)).toBe(true);
  });

  it("is freed between the actions, in the order of all", () => {
    const k = coreKernel();
    const at = makeDevice(k);
    const memory: Address[] = [];
    const alive: (readonly boolean[])[] = [];
    driverFunction(k, ACTION, () => alive.push(memory.map((each) => !isFreed(k.state, each))));
    memory.push(c(k, "devm_kzalloc", at, 8, 0));
    c(k, "devm_add_action", at, ACTION, 1);
    memory.push(c(k, "devm_kzalloc", at, 8, 0));
    c(k, "devm_add_action", at, ACTION, 2);
    run(k, releaseAll(at));
    expect(alive).toEqual([
      [true, true],
      [true, false],
    ]);
    expect(memory.every((each) => isFreed(k.state, each))).toBe(true);
  });

  it("can be freed early, once", () => {
    const k = coreKernel();
    const at = makeDevice(k);
    const memory = c(k, "devm_kzalloc", at, 8, 0);
    c(k, "devm_kfree", at, memory);
    c(k, "devm_kfree", at, NULL);
    expect([isFreed(k.state, memory), hasDevres(k.state, at)]).toEqual([true, false]);
    c(k, "devm_kfree", at, memory);
    expect(rules(k)).toEqual(["devres-not-found"]);
  });

  it("grows to another place, with what was in it", () => {
    const k = coreKernel();
    const at = makeDevice(k);
    const memory = c(k, "devm_kstrdup", at, k.text("abc"), 0);
    expect(c(k, "devm_krealloc", at, memory, 2, 0)).toBe(memory);
    const moved = c(k, "devm_krealloc", at, memory, 100, 0);
    expect(k.memory.string(moved)).toBe("abc");
    expect([data(k, at), isFreed(k.state, memory)]).toEqual([[moved], true]);
    expect(c(k, "devm_krealloc", at, moved, 0, 0)).toBe(ZERO_SIZE_PTR);
    expect(hasDevres(k.state, at)).toBe(false);
    expect(c(k, "devm_krealloc", at, k.variable(8), 9, 0)).toBe(NULL);
    expect(rules(k)).toEqual(["devres-not-found"]);
  });

  it("copies no NULL", () => {
    const k = coreKernel();
    const at = makeDevice(k);
    expect(c(k, "devm_kstrdup", at, NULL, 0)).toBe(NULL);
    expect(c(k, "devm_kstrdup_const", at, NULL, 0)).toBe(NULL);
  });
});

describe("resources of one's own", () => {
  const RELEASE = 6;

  const allocated = (k: FakeKernel): Address => c(k, "devres_alloc_node", RELEASE, 16, 0, -1);

  it("are the driver's until they are added, and released with the device then", () => {
    const k = coreKernel({ question: "devres_alloc_node", label: "-ENOMEM" });
    const at = makeDevice(k);
    expect(allocated(k)).toBe(NULL);
    const resource = allocated(k);
    expect(driverAllocations(k.state.slab)).toHaveLength(2);
    c(k, "devres_add", at, resource);
    expect(driverAllocations(k.state.slab)).toHaveLength(1);
    const wasAlive: boolean[] = [];
    driverFunction(k, RELEASE, ([, memory]) => wasAlive.push(!isFreed(k.state, memory as Address)));
    run(k, releaseAll(at));
    expect(calls(k)).toEqual([[RELEASE, at, resource]]);
    expect([wasAlive, isFreed(k.state, resource)]).toEqual([[true], true]);
  });

  it("are freed by devres_free() only before they are added", () => {
    const k = coreKernel();
    const at = makeDevice(k);
    c(k, "devres_free", allocated(k));
    c(k, "devres_free", NULL);
    expect(rules(k)).toEqual([]);
    const resource = allocated(k);
    c(k, "devres_add", at, resource);
    c(k, "devres_free", resource);
    c(k, "devres_add", at, resource);
    expect(rules(k)).toEqual(["devres-free-of-added", "devres-free-of-added"]);
  });

  it("are found by their release function, and by the driver's match function", () => {
    const k = coreKernel();
    const at = makeDevice(k);
    const [first, second] = [allocated(k), allocated(k)];
    c(k, "devres_add", at, first);
    c(k, "devres_add", at, second);
    const match = driverFunction(k, 7, ([, resource, wanted]) => (resource === wanted ? 1 : 0));
    expect(c(k, "devres_find", at, RELEASE, NULL, 0)).toBe(second);
    expect(c(k, "devres_find", at, RELEASE, match, first)).toBe(first);
    expect(c(k, "devres_find", at, RELEASE, match, 1)).toBe(NULL);
    expect(c(k, "devres_find", at, 8, NULL, 0)).toBe(NULL);
  });

  it("can be taken back, destroyed, or released early", () => {
    const k = coreKernel();
    const at = makeDevice(k);
    const add = (): Address => {
      const resource = allocated(k);
      c(k, "devres_add", at, resource);
      return resource;
    };
    const taken = add();
    expect(c(k, "devres_remove", at, RELEASE, NULL, 0)).toBe(taken);
    expect(driverAllocations(k.state.slab).map(({ at: other }) => other)).toContain(taken);
    c(k, "devres_free", taken);
    add();
    expect(c(k, "devres_destroy", at, RELEASE, NULL, 0)).toBe(0);
    expect(k.callbacks).toEqual([]);
    const released = add();
    expect(c(k, "devres_release", at, RELEASE, NULL, 0)).toBe(0);
    expect(calls(k)).toEqual([[RELEASE, at, released]]);
    expect(c(k, "devres_remove", at, RELEASE, NULL, 0)).toBe(NULL);
    expect(c(k, "devres_destroy", at, RELEASE, NULL, 0)).toBe(-ERRNO.ENOENT);
    expect(c(k, "devres_release", at, RELEASE, NULL, 0)).toBe(-ERRNO.ENOENT);
    expect(k.state.slab.live.map(({ at: other }) => other)).toEqual([at]);
    expect(rules(k)).toEqual([]);
  });

  it("devres_get() keeps what is there, and else takes what the caller brought", () => {
    const k = coreKernel();
    const at = makeDevice(k);
    const [first, second] = [allocated(k), allocated(k)];
    expect(c(k, "devres_get", at, first, NULL, 0)).toBe(first);
    expect(c(k, "devres_get", at, second, NULL, 0)).toBe(first);
    expect([data(k, at), isFreed(k.state, second)]).toEqual([[first], true]);
    expect(c(k, "devres_get", at, second, NULL, 0)).toBe(NULL);
    expect(rules(k)).toEqual(["devres-free-of-added"]);
  });
});

describe("managed files", () => {
  it("may fail to appear, go with the rest, and are waited for", () => {
    const k = coreKernel({ question: "devm_device_add_group", label: "-ENOMEM" });
    const at = makeDevice(k, { name: "child" });
    const file = attribute(k, "hotplug", 0o200, 0, ACTION);
    const group = structure(k, "attribute_group", { attrs: pointers(k, file) });
    expect(c(k, "devm_device_add_group", at, group)).toBe(-ERRNO.ENOMEM);
    expect(hasDevres(k.state, at)).toBe(false);
    expect(c(k, "devm_device_add_group", at, group)).toBe(0);
    const store = halt(k, writeAttribute(at, "hotplug", "x"), "callback", 2);
    const releasing = halt(k, releaseAll(at), "wait");
    expect([releasing.isReady(), attributesOf(k.state, at)]).toEqual([false, []]);
    store.finish();
    expect(releasing.isReady()).toBe(true);
    releasing.finish();
    expect(k.state.devres.entries).toEqual([]);
    expect(c(k, "devm_device_add_group", structure(k, "device"), group)).toBe(-ERRNO.EINVAL);
    expect(rules(k)).toEqual(["devres-without-device"]);
  });
});

describe("groups", () => {
  const ID = 0x1234;

  it("are released as a whole, and leave the rest", () => {
    const k = coreKernel({ question: "devres_open_group", label: "-ENOMEM" });
    const at = makeDevice(k);
    expect(c(k, "devres_open_group", at, ID, 0)).toBe(NULL);
    c(k, "devm_add_action", at, ACTION, 1);
    expect(c(k, "devres_open_group", at, ID, 0)).toBe(ID);
    c(k, "devm_add_action", at, ACTION, 2);
    c(k, "devm_add_action", at, ACTION, 3);
    c(k, "devres_close_group", at, ID);
    c(k, "devm_add_action", at, ACTION, 4);
    c(k, "devres_release_group", at, ID);
    expect(calls(k)).toEqual([
      [ACTION, 3],
      [ACTION, 2],
    ]);
    expect(data(k, at)).toEqual([1, 4]);
    expect(k.state.slab.live).toHaveLength(1);
  });

  it("without an id mean the latest that is open, up to the end", () => {
    const k = coreKernel();
    const at = makeDevice(k);
    const id = c(k, "devres_open_group", at, NULL, 0);
    expect(id).not.toBe(NULL);
    c(k, "devm_add_action", at, ACTION, 1);
    c(k, "devres_release_group", at, NULL);
    expect(calls(k)).toEqual([[ACTION, 1]]);
  });

  it("can be forgotten, and what is in them stays", () => {
    const k = coreKernel();
    const at = makeDevice(k);
    c(k, "devres_open_group", at, ID, 0);
    c(k, "devm_add_action", at, ACTION, 1);
    c(k, "devres_close_group", at, ID);
    c(k, "devres_remove_group", at, ID);
    expect(data(k, at)).toEqual([1]);
    for (const name of ["devres_close_group", "devres_remove_group", "devres_release_group"]) c(k, name, at, ID);
    expect(rules(k)).toEqual(["devres-not-found", "devres-not-found", "devres-not-found"]);
  });

  it("end with the device, marks and all", () => {
    const k = coreKernel();
    const at = makeDevice(k);
    c(k, "devres_open_group", at, ID, 0);
    c(k, "devm_add_action", at, ACTION, 1);
    c(k, "devres_close_group", at, ID);
    run(k, releaseAll(at));
    expect(calls(k)).toEqual([[ACTION, 1]]);
    expect([k.state.devres.entries, k.state.slab.live.length]).toEqual([[], 1]);
  });
});
