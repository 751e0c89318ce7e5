import type { Prototype } from "../../driver/compile/image.ts";

const prototype = (result: string, name: string, ...parameters: readonly string[]): Prototype => ({
  name,
  result,
  parameters,
});

/** The kernel functions that a machine's driver calls; their places are the numbers that it calls them by. */
export const KERNEL_FUNCTIONS: readonly Prototype[] = [
  prototype("int", "cxl_region_get_hpa_range", "struct cxl_region *", "struct range *"),
  prototype("unsigned long", "memory_block_size_bytes"),
  prototype("int", "phys_to_target_node", "u64"),
  prototype("int", "memory_add_physaddr_to_nid", "u64"),
  prototype("enum mmop", "mhp_get_default_online_type"),
  prototype("void *", "kzalloc", "size_t", "gfp_t"),
  prototype("void", "device_initialize", "struct device *"),
  prototype("char *", "kasprintf", "gfp_t", "char *", "void"),
  prototype("int", "dev_set_name", "struct device *", "char *", "void"),
  prototype("struct memory_dev_type *", "mt_get_memory_type", "int"),
  prototype("void", "init_node_memory_type", "int", "struct memory_dev_type *"),
  prototype("int", "memory_group_register_static", "int", "unsigned long"),
  prototype("int", "device_add", "struct device *"),
  prototype("int", "devm_add_action", "struct device *", "function *", "void *"),
  prototype("struct resource *", "__request_region", "struct resource *", "u64", "u64", "char *", "int"),
  prototype("int", "__add_memory_driver_managed", "int", "u64", "u64", "char *", "mhp_t", "enum mmop"),
  prototype("void", "lock_device_hotplug"),
  prototype("int", "walk_memory_blocks", "unsigned long", "unsigned long", "void *", "walk_memory_blocks_func_t"),
  prototype("void", "unlock_device_hotplug"),
  prototype("int", "device_online", "struct device *"),
  prototype("int", "offline_and_remove_memory", "u64", "u64"),
  prototype("int", "remove_memory", "u64", "u64"),
  prototype("struct work_struct *", "current_work"),
  prototype("void", "msleep", "unsigned int"),
  prototype("int", "remove_resource", "struct resource *"),
  prototype("void", "kfree", "void *"),
  prototype("int", "mhp_online_type_from_str", "char *"),
  prototype("void", "device_unregister", "struct device *"),
  prototype("void", "device_del", "struct device *"),
  prototype("void", "put_device", "struct device *"),
  prototype("int", "memory_group_unregister", "int"),
  prototype("void", "clear_node_memory_type", "int", "struct memory_dev_type *"),
  prototype("struct device *", "device_find_child_by_name", "struct device *", "char *"),
];

/** The number of a kernel function. */
export const numberOf = (name: string): number => {
  const number = KERNEL_FUNCTIONS.findIndex((candidate) => candidate.name === name);
  if (number === -1) throw new Error(`checker bug: a machine calls ${name}(), which prototypes.ts does not list`);
  return number;
};
