import { describe, expect, it } from "vitest";
import { standInFiles } from "../../driver/compile/stand-in-files.ts";
import { initialKernelState, kernelFunctions } from "../../models/index.ts";

/**
 * Functions that the stand-in headers declare and no model answers, and why: a driver that calls one is told so when it
 * is built.
 */
const NOT_MODELLED: Readonly<Record<string, readonly string[]>> = {
  "nothing here probes a driver of the driver's own, so a bus and its drivers would never be heard of again": [
    ...["bus_register", "bus_unregister", "driver_register", "driver_unregister"],
    ...["__cxl_driver_register", "cxl_driver_unregister"],
  ],
  "devres keeps no managed resource in the iomem tree": [
    ...["devm_request_resource", "devm_release_resource", "__devm_request_region", "__devm_release_region"],
  ],
  "blocks and groups are found by their ranges and devices only": [
    ...["for_each_memory_block", "find_memory_block", "memory_group_find_by_id", "walk_dynamic_memory_groups"],
  ],
  "for memory that the caller has put into the iomem tree itself, which no model keeps apart": ["add_memory_resource"],
  "text for messages, which nobody reads": ["mhp_online_type_to_str"],
  "the lock of memory hotplug is taken by the models for as long as the kernel holds it, never by a driver": [
    ...["get_online_mems", "put_online_mems"],
  ],
  "no node appears or goes with a notification of its own": ["register_node_notifier", "unregister_node_notifier"],
  "nobody is asked for distances, and nothing is demoted": [
    ...["register_mt_adistance_algorithm", "unregister_mt_adistance_algorithm"],
    ...["next_demotion_node", "node_is_toptier"],
  ],
};

/** Models of what no header declares, because clang calls it by itself. */
const OF_THE_COMPILER = /^__ubsan_handle_/;

interface Prototype {
  readonly name: string;
  readonly result: string;
  readonly parameters: string;
}

/** The functions that a header declares and does not define. */
const prototypesIn = (header: string): readonly Prototype[] => {
  let text = header
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/\/\/.*$/gm, "")
    .replace(/^\s*#(?:.*\\\n)*.*$/gm, "");
  for (let before = ""; before !== text; ) {
    before = text;
    text = text.replace(/\{[^{}]*\}/g, ";");
  }
  return text.split(";").flatMap((declaration) => {
    const plain = declaration.replace(/__attribute__\(\(.*?\)\)\)?/gs, "").trim();
    if (/^typedef\b|\bstatic\b|^DEFINE_|^STRING_CHOICE/.test(plain)) return [];
    const [, result, name, parameters] = /^([\w\s*]*?[\s*])(\w+)\((.*)\)$/s.exec(plain) ?? [];
    return name === undefined ? [] : [{ name, result: result!.trim(), parameters: parameters! }];
  });
};

const prototypes = [...standInFiles()]
  .filter(([path]) => path.endsWith(".h"))
  .flatMap(([path, text]) => prototypesIn(text).map((prototype) => ({ path, ...prototype })));
const declared = new Map(prototypes.map((prototype) => [prototype.name, prototype]));

describe("the table of kernel functions", () => {
  it("sees the prototypes of the headers", () => {
    expect(prototypes.length).toBeGreaterThan(200);
    expect(declared.get("device_add")).toMatchObject({ path: "linux/device.h", parameters: "struct device *dev" });
    expect(declared.get("kasprintf")).toMatchObject({ path: "linux/slab.h" });
  });

  it("has a model for every function that the stand-in headers declare, save those that are said to have none", () => {
    const missing = prototypes.filter(({ name }) => !(name in kernelFunctions));
    const gaps = Object.values(NOT_MODELLED).flat();
    expect(missing.map(({ name }) => name).sort()).toEqual([...gaps].sort());
  });

  it("has no model of what no header declares, save what the compiler calls by itself", () => {
    const undeclared = Object.keys(kernelFunctions).filter((name) => !declared.has(name));
    expect(undeclared.filter((name) => !OF_THE_COMPILER.test(name))).toEqual([]);
    expect(undeclared.map((name) => kernelFunctions[name]!.declared.isCheck)).toEqual(undeclared.map(() => true));
  });

  it("says of each function that is given flags to allocate with, and of no other, that they tell whether it sleeps", () => {
    const names = Object.keys(kernelFunctions);
    const given = names.filter((name) => /\bgfp_t\b/.test(declared.get(name)?.parameters ?? ""));
    expect(names.filter((name) => kernelFunctions[name]!.declared.sleeps === "by its flags")).toEqual(given);
    expect(given).toContain("devm_kstrdup");
  });

  it("says of each function that gives a pointer how it tells that it failed, if it can", () => {
    const pointers = prototypes.filter(({ name, result }) => result.endsWith("*") && name in kernelFunctions);
    const silent = pointers.filter(({ name }) => kernelFunctions[name]!.declared.fails === undefined);
    expect(silent.map(({ name }) => name)).toEqual([]);
    expect(pointers.length).toBeGreaterThan(40);
  });
});

describe("the kernel after boot", () => {
  it("holds nothing of a driver's", () => {
    const { slab, device, devres, sysfs, lock, workqueue, cxlRegion } = initialKernelState;
    expect([slab.live, device.devices, devres.entries, sysfs.attributes, lock.held]).toEqual([[], [], [], [], []]);
    expect([workqueue.pending, cxlRegion.regions]).toEqual([[], []]);
  });
});
