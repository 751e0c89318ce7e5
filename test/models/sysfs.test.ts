import { describe, expect, it } from "vitest";
import { type Address, address, NULL } from "../../abi/address.ts";
import { ERRNO } from "../../abi/errno.ts";
import { device_del } from "../../models/device.ts";
import { attributeNamed, attributesOf, isInUse, readAttribute, writeAttribute } from "../../models/sysfs.ts";
import {
  attribute,
  c,
  coreKernel,
  driverFunction,
  halt,
  makeDevice,
  pointers,
  procedureOf,
  rules,
  runBeside,
  structure,
} from "./core-kernel.ts";
import { type FakeKernel, Hangs, run } from "./fake-kernel.ts";

const SHOW = 4;
const STORE = 5;

const added = (k: FakeKernel, ...attributes: readonly Address[]): Address => {
  const at = makeDevice(k, { name: "sysram_region0", attributes });
  c(k, "device_add", at);
  return at;
};

const hotplug = (k: FakeKernel): Address => attribute(k, "hotplug", 0o200, 0, STORE);

describe("a device's files", () => {
  it("come from the groups of its type, in its folder or in one of the group's name", () => {
    const k = coreKernel();
    const plain = structure(k, "attribute_group", { attrs: pointers(k, attribute(k, "a", 0o644, SHOW, STORE)) });
    const named = structure(k, "attribute_group", {
      name: k.text("access0"),
      attrs: pointers(k, attribute(k, "b", 0o444, SHOW, 0)),
    });
    const empty = structure(k, "attribute_group", { attrs: pointers(k) });
    const at = makeDevice(k, { name: "child", groups: pointers(k, empty, plain, named) });
    c(k, "device_add", at);
    expect(attributesOf(k.state, at)).toMatchObject([
      { name: "a", mode: 0o644, show: SHOW, store: STORE },
      { name: "access0/b", mode: 0o444, show: SHOW, store: NULL },
    ]);
  });

  it("come from the device's own groups and those of its bus too", () => {
    const k = coreKernel();
    const group = (name: string): Address =>
      pointers(k, structure(k, "attribute_group", { attrs: pointers(k, attribute(k, name, 0o444, SHOW, 0)) }));
    const at = makeDevice(k, { name: "child", groups: group("type") });
    k.memory.setPointer(address(at + k.layout.offset("device", "groups")!), group("own"));
    k.memory.setPointer(
      address(at + k.layout.offset("device", "bus")!),
      structure(k, "bus_type", { dev_groups: group("bus") }),
    );
    c(k, "device_add", at);
    expect(attributesOf(k.state, at).map(({ name }) => name)).toEqual(["bus", "own", "type"]);
  });

  it("are those that the group's function finds visible, with the permissions that it says", () => {
    const k = coreKernel();
    const [one, two] = [attribute(k, "one", 0o644, SHOW, STORE), attribute(k, "two", 0o644, SHOW, STORE)];
    const isVisible = driverFunction(k, 6, ([, at]) => (at === one ? 0o444 : 0));
    const group = structure(k, "attribute_group", { is_visible: isVisible, attrs: pointers(k, one, two) });
    const at = makeDevice(k, { name: "child", groups: pointers(k, group) });
    expect(c(k, "device_add", at)).toBe(0);
    expect(attributesOf(k.state, at)).toMatchObject([{ name: "one", mode: 0o444 }]);
    expect(k.callbacks.map(({ arguments: values }) => values)).toEqual([
      [at, one, 0],
      [at, two, 1],
    ]);
  });

  it("cannot have one name twice: -EEXIST, with a warning", () => {
    const k = coreKernel();
    const at = makeDevice(k, { name: "child", attributes: [hotplug(k), hotplug(k)] });
    expect(c(k, "device_add", at)).toBe(-ERRNO.EEXIST);
    expect(rules(k)).toEqual(["duplicate-attribute"]);
    expect(attributesOf(k.state, at)).toEqual([]);
  });
});

describe("a write", () => {
  it("hands the text to the store, with a NUL behind it, and passes on what the store returns", () => {
    const k = coreKernel();
    let text = "";
    driverFunction(k, STORE, ([, , buffer, length]) => {
      text = `${k.memory.string(address(buffer!))}, ${length}`;
      return length!;
    });
    const file = hotplug(k);
    const at = added(k, file);
    expect(run(k, writeAttribute(at, "hotplug", "online\n"))).toBe(7);
    expect(text).toBe("online\n, 7");
    expect(k.callbacks).toMatchObject([{ name: "hotplug_store", function: STORE, arguments: [at, file, {}, 7] }]);
    expect(isInUse(k.state, at)).toBe(false);
    expect(k.state.slab.live.some(({ function: name }) => name === "kernfs_fop_write_iter")).toBe(false);
  });

  it.each([-ERRNO.EBUSY, 0, 100])("passes on %i as it is", (result) => {
    const k = coreKernel();
    driverFunction(k, STORE, () => result);
    expect(run(k, writeAttribute(added(k, hotplug(k)), "hotplug", "x"))).toBe(result);
    expect(rules(k)).toEqual([]);
  });

  it("fails without a store, without permission, without a buffer, and without the file", () => {
    const k = coreKernel({ question: "kernfs_fop_write_iter", label: "-ENOMEM" });
    const at = added(k, hotplug(k), attribute(k, "state", 0o444, SHOW, STORE), attribute(k, "empty", 0o200, 0, 0));
    expect(run(k, writeAttribute(at, "hotplug", "x"))).toBe(-ERRNO.ENOMEM);
    expect(run(k, writeAttribute(at, "state", "x"))).toBe(-ERRNO.EACCES);
    expect(run(k, writeAttribute(at, "empty", "x"))).toBe(-ERRNO.EIO);
    expect(run(k, writeAttribute(at, "other", "x"))).toBe(-ERRNO.ENODEV);
    expect(k.callbacks).toEqual([]);
    expect(k.state.slab.live.map(({ function: name }) => name)).toEqual(["dev_set_name", "kzalloc"]);
  });

  it("through a file that was opened before device_del gives -ENODEV", () => {
    const k = coreKernel();
    const at = added(k, hotplug(k));
    const live = k.state.slab.live.length;
    const results: number[] = [];
    results.push(
      runBeside(k, writeAttribute(at, "hotplug", "x"), () => {
        // The writer has its buffer, and is about to become active.
        if (k.state.slab.live.length > live && attributeNamed(k.state, at, "hotplug") !== undefined) {
          run(k, device_del(at));
        }
      }),
    );
    results.push(run(k, writeAttribute(at, "hotplug", "x")));
    expect(results).toEqual([-ERRNO.ENODEV, -ERRNO.ENODEV]);
    expect(k.callbacks).toEqual([]);
    expect(k.state.slab.live.map(({ function: name }) => name)).toEqual(["dev_set_name", "kzalloc"]);
  });

  it("of one open file runs at the same time as one of another", () => {
    const k = coreKernel();
    driverFunction(k, STORE, ([, , , length]) => length!);
    const at = added(k, hotplug(k));
    const first = halt(k, writeAttribute(at, "hotplug", "online"), "callback", 1);
    const second = halt(k, writeAttribute(at, "hotplug", "offline"), "callback", 2);
    expect(k.state.kernfs.active.map(({ task }) => task)).toEqual([1, 2]);
    expect([second.finish(), first.finish()]).toEqual([7, 6]);
    expect(k.state.kernfs.active).toEqual([]);
  });
});

describe("a read", () => {
  it("gives the show a page, and what it returns to the reader", () => {
    const k = coreKernel();
    let page = "";
    driverFunction(k, SHOW, ([, , buffer]) => {
      const length = c(k, "sysfs_emit", buffer!, "online\n") + c(k, "sysfs_emit_at", buffer!, 7, 0, "more\n");
      page = k.memory.string(address(buffer!));
      return length;
    });
    const at = added(k, attribute(k, "state", 0o444, SHOW, 0), hotplug(k));
    expect(run(k, readAttribute(at, "state"))).toBe(7);
    expect(page).toBe("online\n");
    expect(run(k, readAttribute(at, "hotplug"))).toBe(-ERRNO.EACCES);
    expect(k.state.slab.live.map(({ function: name }) => name)).toEqual(["dev_set_name", "kzalloc"]);
  });

  it("records a show that returns a page or more", () => {
    const k = coreKernel();
    driverFunction(k, SHOW, () => 4096);
    run(k, readAttribute(added(k, attribute(k, "state", 0o444, SHOW, 0)), "state"));
    expect(rules(k)).toEqual(["bad-show-count"]);
  });
});

describe("sysfs_emit()", () => {
  it("writes at its place in the page, and no further than its end", () => {
    const k = coreKernel();
    const page = c(k, "kzalloc", 4096, 0);
    expect(c(k, "sysfs_emit", page, "abc")).toBe(3);
    expect(c(k, "sysfs_emit_at", page, 3, "def")).toBe(3);
    expect(k.memory.string(page)).toBe("abcdef");
    expect(c(k, "sysfs_emit_at", page, 4094, "ghi")).toBe(1);
    expect(rules(k)).toEqual([]);
  });

  it("warns of what is no page, and of places outside of it", () => {
    const k = coreKernel();
    const page = c(k, "kzalloc", 4096, 0);
    expect(c(k, "sysfs_emit", page + 8, "abc")).toBe(0);
    expect(c(k, "sysfs_emit_at", page, 4096, "abc")).toBe(0);
    expect(c(k, "sysfs_emit_at", page, -1, "abc")).toBe(0);
    expect(rules(k)).toEqual(["bad-sysfs-buffer", "bad-sysfs-buffer", "bad-sysfs-buffer"]);
  });
});

describe("files that come and go by themselves", () => {
  it.each([
    ["device_create_file", "device_remove_file"],
    ["sysfs_create_file", "sysfs_remove_file"],
  ])("%s() may fail, refuses a name that exists, and is undone by %s()", (create, remove) => {
    const k = coreKernel();
    const at = added(k);
    const file = hotplug(k);
    k.answers.push("-ENOMEM");
    expect(c(k, create, at, file)).toBe(-ERRNO.ENOMEM);
    expect(c(k, create, at, file)).toBe(0);
    expect(c(k, create, at, file)).toBe(-ERRNO.EEXIST);
    expect(rules(k)).toEqual(["duplicate-attribute"]);
    c(k, remove, at, file);
    expect(attributesOf(k.state, at)).toEqual([]);
  });

  it.each([
    ["sysfs_create_groups", "sysfs_remove_groups"],
    ["device_add_groups", "device_remove_groups"],
  ])("%s() takes a list of groups, %s() too", (create, remove) => {
    const k = coreKernel();
    const at = added(k);
    const groups = pointers(k, structure(k, "attribute_group", { attrs: pointers(k, hotplug(k)) }));
    expect(c(k, create, at, groups)).toBe(0);
    expect(attributesOf(k.state, at)).toHaveLength(1);
    c(k, remove, at, groups);
    expect(attributesOf(k.state, at)).toEqual([]);
  });

  it("a single group may choose what is visible", () => {
    const k = coreKernel();
    const at = added(k);
    const group = structure(k, "attribute_group", {
      is_visible: driverFunction(k, 6, () => 0o200),
      attrs: pointers(k, attribute(k, "hotplug", 0o644, 0, STORE)),
    });
    expect(c(k, "sysfs_create_group", at, group)).toBe(0);
    expect(attributeNamed(k.state, at, "hotplug")?.mode).toBe(0o200);
    c(k, "sysfs_remove_group", at, group);
    expect(attributesOf(k.state, at)).toEqual([]);
  });

  it("sysfs_update_group() asks again what is visible, and waits for what it hides", () => {
    const k = coreKernel();
    const at = added(k);
    const [one, two] = [attribute(k, "one", 0o600, 0, STORE), attribute(k, "two", 0o600, 0, STORE)];
    let visible = one;
    const group = structure(k, "attribute_group", {
      is_visible: driverFunction(k, 6, ([, file]) => (file === visible ? 0o200 : 0)),
      attrs: pointers(k, one, two),
    });
    c(k, "sysfs_create_group", at, group);
    visible = two;
    k.answers.push("-ENOMEM");
    expect(c(k, "sysfs_update_group", at, group)).toBe(-ERRNO.ENOMEM);
    expect(attributesOf(k.state, at).map(({ name }) => name)).toEqual(["one"]);
    const store = halt(k, writeAttribute(at, "one", "x"), "callback", 2);
    const update = halt(k, procedureOf(k, "sysfs_update_group", at, group), "wait");
    expect(update.isReady()).toBe(false);
    store.finish();
    expect(update.finish()).toBe(0);
    expect(c(k, "sysfs_update_group", at, group)).toBe(0);
    expect(attributesOf(k.state, at).map(({ name }) => name)).toEqual(["two"]);
    expect(rules(k)).toEqual([]);
  });

  it.each(["device_remove_file", "sysfs_remove_group"])("%s() waits for running stores", (remove) => {
    const k = coreKernel();
    const file = hotplug(k);
    const at = added(k, file);
    const target =
      remove === "device_remove_file" ? file : structure(k, "attribute_group", { attrs: pointers(k, file) });
    const store = halt(k, writeAttribute(at, "hotplug", "x"), "callback", 2);
    const removal = halt(k, procedureOf(k, remove, at, target), "wait");
    expect(removal.isReady()).toBe(false);
    store.finish();
    expect(removal.isReady()).toBe(true);
    expect(removal.finish()).toBe(0);
  });

  it("a store that removes its own file waits for ever, unless it says that it is its own", () => {
    const k = coreKernel();
    const file = hotplug(k);
    const at = added(k, file);
    driverFunction(k, STORE, () => c(k, "device_remove_file", at, file));
    expect(() => run(k, writeAttribute(at, "hotplug", "x"))).toThrow(Hangs);
    expect(k.misuse).toMatchObject([{ rule: "removal-by-own-store", isFatal: true }]);
    const other = attribute(k, "delete", 0o200, 0, 6);
    c(k, "device_create_file", at, other);
    driverFunction(k, 6, () => c(k, "device_remove_file_self", at, other));
    k.task = 2;
    expect(run(k, writeAttribute(at, "delete", "x"))).toBe(1);
    expect(attributeNamed(k.state, at, "delete")).toBeUndefined();
  });

  it("a store that has removed its own file may delete its device", () => {
    const k = coreKernel();
    const file = hotplug(k);
    const at = added(k, file);
    driverFunction(k, STORE, () => {
      c(k, "device_remove_file_self", at, file);
      c(k, "device_del", at);
      return 1;
    });
    expect(run(k, writeAttribute(at, "hotplug", "x"))).toBe(1);
    expect([rules(k), k.state.kernfs.active]).toEqual([[], []]);
  });

  it("of two stores that remove their file the second waits until the first has returned, and has not removed it", () => {
    const k = coreKernel();
    const file = hotplug(k);
    const at = added(k, file);
    const first = halt(k, writeAttribute(at, "hotplug", "x"), "callback", 2);
    const second = halt(k, writeAttribute(at, "hotplug", "x"), "callback", 3);
    const winner = halt(k, procedureOf(k, "device_remove_file_self", at, file), "wait", 2);
    expect([winner.isReady(), attributeNamed(k.state, at, "hotplug")]).toEqual([false, undefined]);
    const loser = halt(k, procedureOf(k, "device_remove_file_self", at, file), "wait", 3);
    expect([winner.isReady(), loser.isReady()]).toEqual([true, false]);
    expect([winner.finish(), loser.isReady()]).toEqual([1, false]);
    first.finish();
    expect(loser.isReady()).toBe(true);
    expect(loser.finish()).toBe(0);
    second.finish();
    expect([rules(k), k.state.kernfs.active]).toEqual([[], []]);
  });

  it("of several stores that have lost, each waits for the one before it", () => {
    const k = coreKernel();
    const file = hotplug(k);
    const at = added(k, file);
    const stores = [2, 3, 4].map((task) => halt(k, writeAttribute(at, "hotplug", "x"), "callback", task));
    const [winner, second, third] = [2, 3, 4].map((task) =>
      halt(k, procedureOf(k, "device_remove_file_self", at, file), "wait", task),
    );
    winner!.finish();
    stores[0]!.finish();
    expect([second!.isReady(), third!.isReady()]).toEqual([true, true]);
    expect([second!.finish(), third!.isReady()]).toEqual([0, false]);
    stores[1]!.finish();
    expect(third!.finish()).toBe(0);
  });

  it("a store that removes its file while others do holds them up, or not, as it comes", () => {
    const k = coreKernel();
    const file = hotplug(k);
    const at = added(k, file);
    const store = halt(k, writeAttribute(at, "hotplug", "x"), "callback", 2);
    const removal = halt(k, procedureOf(k, "device_remove_file", at, file), "wait", 3);
    const self = halt(k, procedureOf(k, "device_remove_file_self", at, file), "wait", 2);
    expect(removal.isReady()).toBe(true);
    expect(self.finish()).toBe(1);
    expect(removal.isReady()).toBe(false);
    store.finish();
    expect(removal.isReady()).toBe(true);
  });

  it("a file is removed as its own neither from outside, nor twice", () => {
    const k = coreKernel();
    const file = hotplug(k);
    const at = added(k, file);
    expect(c(k, "device_remove_file_self", at, file)).toBe(0);
    driverFunction(k, STORE, () => c(k, "sysfs_remove_file_self", at, file) + c(k, "sysfs_remove_file_self", at, file));
    expect(run(k, writeAttribute(at, "hotplug", "x"))).toBe(1);
    expect(k.misuse).toMatchObject([
      { rule: "self-removal-from-outside", isFatal: true },
      { rule: "self-removal-of-no-file", isFatal: false },
    ]);
  });

  it("links may fail, and events never matter", () => {
    const k = coreKernel("-ENOMEM");
    expect(c(k, "sysfs_create_link", 0, 0, "name")).toBe(-ERRNO.ENOMEM);
    expect(c(k, "sysfs_create_link", 0, 0, "name")).toBe(0);
    for (const name of [
      "sysfs_remove_link",
      "sysfs_notify",
      "kobject_uevent",
      "kobject_uevent_env",
      "add_uevent_var",
    ]) {
      expect(c(k, name, 0, 0)).toBe(0);
    }
  });
});
