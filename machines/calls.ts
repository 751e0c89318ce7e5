/**
 * The calls of the kernel that the life-cycle machine speaks of, and how their ends become facts.
 *
 * A state of the machine names the call that is made in it by a label of this table; the machine then goes on by one
 * of two events, `LABEL ok` or `LABEL failed`. A driver that runs the machine reads here what to pass; a monitor that
 * watches C reads here which of the code's calls is meant, and what to remember of it. A call that no label means is
 * none of the machine's business.
 */

/** What is remembered of one device from a call that gave it, until a call that takes it back. */
export type Kept = "sysram" | "name" | "type" | "group" | "resource";

/** What is passed to a call, in words; whoever makes the call knows the values. */
export type Argument =
  | Kept
  | "region"
  | "device"
  | "range"
  | "start"
  | "size"
  | "pages"
  | "node"
  | "distance"
  | "online type"
  | "address of the online type"
  | "size of sysram"
  | "GFP_KERNEL"
  | "name format"
  | "device name format"
  | "format arguments"
  | "iomem_resource"
  | "memory name"
  | "MHP_NID_IS_MGID"
  | "unbind"
  | "online one block"
  | "no flags"
  | "a second";

/**
 * How a result tells success from failure.
 *
 * nothing: it cannot fail. errno: negative is a failure. pointer: NULL is one, and stands for `error`.
 */
export type Result = "nothing" | "errno" | "pointer";

/** One call that the machine speaks of. */
export interface MachineCall {
  /** The kernel function. */
  readonly function: string;
  readonly arguments: readonly Argument[];
  readonly result: Result;
  /** What NULL is taken for, by the name of the errno. */
  readonly error?: "ENOMEM" | "EBUSY";
  /** What its result is remembered as. */
  readonly keeps?: Kept;
  /** Places of arguments by which this call is told from others of the same function. */
  readonly tells?: readonly number[];
}

const call = (
  name: string,
  result: Result,
  values: readonly Argument[],
  more: Omit<MachineCall, "function" | "arguments" | "result"> = {},
): MachineCall => ({ function: name, arguments: values, result, ...more });

/** By label: the function's name, and what it is applied to where the name alone does not tell. */
export const CALLS = {
  cxl_region_get_hpa_range: call("cxl_region_get_hpa_range", "errno", ["region", "range"]),
  kzalloc: call("kzalloc", "pointer", ["size of sysram", "GFP_KERNEL"], {
    error: "ENOMEM",
    keeps: "sysram",
    tells: [0],
  }),
  device_initialize: call("device_initialize", "nothing", ["device"], { tells: [0] }),
  kasprintf: call("kasprintf", "pointer", ["GFP_KERNEL", "name format", "format arguments"], {
    error: "ENOMEM",
    keeps: "name",
  }),
  dev_set_name: call("dev_set_name", "errno", ["device", "device name format", "format arguments"], { tells: [0] }),
  mt_get_memory_type: call("mt_get_memory_type", "errno", ["distance"], { keeps: "type" }),
  init_node_memory_type: call("init_node_memory_type", "nothing", ["node", "type"]),
  memory_group_register_static: call("memory_group_register_static", "errno", ["node", "pages"], { keeps: "group" }),
  device_add: call("device_add", "errno", ["device"], { tells: [0] }),
  devm_add_action: call("devm_add_action", "errno", ["region", "unbind", "sysram"], { tells: [2] }),

  __request_region: call("__request_region", "pointer", ["iomem_resource", "start", "size", "name", "no flags"], {
    error: "EBUSY",
    keeps: "resource",
  }),
  __add_memory_driver_managed: call("__add_memory_driver_managed", "errno", [
    "group",
    "start",
    "size",
    "memory name",
    "MHP_NID_IS_MGID",
    "online type",
  ]),
  walk_memory_blocks: call("walk_memory_blocks", "errno", [
    "start",
    "size",
    "address of the online type",
    "online one block",
  ]),
  offline_and_remove_memory: call("offline_and_remove_memory", "errno", ["start", "size"]),
  remove_memory: call("remove_memory", "errno", ["start", "size"]),
  msleep: call("msleep", "nothing", ["a second"]),
  remove_resource: call("remove_resource", "nothing", ["resource"], { tells: [0] }),
  "kfree resource": call("kfree", "nothing", ["resource"], { tells: [0] }),

  device_unregister: call("device_unregister", "nothing", ["device"], { tells: [0] }),
  device_del: call("device_del", "nothing", ["device"], { tells: [0] }),
  memory_group_unregister: call("memory_group_unregister", "errno", ["group"]),
  clear_node_memory_type: call("clear_node_memory_type", "nothing", ["node", "type"]),
  put_device: call("put_device", "nothing", ["device"], { tells: [0] }),
  "kfree name": call("kfree", "nothing", ["name"], { tells: [0] }),
  "kfree sysram": call("kfree", "nothing", ["sysram"], { tells: [0] }),
} as const satisfies Readonly<Record<string, MachineCall>>;

/**
 * Other calls of the kernel that make, take, give back or remove what the machine follows, and of which it does not speak.
 *
 * A driver that makes one of these is right in its own way, and the machine would not see what it does.
 */
export const OTHER_CALLS: readonly string[] = [
  ...["mt_find_alloc_memory_type", "mt_put_memory_types", "alloc_memory_type", "put_memory_type"],
  "memory_group_register_dynamic",
  ...["__release_region", "release_resource", "release_mem_region_adjustable", "adjust_resource"],
  ...["request_resource", "request_resource_conflict", "insert_resource", "insert_resource_conflict"],
  ...["add_memory", "__add_memory", "add_memory_driver_managed"],
  ...["__remove_memory", "offline_and_remove_memory_ranges"],
  ...["device_register", "devm_remove_action_nowarn", "devm_release_action"],
  ...["devm_kmalloc", "devm_kzalloc", "devm_kmalloc_array", "devm_kcalloc", "devm_kmemdup", "devm_krealloc"],
  ...["devm_kstrdup", "devm_kstrdup_const", "devm_kasprintf", "devm_kfree"],
  ...["devres_alloc_node", "devres_add", "devres_free", "devres_remove", "devres_destroy", "devres_release"],
  ...["devres_open_group", "devres_close_group", "devres_remove_group", "devres_release_group"],
];

/** Work is done by another task, which no machine follows, unless whoever queues it waits for it: then it lies on the stack. */
export const QUEUES_WORK: readonly string[] = ["queue_work", "queue_delayed_work", "mod_delayed_work"];
export const WAITS_FOR_WORK = "destroy_work_on_stack";

export type CallLabel = keyof typeof CALLS;

const labels = new Map<string, CallLabel[]>();
for (const label of Object.keys(CALLS) as CallLabel[]) {
  const { function: name } = CALLS[label];
  labels.set(name, [...(labels.get(name) ?? []), label]);
}

/** What a call of a function may mean; empty where the machine does not speak of it. */
export const labelsOf = (name: string): readonly CallLabel[] => labels.get(name) ?? [];

/** Reads the word that was written to the attribute: what was asked for is known by its result. */
export const WORD_PARSER = "mhp_online_type_from_str";

/** Every function that the machine speaks of. */
export const SPOKEN: readonly string[] = [...labels.keys(), WORD_PARSER];

/** A call came to its end. */
export type CallEvent = `${CallLabel} ok` | `${CallLabel} failed`;

/** The fact that a call ended so. */
export const callEvent = (label: CallLabel, isOk: boolean): CallEvent => `${label} ${isOk ? "ok" : "failed"}`;

const MAX_ERRNO = 4095;

/** Whether a call of this kind succeeded, from the value that it gave; error pointers are negative errnos. */
export const isSuccess = (result: Result, value: number): boolean => {
  switch (result) {
    case "nothing":
      return true;
    case "errno":
      return value >= 0 || value < -MAX_ERRNO;
    case "pointer":
      return value !== 0;
  }
};
