/** The model that a kernel function or variable of this name belongs to, by the name's beginning. */
const MODEL_OF: readonly (readonly [RegExp, string])[] = [
  [/^(devm_|devres_)/, "models/devres.ts"],
  [/^(device_|dev_|get_device|put_device|bus_|driver_|class_|kobject_|klist_)/, "models/device.ts"],
  [/^(sysfs_|kernfs_)/, "models/sysfs.ts"],
  [/^(__?request_|__?release_|remove_resource|insert_resource|allocate_resource|walk_iomem|iomem)/, "models/iomem.ts"],
  [/^(memory_group_)/, "models/memory-group.ts"],
  [/^(mt_|memory_tier|node_memory_type|init_node_memory|clear_node_memory|.*memory_type)/, "models/memory-tier.ts"],
  [/^(phys_to_|node_|numa_|.*_to_nid|cpu_to_node)/, "models/numa.ts"],
  [/^(.*memory.*|mhp_|online_|offline_)/, "models/memory-hotplug.ts"],
  [/^(cxl_|devm_cxl_|to_cxl)/, "models/cxl-region.ts"],
  [/^(mutex_|down_|up_|spin_|.*lock)/, "models/lock.ts"],
  [/^(queue_|schedule_|flush_|cancel_|.*work)/, "models/workqueue.ts"],
  [/^(k.*alloc|kv?free|kstr|kmem|str)/, "models/slab.ts"],
  [/^(_?printk|_dev_|dev_|.*warn)/, "models/print.ts"],
];

/** The file of the model that something of the kernel would belong in; undefined where its name does not tell. */
export const modelOf = (name: string): string | undefined => MODEL_OF.find(([pattern]) => pattern.test(name))?.[1];

/** Where the model of something of the kernel belongs, and its declaration. */
export const hintFor = (kind: "function" | "variable", name: string): string => {
  const model = modelOf(name) ?? "a new file in models/";
  return kind === "function"
    ? `its model belongs in ${model}, its prototype in driver/include/`
    : `its definition belongs to ${model}, its declaration in driver/include/`;
};
