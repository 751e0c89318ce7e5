import { describe, expect, it } from "vitest";
import { type Address, address, NULL } from "../../abi/address.ts";
import { ERRNO } from "../../abi/errno.ts";
import {
  addEnvironmentDevice,
  childrenOf,
  device_del,
  device_unregister,
  deviceAt,
  driverDevices,
  put_device,
} from "../../models/device.ts";
import { hasDevres } from "../../models/devres.ts";
import { isFreed } from "../../models/slab.ts";
import { attributesOf, writeAttribute } from "../../models/sysfs.ts";
import {
  attribute,
  c,
  coreKernel,
  driverFunction,
  type Halted,
  halt,
  makeDevice,
  pointerField,
  procedureOf,
  RELEASE,
  rules,
  runBeside,
  setField,
  structure,
} from "./core-kernel.ts";
import { type FakeKernel, Hangs, run } from "./fake-kernel.ts";

/** A device of the kernel's own, as a region is. */
const makeParent = (k: FakeKernel): Address => {
  const at = structure(k, "device");
  addEnvironmentDevice(k, at, "region0");
  return at;
};

const references = (k: FakeKernel, at: Address): number | undefined => deviceAt(k.state, at)?.references;

const releases = (k: FakeKernel): number => k.callbacks.filter(({ function: target }) => target === RELEASE).length;

const setName = (k: FakeKernel, at: Address): string => k.memory.string(pointerField(k, at, "kobject", "name"));

describe("device_initialize()", () => {
  it("gives one reference, a mutex that can be taken, and no node", () => {
    const k = coreKernel();
    const at = makeDevice(k);
    expect(references(k, at)).toBe(1);
    expect(k.memory.i32(address(at + k.layout.offset("device", "numa_node")!))).toBe(-1);
    c(k, "mutex_lock", at + k.layout.offset("device", "mutex")!);
    expect(rules(k)).toEqual([]);
  });

  it("records a second time", () => {
    const k = coreKernel();
    c(k, "device_initialize", makeDevice(k));
    expect(rules(k)).toEqual(["initialised-twice"]);
  });

  it("records memory that is too small or not there", () => {
    const k = coreKernel();
    c(k, "device_initialize", c(k, "kzalloc", 100, 0));
    c(k, "device_initialize", NULL);
    expect(rules(k)).toEqual(["out-of-bounds", "wild-pointer"]);
    expect(k.state.device.devices).toEqual([]);
  });
});

describe("dev_set_name()", () => {
  it("keeps the old name when it fails, and frees it when it does not", () => {
    const k = coreKernel();
    const at = makeDevice(k, { name: "one" });
    k.answers.push("-ENOMEM");
    expect(c(k, "dev_set_name", at, "two")).toBe(-ERRNO.ENOMEM);
    expect(setName(k, at)).toBe("one");
    expect(c(k, "dev_set_name", at, "two/three")).toBe(0);
    expect(setName(k, at)).toBe("two!three");
    expect(k.state.slab.live.filter(({ owner }) => owner === "kernel")).toHaveLength(1);
  });

  it("keeps the driver from freeing the name", () => {
    const k = coreKernel();
    const at = makeDevice(k, { name: "one" });
    c(k, "kfree", pointerField(k, at, "kobject", "name"));
    expect(rules(k)).toEqual(["free-of-kernel-memory"]);
  });
});

describe("device_add()", () => {
  it("raises the parent's reference by one", () => {
    const k = coreKernel();
    const parent = makeParent(k);
    const at = makeDevice(k, { name: "child", parent });
    expect(c(k, "device_add", at)).toBe(0);
    expect([references(k, parent), references(k, at)]).toEqual([2, 1]);
    expect(deviceAt(k.state, at)).toMatchObject({ isAdded: true, isFindable: true, name: "child", parent });
  });

  it("refuses a second device of one name under one parent with -EEXIST and a warning, and the caller's one put releases it", () => {
    const k = coreKernel();
    const parent = makeParent(k);
    c(k, "device_add", makeDevice(k, { name: "child", parent }));
    const second = makeDevice(k, { name: "child", parent });
    expect(c(k, "device_add", second)).toBe(-ERRNO.EEXIST);
    expect(rules(k)).toEqual(["duplicate-name"]);
    expect([references(k, second), references(k, parent), releases(k)]).toEqual([1, 2, 0]);
    c(k, "put_device", second);
    expect([references(k, second), releases(k)]).toEqual([undefined, 1]);
  });

  it("lets two parents have a child of one name each", () => {
    const k = coreKernel();
    const [one, two] = [makeParent(k), makeParent(k)];
    expect(c(k, "device_add", makeDevice(k, { name: "child", parent: one }))).toBe(0);
    expect(c(k, "device_add", makeDevice(k, { name: "child", parent: two }))).toBe(0);
  });

  it("refuses a device without a name", () => {
    const k = coreKernel();
    expect(c(k, "device_add", makeDevice(k))).toBe(-ERRNO.EINVAL);
    expect(k.asked.map(([question]) => question)).toEqual(["kzalloc"]);
  });

  it("takes the name from init_name", () => {
    const k = coreKernel();
    const at = makeDevice(k);
    setField(k, at, "device", "init_name", k.text("early"));
    expect(c(k, "device_add", at)).toBe(0);
    expect(deviceAt(k.state, at)?.name).toBe("early");
    expect(pointerField(k, at, "device", "init_name")).toBe(NULL);
  });

  it("refuses a parent that is being deleted", () => {
    const k = coreKernel();
    const parent = makeParent(k);
    run(k, device_del(parent));
    expect(c(k, "device_add", makeDevice(k, { name: "child", parent }))).toBe(-ERRNO.ENOENT);
  });

  it("fails before anything can be seen, or after its files could be", () => {
    const k = coreKernel();
    const parent = makeParent(k);
    const attributes = [attribute(k, "hotplug", 0o200, 0, 5)];
    for (const label of ["-ENOMEM", "-ENOMEM (after its files exist)"]) {
      const at = makeDevice(k, { name: "child", parent, attributes });
      k.answers.push({ question: "device_add", label });
      expect(c(k, "device_add", at)).toBe(-ERRNO.ENOMEM);
      expect([references(k, parent), references(k, at)]).toEqual([1, 1]);
      expect(attributesOf(k.state, at)).toEqual([]);
      c(k, "put_device", at);
    }
    expect(releases(k)).toBe(2);
    expect(k.state.slab.live).toEqual([]);
  });

  it("waits for a store that came in before it failed", () => {
    const k = coreKernel({ question: "device_add", label: "-ENOMEM (after its files exist)" });
    const at = makeDevice(k, { name: "child", attributes: [attribute(k, "hotplug", 0o200, 0, 5)] });
    let store: Halted | undefined;
    const waiting = halt(k, procedureOf(k, "device_add", at), "wait", 1, () => {
      if (attributesOf(k.state, at).length > 0) {
        store = halt(k, writeAttribute(at, "hotplug", "online"), "callback", 2);
      }
    });
    expect(waiting.isReady()).toBe(false);
    store?.finish();
    expect(waiting.isReady()).toBe(true);
    expect(waiting.finish()).toBe(-ERRNO.ENOMEM);
  });

  it("lets user space open its files before the parent's children have it", () => {
    const k = coreKernel();
    const parent = makeParent(k);
    const at = makeDevice(k, { name: "child", parent, attributes: [attribute(k, "hotplug", 0o200, 0, 5)] });
    const seen: unknown[] = [];
    runBeside(k, procedureOf(k, "device_add", at), () => {
      seen.push({ files: attributesOf(k.state, at).length, children: childrenOf(k.state, parent).length });
    });
    expect(seen).toEqual([
      { files: 0, children: 0 },
      { files: 1, children: 0 },
    ]);
    expect(childrenOf(k.state, parent)).toHaveLength(1);
  });

  it("records a device that was added before, also after its deletion", () => {
    const k = coreKernel();
    const at = makeDevice(k, { name: "child" });
    c(k, "device_add", at);
    expect(c(k, "device_add", at)).toBe(-ERRNO.EEXIST);
    c(k, "device_del", at);
    c(k, "device_add", at);
    expect(rules(k)).toEqual(["added-twice", "added-twice"]);
  });

  it("records what was never initialised", () => {
    const k = coreKernel();
    expect(c(k, "device_add", structure(k, "device"))).toBe(-ERRNO.EINVAL);
    expect(rules(k)).toEqual(["not-a-device"]);
  });
});

describe("device_register()", () => {
  it("initialises and adds", () => {
    const k = coreKernel();
    const at = c(k, "kzalloc", k.layout.size("device")!, 0);
    c(k, "dev_set_name", at, "child");
    expect(c(k, "device_register", at)).toBe(0);
    expect(c(k, "device_is_registered", at)).toBe(1);
    expect(deviceAt(k.state, at)).toMatchObject({ references: 1, isAdded: true, site: k.site });
  });
});

describe("device_del()", () => {
  it("does not release; the last put does, at once", () => {
    const k = coreKernel();
    const parent = makeParent(k);
    const at = makeDevice(k, { name: "child", parent });
    c(k, "device_add", at);
    c(k, "device_del", at);
    expect([references(k, at), references(k, parent), releases(k)]).toEqual([1, 1, 0]);
    expect(deviceAt(k.state, at)).toMatchObject({ parent: NULL, isAdded: false, isDead: true });
    c(k, "put_device", at);
    expect([references(k, at), releases(k)]).toEqual([undefined, 1]);
    expect(k.state.slab.live).toEqual([]);
  });

  it("runs the devres actions of a device without a driver, last added first", () => {
    const k = coreKernel();
    const at = makeDevice(k, { name: "child" });
    c(k, "device_add", at);
    expect(c(k, "devm_add_action", at, driverFunction(k, 5), 1)).toBe(0);
    expect(c(k, "devm_add_action", at, driverFunction(k, 6), 2)).toBe(0);
    c(k, "device_release_driver", at);
    expect(k.callbacks).toEqual([]);
    c(k, "device_del", at);
    expect(k.callbacks.map(({ function: target, arguments: [data] }) => [target, data])).toEqual([
      [6, 2],
      [5, 1],
    ]);
  });

  it("waits for running stores", () => {
    const k = coreKernel();
    driverFunction(k, 5, () => 7);
    const at = makeDevice(k, { name: "child", attributes: [attribute(k, "hotplug", 0o200, 0, 5)] });
    c(k, "device_add", at);
    const store = halt(k, writeAttribute(at, "hotplug", "online"), "callback", 2);
    const deletion = halt(k, device_del(at), "wait");
    expect(deletion.isReady()).toBe(false);
    expect(deviceAt(k.state, at)).toMatchObject({ isDead: true, isFindable: false, isAdded: true });
    expect(store.finish()).toBe(7);
    expect(deletion.isReady()).toBe(true);
    deletion.finish();
    expect(deviceAt(k.state, at)?.isAdded).toBe(false);
  });

  it("keeps the name taken until it ends", () => {
    const k = coreKernel();
    const parent = makeParent(k);
    const at = makeDevice(k, { name: "child", parent });
    c(k, "device_add", at);
    const second = makeDevice(k, { name: "child", parent });
    c(
      k,
      "devm_add_action",
      at,
      driverFunction(k, 5, () => c(k, "device_add", second)),
      0,
    );
    c(k, "device_del", at);
    expect(rules(k)).toEqual(["duplicate-name"]);
    expect(c(k, "device_add", second)).toBe(0);
  });

  it("waits for whoever holds the device's lock", () => {
    const k = coreKernel();
    const at = makeDevice(k, { name: "child" });
    const mutex = at + k.layout.offset("device", "mutex")!;
    c(k, "device_add", at);
    k.task = 2;
    c(k, "mutex_lock", mutex);
    k.task = 1;
    const deletion = halt(k, device_del(at), "wait");
    expect(deletion.isReady()).toBe(false);
    k.task = 2;
    c(k, "mutex_unlock", mutex);
    k.task = 1;
    expect(deletion.isReady()).toBe(true);
    deletion.finish();
    expect(c(k, "device_is_registered", at)).toBe(0);
    expect(rules(k)).toEqual([]);
  });

  it("hangs where its caller holds the device's lock", () => {
    const k = coreKernel();
    const at = makeDevice(k, { name: "child" });
    c(k, "device_add", at);
    c(k, "mutex_lock", at + k.layout.offset("device", "mutex")!);
    expect(() => c(k, "device_del", at)).toThrow(Hangs);
    expect(k.misuse).toMatchObject([{ rule: "recursive-lock", isFatal: true }]);
  });

  it("hangs where a store of the device calls it", () => {
    const k = coreKernel();
    const at = makeDevice(k, { name: "child", attributes: [attribute(k, "hotplug", 0o200, 0, 5)] });
    driverFunction(k, 5, () => c(k, "device_del", at));
    c(k, "device_add", at);
    expect(() => run(k, writeAttribute(at, "hotplug", "x"))).toThrow(Hangs);
    expect(k.misuse).toMatchObject([{ rule: "removal-by-own-store", isFatal: true }]);
  });

  it.each([
    ["that was never added", (_: FakeKernel, __: Address) => {}],
    [
      "that was deleted before",
      (k: FakeKernel, at: Address) => {
        c(k, "device_add", at);
        c(k, "device_del", at);
      },
    ],
  ])("records a device %s", (_, prepare) => {
    const k = coreKernel();
    const at = makeDevice(k, { name: "child" });
    prepare(k, at);
    c(k, "device_del", at);
    expect(k.misuse).toMatchObject([{ rule: "deleted-without-add", isFatal: true }]);
  });
});

describe("device_unregister()", () => {
  it("leaves the release to whoever still holds a reference", () => {
    const k = coreKernel();
    const at = makeDevice(k, { name: "child" });
    c(k, "device_add", at);
    c(k, "get_device", at);
    run(k, device_unregister(at));
    expect([references(k, at), releases(k)]).toEqual([1, 0]);
    c(k, "put_device", at);
    expect(releases(k)).toBe(1);
  });

  it("releases the parent too when the child held its last reference", () => {
    const k = coreKernel();
    const parent = makeDevice(k, { name: "parent" });
    const child = makeDevice(k, { name: "child", parent });
    c(k, "device_add", parent);
    c(k, "device_add", child);
    c(k, "device_unregister", parent);
    expect(references(k, parent)).toBe(1);
    c(k, "device_unregister", child);
    expect(k.state.device.devices).toEqual([]);
    expect(k.callbacks.map(({ arguments: [at] }) => at)).toEqual([parent, child]);
    expect(k.state.slab.live).toEqual([]);
  });
});

describe("put_device()", () => {
  it("does nothing to NULL", () => {
    const k = coreKernel();
    c(k, "put_device", NULL);
    expect(c(k, "get_device", NULL)).toBe(NULL);
    expect(rules(k)).toEqual([]);
  });

  it("runs what is managed for the device before its release, and frees its name after", () => {
    const k = coreKernel();
    const at = makeDevice(k, { name: "child" });
    const names: string[] = [];
    driverFunction(k, RELEASE, ([device]) => {
      names.push(setName(k, device as Address));
      return c(k, "kfree", device!);
    });
    c(k, "devm_add_action", at, driverFunction(k, 5), 9);
    c(k, "put_device", at);
    expect(k.callbacks.map(({ function: target }) => target)).toEqual([5, RELEASE]);
    expect(names).toEqual(["child"]);
    expect(k.state.slab.live).toEqual([]);
    expect(hasDevres(k.state, at)).toBe(false);
  });

  it("prefers the device's own release function to that of its type", () => {
    const k = coreKernel();
    const at = makeDevice(k);
    setField(
      k,
      at,
      "device",
      "release",
      driverFunction(k, 5, () => c(k, "kfree", at)),
    );
    c(k, "put_device", at);
    expect(k.callbacks.map(({ function: target }) => target)).toEqual([5]);
  });

  it("warns of a device without a release function", () => {
    const k = coreKernel();
    const at = structure(k, "device");
    c(k, "device_initialize", at);
    c(k, "put_device", at);
    expect(k.misuse).toMatchObject([{ rule: "no-release-function", isFatal: false }]);
    expect(k.state.device.devices).toEqual([]);
  });

  it("records a device that is gone", () => {
    const k = coreKernel();
    const at = makeDevice(k);
    c(k, "put_device", at);
    c(k, "put_device", at);
    expect(k.misuse).toMatchObject([{ rule: "refcount-underflow", function: "put_device", isFatal: true }]);
    expect(releases(k)).toBe(1);
  });

  it("records the last reference of a device that is still added", () => {
    const k = coreKernel();
    const at = makeDevice(k, { name: "child" });
    c(k, "device_add", at);
    c(k, "put_device", at);
    expect(k.misuse).toMatchObject([{ rule: "released-while-added", isFatal: true }]);
    expect(releases(k)).toBe(0);
  });

  it("records the reference that the kernel holds on a region", () => {
    const k = coreKernel();
    const parent = makeParent(k);
    run(k, put_device(parent));
    expect(rules(k)).toEqual(["refcount-underflow"]);
    expect(references(k, parent)).toBe(1);
  });

  it("records a reference that is taken or dropped while the release runs", () => {
    const k = coreKernel();
    const at = makeDevice(k);
    driverFunction(k, RELEASE, () => {
      c(k, "get_device", at);
      c(k, "put_device", at);
      return c(k, "kfree", at);
    });
    c(k, "put_device", at);
    expect(rules(k)).toEqual(["not-a-device", "refcount-underflow"]);
  });
});

describe("a device whose memory is freed without put_device()", () => {
  it("is seen in the state, and its memory is not handed out again", () => {
    const k = coreKernel();
    const at = makeDevice(k);
    expect(isFreed(k.state, at)).toBe(false);
    c(k, "kfree", at);
    expect([isFreed(k.state, at), k.state.device.devices]).toMatchObject([true, [{ at, references: 1 }]]);
    expect(c(k, "kzalloc", k.layout.size("device")!, 0)).not.toBe(at);
  });

  it("is recorded where it is used again", () => {
    const k = coreKernel();
    const at = makeDevice(k, { name: "child" });
    c(k, "kfree", at);
    expect(c(k, "device_add", at)).toBe(-ERRNO.EINVAL);
    expect(rules(k)).toEqual(["use-after-free"]);
  });
});

describe("finding children", () => {
  it("takes a reference by name; after device_del it finds nothing", () => {
    const k = coreKernel();
    const parent = makeParent(k);
    const at = makeDevice(k, { name: "sysram_region0", parent });
    expect(c(k, "device_find_child_by_name", parent, "sysram_region0")).toBe(NULL);
    c(k, "device_add", at);
    expect(c(k, "device_find_child_by_name", parent, "sysram_region0")).toBe(at);
    expect(c(k, "device_find_child_by_name", parent, "sysram_region0\n")).toBe(at);
    expect(c(k, "device_find_child_by_name", parent, "other")).toBe(NULL);
    expect(references(k, at)).toBe(3);
    c(k, "device_del", at);
    expect(c(k, "device_find_child_by_name", parent, "sysram_region0")).toBe(NULL);
    expect(references(k, at)).toBe(3);
  });

  it("asks the driver's match function, and keeps the reference of the one that it takes", () => {
    const k = coreKernel();
    const parent = makeParent(k);
    const children = ["one", "two", "three"].map((name) => makeDevice(k, { name, parent }));
    for (const child of children) c(k, "device_add", child);
    const match = driverFunction(k, 5, ([device, data]) =>
      setName(k, device as Address) === "two" && data === 9 ? 1 : 0,
    );
    expect(c(k, "device_find_child", parent, 9, match)).toBe(children[1]);
    expect(children.map((child) => references(k, child))).toEqual([1, 2, 1]);
    expect(c(k, "device_find_child", parent, 8, match)).toBe(NULL);
    expect(c(k, "device_find_any_child", parent)).toBe(children[0]);
  });

  it("walks the children until the driver's function says that it is enough", () => {
    const k = coreKernel();
    const parent = makeParent(k);
    const children = ["one", "two", "three"].map((name) => makeDevice(k, { name, parent }));
    for (const child of children) c(k, "device_add", child);
    const visited: number[] = [];
    const walk = driverFunction(k, 5, ([device, stop]) => {
      visited.push(children.indexOf(address(device!)));
      return device === stop ? -ERRNO.EBUSY : 0;
    });
    expect(c(k, "device_for_each_child", parent, children[1]!, walk)).toBe(-ERRNO.EBUSY);
    expect(c(k, "device_for_each_child", parent, 0, walk)).toBe(0);
    expect(c(k, "device_for_each_child_reverse", parent, 0, walk)).toBe(0);
    expect(visited).toEqual([0, 1, 0, 1, 2, 2, 1, 0]);
    expect(children.map((child) => references(k, child))).toEqual([1, 1, 1]);
  });

  it("holds a child that the walk deletes until the walk goes on", () => {
    const k = coreKernel();
    const parent = makeParent(k);
    const children = ["one", "two"].map((name) => makeDevice(k, { name, parent }));
    for (const child of children) c(k, "device_add", child);
    const walk = driverFunction(k, 5, ([device]) => {
      c(k, "device_unregister", device!);
      return releases(k) > 1 ? 1 : 0;
    });
    expect(c(k, "device_for_each_child", parent, 0, walk)).toBe(0);
    expect(releases(k)).toBe(2);
    expect(driverDevices(k.state)).toEqual([]);
    expect(rules(k)).toEqual([]);
  });

  it("finds devices by their bus", () => {
    const k = coreKernel();
    const bus = structure(k, "bus_type", { name: k.text("cxl") });
    const devices = ["one", "two"].map((name) => makeDevice(k, { name }));
    for (const at of devices) {
      setField(k, at, "device", "bus", bus);
      c(k, "device_add", at);
    }
    const match = driverFunction(k, 5, ([device]) => (device === devices[1] ? 1 : 0));
    expect(c(k, "bus_find_device", bus, NULL, 0, match)).toBe(devices[1]);
    const any = driverFunction(k, 6, () => 1);
    expect(c(k, "bus_find_device", bus, NULL, 0, any)).toBe(devices[0]);
    expect(c(k, "bus_find_device", bus, devices[1]!, 0, match)).toBe(NULL);
    expect(c(k, "bus_for_each_dev", bus, NULL, 0, driverFunction(k, 7))).toBe(0);
    expect(k.memory.string(c(k, "dev_driver_string", devices[0]!))).toBe("cxl");
  });
});

describe("device_rename()", () => {
  it("refuses a name that is taken, keeps the old one when it fails, and else takes the new one", () => {
    const k = coreKernel();
    const parent = makeParent(k);
    const [one, two] = ["one", "two"].map((name) => makeDevice(k, { name, parent })) as [Address, Address];
    c(k, "device_add", one);
    c(k, "device_add", two);
    expect(c(k, "device_rename", one, "two")).toBe(-ERRNO.EEXIST);
    k.answers.push("-ENOMEM");
    expect(c(k, "device_rename", one, "three")).toBe(-ERRNO.ENOMEM);
    expect(c(k, "device_rename", one, "three")).toBe(0);
    expect(c(k, "device_find_child_by_name", parent, "three")).toBe(one);
  });
});
