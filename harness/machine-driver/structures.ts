import type { Field, Structure } from "../../driver/compile/image.ts";

/**
 * The C structures that a driver without C shares with the modelled kernel, laid out by hand.
 *
 * Only the fields that a model, a property or the driver itself reads; each at its own size, aligned to itself, as a
 * compiler would place them. Names and types are the kernel's, because that is how the harness recognises them.
 */
const SIZES: Readonly<Record<string, number>> = {
  int: 4,
  "unsigned int": 4,
  "enum mmop": 4,
  u64: 8,
  "unsigned long": 8,
  umode_t: 2,
};

const structures: Record<string, Structure> = {};

const sizeOfType = (type: string): number => {
  if (type.endsWith("*")) return 8;
  const structure = /^struct (\w+)$/.exec(type)?.[1];
  const size = structure === undefined ? SIZES[type] : structures[structure]?.size;
  if (size === undefined) throw new Error(`checker bug: the size of ${type} is not known`);
  return size;
};

const alignmentOf = (type: string): number => (type.startsWith("struct ") ? 8 : sizeOfType(type));

const define = (name: string, fields: Readonly<Record<string, string>>): void => {
  const placed: Record<string, Field> = {};
  let end = 0;
  for (const [field, type] of Object.entries(fields)) {
    const alignment = alignmentOf(type);
    const offset = Math.ceil(end / alignment) * alignment;
    placed[field] = { offset, size: sizeOfType(type), type };
    end = offset + sizeOfType(type);
  }
  structures[name] = { size: Math.ceil(end / 8) * 8, fields: placed };
};

define("kobject", { name: "char *" });
define("mutex", { magic: "void *" });
define("attribute", { name: "char *", mode: "umode_t" });
define("device_attribute", { attr: "struct attribute", show: "void *", store: "void *" });
define("attribute_group", { name: "char *", is_visible: "void *", attrs: "struct attribute **" });
define("device_type", { name: "char *", groups: "struct attribute_group **", release: "void *" });
define("bus_type", { name: "char *", dev_groups: "struct attribute_group **" });
define("device_driver", { name: "char *" });
define("device", {
  kobj: "struct kobject",
  parent: "struct device *",
  init_name: "char *",
  type: "struct device_type *",
  bus: "struct bus_type *",
  driver: "struct device_driver *",
  groups: "struct attribute_group **",
  release: "void *",
  mutex: "struct mutex",
  numa_node: "int",
});
define("range", { start: "u64", end: "u64" });
define("resource", {
  start: "u64",
  end: "u64",
  name: "char *",
  flags: "unsigned long",
  desc: "unsigned long",
  parent: "struct resource *",
  sibling: "struct resource *",
  child: "struct resource *",
});
define("cxl_region_params", { state: "int", res: "struct resource *" });
define("cxl_region", { dev: "struct device", id: "int", mode: "int", params: "struct cxl_region_params" });
define("memory_dev_type", { adistance: "int" });
define("memory_block", {
  dev: "struct device",
  start_section_nr: "unsigned long",
  state: "unsigned long",
  online_type: "int",
  nid: "int",
});
define("cxl_sysram", {
  dev: "struct device",
  cxlr: "struct cxl_region *",
  hpa_range: "struct range",
  online_type: "enum mmop",
  last_hotplug_cmd: "enum mmop",
  numa_node: "int",
  mgid: "int",
  res_name: "char *",
  mtype: "struct memory_dev_type *",
  res: "struct resource *",
  /** Where the machine stands; the one field that a driver in C does not have. */
  configuration: "unsigned int",
});

/** By name, without `struct`. */
export const STRUCTURES: Readonly<Record<string, Structure>> = structures;

/** Where a field lies in a structure of this file. */
export const offsetOf = (structure: string, field: string): number => structures[structure]!.fields[field]!.offset;

export const sizeOf = (structure: string): number => structures[structure]!.size;
