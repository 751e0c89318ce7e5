import { describe, expect, it } from "vitest";
import { standInFiles } from "../../driver/compile/stand-in-files.ts";
import { initialKernelState, kernelFunctions } from "../../models/index.ts";

/**
 * Functions that the stand-in headers declare and no model answers: a driver that calls one is told so when it is
 * built.
 */
const GAPS: readonly string[] = [
  // A bus and its drivers: nothing here probes a driver of the driver's own when a device appears.
  ...["bus_register", "bus_unregister", "driver_register", "driver_unregister"],
  ...["__cxl_driver_register", "cxl_driver_unregister"],
  // Managed resources in the iomem tree.
  ...["devm_request_resource", "devm_release_resource", "__devm_request_region", "__devm_release_region"],
  // Walks over memory blocks and groups, and what others than a memory driver ask of memory hotplug and tiers.
  ...["for_each_memory_block", "find_memory_block", "memory_group_find_by_id", "walk_dynamic_memory_groups"],
  ...["add_memory_resource", "mhp_online_type_to_str", "get_online_mems", "put_online_mems"],
  ...["register_node_notifier", "unregister_node_notifier", "next_demotion_node", "node_is_toptier"],
  ...["register_mt_adistance_algorithm", "unregister_mt_adistance_algorithm"],
];

/** The names of the functions that a header declares and does not define. */
const prototypesIn = (header: string): readonly string[] => {
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
    const name = /^[\w\s*]*?[\s*](\w+)\(/.exec(plain)?.[1];
    return name === undefined ? [] : [name];
  });
};

const prototypes = [...standInFiles()]
  .filter(([path]) => path.endsWith(".h"))
  .flatMap(([path, text]) => prototypesIn(text).map((name) => ({ path, name })));

describe("the table of kernel functions", () => {
  it("sees the prototypes of the headers", () => {
    expect(prototypes.length).toBeGreaterThan(200);
    expect(prototypes).toContainEqual({ path: "linux/device.h", name: "device_add" });
    expect(prototypes).toContainEqual({ path: "linux/slab.h", name: "kasprintf" });
  });

  it("has a model for every function that the stand-in headers declare, save the known gaps", () => {
    const missing = prototypes.filter(({ name }) => !(name in kernelFunctions) && !GAPS.includes(name));
    expect(missing.map(({ path, name }) => `${path}: ${name}`)).toEqual([]);
  });

  it("has gaps only where a header declares something", () => {
    const declared = new Set(prototypes.map(({ name }) => name));
    expect(GAPS.filter((name) => !declared.has(name))).toEqual([]);
  });
});

describe("the kernel after boot", () => {
  it("holds nothing of a driver's", () => {
    const { slab, device, devres, sysfs, lock, workqueue, cxlRegion } = initialKernelState;
    expect([slab.live, device.devices, devres.entries, sysfs.attributes, lock.held]).toEqual([[], [], [], [], []]);
    expect([workqueue.pending, cxlRegion.regions]).toEqual([[], []]);
  });
});
