import {
  CLAIM,
  DECOMMIT,
  HOLD,
  PIN,
  PROBE,
  PROBE_OFFLINE,
  UNBIND,
  USE,
  WORKER_UNBINDS,
  write,
} from "../support/commands.ts";

/** The reference driver with one known bug. */
export interface Mutant {
  /** What the driver does, as a sentence that begins with "a driver that". */
  readonly name: string;
  /** A text that stands once in driver/reference/region_sysram.c. */
  readonly replace: string;
  readonly with: string;
  /** Where the machine must be set up otherwise for the bug to show: no node is known. */
  readonly isWithoutNode?: true;
  /** The most faults in one run, where a driver that tries for ever would have more than can be searched. */
  readonly faults?: number;
  /** The property whose finding names the bug. */
  readonly property: string;
  /** What that finding is about, and the line that it blames. */
  readonly object: string;
  readonly blamed: string;
  /** The shortest run to it: the commands, and beneath a command each call that fails in it. */
  readonly run: readonly string[];
  /** The other properties that the bug breaks, in the order of reports. */
  readonly besides: readonly string[];
}

const ADD_FAILS = "  __add_memory_driver_managed = -ENOMEM (memmap or page tables)";
const OFFLINE_FAILS = "  memory_block_offline = -EBUSY (a page marked offline)";
const ONLINE_FAILS = "  memory_block_online = -ENOMEM (a memory notifier refuses)";

const ADD = "sysram_plug: err = __add_memory_driver_managed(sysram->mgid, start, size, sysram_memory_name,";
const REQUEST = "sysram_plug: res = request_mem_region(start, size, sysram->res_name);";
const REGISTER_GROUP =
  "sysram_join_node: group = memory_group_register_static(nid, PFN_UP(range_len(&sysram->hpa_range)));";

const DISPOSAL = "\tput_device(&sysram->dev);\n}\nDEFINE_FREE";
const TEARDOWN = "\t\tsysram_take_back(sysram);\n\t\tsysram_leave_node(sysram);\n";
const UNDO_OF_ADD = "\t\tsysram_free_resource(res);\n\t\treturn err;\n";
const DELETION = "\tdevice_del(&sysram->dev);\n";
const STORE_RESULT = "return err ? err : (ssize_t)len;";
const PAUSE = "\t\tmsleep(SYSRAM_RETRY_MS);\n";

/** A small bug each, and what is said of it. */
export const mutants: readonly Mutant[] = [
  {
    name: "never unregisters the memory group",
    replace: "WARN_ON(memory_group_unregister(sysram->mgid));",
    with: ";",
    property: "groups-are-unregistered",
    object: "the memory group",
    blamed: REGISTER_GROUP,
    run: [PROBE, UNBIND],
    besides: ["failed-probe-changes-nothing"],
  },
  {
    name: "takes group 0 for no group",
    replace: "if (sysram->mgid >= 0)",
    with: "if (sysram->mgid > 0)",
    property: "groups-are-unregistered",
    object: "the memory group",
    blamed: REGISTER_GROUP,
    run: [PROBE, UNBIND],
    besides: ["failed-probe-changes-nothing"],
  },
  {
    name: "unregisters the group before it removes the memory",
    replace: TEARDOWN,
    with: "\t\tsysram_leave_node(sysram);\n\t\tsysram_take_back(sysram);\n",
    property: "groups-are-unregistered",
    object: "the memory group",
    blamed: REGISTER_GROUP,
    run: [PROBE, UNBIND],
    besides: ["memory-types-balance", "failed-probe-changes-nothing", "the-kernel-does-not-warn"],
  },
  {
    name: "never frees the resource's name",
    replace: "\tkfree(sysram->res_name);\n",
    with: "",
    property: "allocations-are-freed",
    object: "the memory from kasprintf()",
    blamed: 'devm_cxl_add_sysram: sysram->res_name = kasprintf(GFP_KERNEL, "cxl_sysram%d", cxlr->id);',
    run: [PROBE, UNBIND],
    besides: ["failed-probe-changes-nothing"],
  },
  {
    name: "never frees the resource",
    replace: "\tkfree(res);\n",
    with: "",
    property: "allocations-are-freed",
    object: "the memory from __request_region()",
    blamed: REQUEST,
    run: [PROBE, UNBIND],
    besides: ["failed-probe-changes-nothing", "failed-write-changes-nothing"],
  },
  {
    name: "frees the resource's name before the memory is removed",
    replace: DELETION,
    with: `${DELETION}\tkfree(sysram->res_name);\n\tsysram->res_name = NULL;\n`,
    property: "names-outlive-resources",
    object: "the resource's name",
    blamed: REQUEST,
    run: [PROBE, WORKER_UNBINDS],
    besides: [],
  },
  {
    name: "has a word too few in a table",
    replace: "\t/* Another writer may take long",
    with: '\tdev_info(dev, "%s\\n", ((const char *[]){ "offline", "online", "online_kernel" })[cmd]);\n\t/* Another writer may take long',
    property: "values-are-in-range",
    object: "an array",
    blamed: 'hotplug_store: dev_info(dev, "%s\\n", ((const char *[]){ "offline", "online", "online_kernel" })[cmd]);',
    run: [PROBE, write("online_movable")],
    besides: [],
  },
  {
    name: "frees the resource's name from its second letter on",
    replace: "\tkfree(sysram->res_name);\n",
    with: "\tkfree(sysram->res_name + 1);\n",
    property: "nothing-is-freed-twice",
    object: "the freed memory",
    blamed: "sysram_release: kfree(sysram->res_name + 1);",
    run: [PROBE, UNBIND],
    besides: ["allocations-are-freed", "failed-probe-changes-nothing"],
  },
  {
    name: "frees the resource and leaves it in the tree",
    replace: "\tremove_resource(res);\n\tkfree(res);\n",
    with: "\tkfree(res);\n",
    property: "nothing-is-freed-twice",
    object: "the resource",
    blamed: REQUEST,
    run: [PROBE, write("offline")],
    besides: [
      "names-outlive-resources",
      "resources-are-released",
      "failed-probe-changes-nothing",
      "failed-write-changes-nothing",
    ],
  },
  {
    name: "keeps the pointer to a resource that it freed",
    replace: "\tsysram_free_resource(sysram->res);\n\tsysram->res = NULL;\n\n\treturn 0;",
    with: "\tsysram_free_resource(sysram->res);\n\n\treturn 0;",
    property: "records-agree-with-the-kernel",
    object: "the record of the resource",
    blamed: "",
    run: [PROBE, write("offline")],
    besides: ["nothing-is-freed-twice", "the-driver-does-not-crash", "the-kernel-does-not-warn"],
  },
  {
    name: "keeps the resource when adding the memory fails",
    replace: UNDO_OF_ADD,
    with: "\t\treturn err;\n",
    property: "resources-are-released",
    object: "the resource",
    blamed: REQUEST,
    run: [PROBE, ADD_FAILS, UNBIND],
    besides: ["names-outlive-resources", "failed-probe-changes-nothing", "failed-write-changes-nothing"],
  },
  {
    name: "never gives the memory type back",
    replace: "\tif (sysram->mtype)\n\t\tclear_node_memory_type(sysram->numa_node, sysram->mtype);\n",
    with: "",
    property: "memory-types-balance",
    object: "the node's memory type",
    blamed: "",
    run: [PROBE, UNBIND],
    besides: ["failed-probe-changes-nothing"],
  },
  {
    name: "gives the memory type back before it removes the memory",
    replace: TEARDOWN,
    with: `\t\tif (sysram->mtype)
\t\t\tclear_node_memory_type(sysram->numa_node, sysram->mtype);
\t\tsysram->mtype = NULL;
${TEARDOWN}`,
    property: "memory-types-balance",
    object: "the memory type",
    blamed: "sysram_dispose: clear_node_memory_type(sysram->numa_node, sysram->mtype);",
    run: [PROBE, UNBIND],
    besides: ["failed-probe-changes-nothing"],
  },
  {
    name: "puts the device twice",
    replace: DISPOSAL,
    with: `\tput_device(&sysram->dev);\n${DISPOSAL}`,
    property: "device-references-balance",
    object: "the device",
    blamed: "sysram_dispose: put_device(&sysram->dev);",
    run: [PROBE, UNBIND],
    besides: ["the-driver-does-not-crash", "the-kernel-does-not-warn"],
  },
  {
    name: "frees the device in place of putting it",
    replace: DISPOSAL,
    with: "\tkfree(sysram->res_name);\n\tkfree(sysram);\n}\nDEFINE_FREE",
    property: "device-references-balance",
    object: "the device",
    blamed: "sysram_alloc: device_initialize(&sysram->dev);",
    run: [PROBE, UNBIND],
    besides: ["failed-probe-changes-nothing", "the-driver-does-not-crash", "the-kernel-does-not-warn"],
  },
  {
    name: "keeps the device when its registration fails",
    replace: "\terr = device_add(&sysram->dev);\n\tif (err)\n\t\treturn err;\n",
    with: `\terr = device_add(&sysram->dev);
\tif (err) {
\t\tretain_and_null_ptr(sysram);
\t\treturn err;
\t}
`,
    property: "device-references-balance",
    object: "the device",
    blamed: "sysram_alloc: device_initialize(&sysram->dev);",
    run: [PROBE, "  device_add = -ENOMEM"],
    besides: ["failed-probe-changes-nothing"],
  },
  {
    name: "lets a device go that is still registered",
    replace: DELETION,
    with: "",
    property: "device-references-balance",
    object: "the device",
    blamed: "sysram_dispose: put_device(&sysram->dev);",
    run: [PROBE, UNBIND],
    besides: ["failed-probe-changes-nothing", "the-kernel-does-not-warn"],
  },
  {
    name: "disposes of a device that devres owns by then",
    replace: "no_free_ptr(sysram));",
    with: "sysram);",
    property: "device-references-balance",
    object: "the device",
    blamed: "sysram_dispose: put_device(&sysram->dev);",
    run: [PROBE],
    besides: ["online-type-is-as-asked", "the-driver-does-not-crash", "the-kernel-does-not-warn"],
  },
  {
    name: "keeps memory that it could not online",
    replace: "\tif (!sysram_unplug(sysram))\n\t\treturn err;\n",
    with: "\treturn err;\n",
    property: "failed-write-changes-nothing",
    object: "system memory",
    blamed: ADD,
    run: [PROBE_OFFLINE, write("online"), ONLINE_FAILS, ONLINE_FAILS],
    besides: [],
  },
  {
    name: "gives up when the memory is in use",
    replace: PAUSE,
    with: "\t\treturn;\n",
    property: "memory-has-a-backing-region",
    object: "system memory",
    blamed: ADD,
    run: [PROBE, WORKER_UNBINDS, DECOMMIT],
    besides: [
      "names-outlive-resources",
      "groups-are-unregistered",
      "memory-types-balance",
      "failed-probe-changes-nothing",
      "the-kernel-does-not-warn",
    ],
  },
  {
    name: "calls it a success when adding the memory fails",
    replace: UNDO_OF_ADD,
    with: "\t\tsysram_free_resource(res);\n\t\treturn 0;\n",
    property: "results-tell-what-happened",
    object: "the result",
    blamed: "",
    run: [PROBE_OFFLINE, write("online"), ADD_FAILS],
    besides: [],
  },
  {
    name: "gives the length of what was written whatever happened",
    replace: STORE_RESULT,
    with: "return len;",
    property: "results-tell-what-happened",
    object: "the result",
    blamed: "",
    run: [PROBE_OFFLINE, CLAIM, write("online")],
    besides: ["online-type-is-as-asked"],
  },
  {
    name: "gives a positive errno to who writes",
    replace: STORE_RESULT,
    with: "return err ? -err : (ssize_t)len;",
    property: "results-tell-what-happened",
    object: "the result",
    blamed: "",
    run: [PROBE, write("online")],
    besides: ["online-type-is-as-asked"],
  },
  {
    name: "onlines as the probe was asked, whatever is written",
    replace: "sysram_plug(sysram, cmd)",
    with: "sysram_plug(sysram, sysram->online_type)",
    property: "online-type-is-as-asked",
    object: "the online type",
    blamed: ADD,
    run: [PROBE_OFFLINE, write("online_movable")],
    besides: [],
  },
  {
    name: "leaves its resource busy",
    replace: "\tres->flags = IORESOURCE_SYSTEM_RAM;\n",
    with: "",
    property: "online-type-is-as-asked",
    object: "the online type",
    blamed: "",
    run: [PROBE],
    besides: [],
  },
  {
    name: "does not note the command that was written",
    replace: "\tsysram->last_hotplug_cmd = cmd;\n",
    with: "",
    property: "documented-fields-are-kept",
    object: "last_hotplug_cmd",
    blamed: "",
    run: [PROBE_OFFLINE, write("online")],
    besides: [],
  },
  {
    name: "keeps its mutex where offlining fails",
    replace: "\tguard(mutex)(&sysram->lock);\n\n\treturn sysram_command(sysram, MMOP_OFFLINE);\n",
    with: `\tint err;

\tmutex_lock(&sysram->lock);
\terr = sysram_command(sysram, MMOP_OFFLINE);
\tif (err)
\t\treturn err;
\tmutex_unlock(&sysram->lock);
\treturn 0;
`,
    property: "locks-are-released",
    object: "a lock",
    blamed: "",
    run: [PROBE, HOLD, USE, OFFLINE_FAILS],
    besides: [],
  },
  {
    name: "locks its mutex twice",
    replace: "\t/* All or nothing: on failure the core",
    with: "\tguard(mutex)(&sysram->lock);\n\t/* All or nothing: on failure the core",
    property: "every-call-returns",
    object: "a lock",
    blamed: "sysram_unplug: guard(mutex)(&sysram->lock);",
    run: [PROBE, write("offline")],
    besides: [],
  },
  {
    name: "removes memory under the lock that removing takes",
    replace:
      "\tunlock_device_hotplug();\n\tif (!err)\n\t\treturn 0;\n\n\tif (!sysram_unplug(sysram))\n\t\treturn err;\n",
    with: "\tif (err)\n\t\terr = sysram_unplug(sysram) ? 0 : err;\n\tunlock_device_hotplug();\n\n\treturn err;\n",
    property: "every-call-returns",
    object: "device_hotplug_lock",
    blamed: "sysram_unplug: err = offline_and_remove_memory(sysram->hpa_range.start, range_len(&sysram->hpa_range));",
    run: [PROBE, ONLINE_FAILS, ONLINE_FAILS],
    besides: [],
  },
  {
    name: "tries again without a pause",
    faults: 0,
    replace: PAUSE,
    with: "",
    property: "every-call-returns",
    object: "endless loop",
    blamed: "sysram_try_remove: if (current_work())",
    run: [PROBE, WORKER_UNBINDS],
    besides: [],
  },
  {
    name: "takes memory offline in a kernel worker too",
    replace: "\tif (current_work())\n\t\treturn remove_memory(start, size);\n\n",
    with: "",
    property: "every-call-returns",
    object: "the memory",
    blamed: "sysram_try_remove: return offline_and_remove_memory(start, size);",
    run: [PROBE, PIN, WORKER_UNBINDS],
    besides: [],
  },
  {
    name: "waits in a loop that calls nothing",
    replace: "\tsysram->last_hotplug_cmd = cmd;\n",
    with: "\twhile (sysram->mgid >= 0)\n\t\tbarrier();\n",
    property: "every-call-returns",
    object: "endless loop",
    blamed: "sysram_command: while (sysram->mgid >= 0)",
    run: [PROBE],
    besides: [],
  },
  {
    name: "does not look whether there was memory for the device",
    replace: "\tif (!sysram)\n\t\treturn ERR_PTR(-ENOMEM);\n",
    with: "",
    property: "the-driver-does-not-crash",
    object: "a NULL pointer",
    blamed: "sysram_alloc: sysram->cxlr = cxlr;",
    run: [PROBE, "  kzalloc = -ENOMEM"],
    besides: [],
  },
  {
    name: "walks the memory blocks without the lock",
    replace: `\tlock_device_hotplug();
\terr = walk_memory_blocks(start, size, &online_type, sysram_online_block);
\tunlock_device_hotplug();
`,
    with: "\terr = walk_memory_blocks(start, size, &online_type, sysram_online_block);\n",
    property: "the-kernel-does-not-warn",
    object: "the memory in walk_memory_blocks()",
    blamed: "sysram_plug: err = walk_memory_blocks(start, size, &online_type, sysram_online_block);",
    run: [PROBE],
    besides: [],
  },
  {
    name: "goes on without a node",
    replace: '\tif (nid < 0) {\n\t\tdev_warn(&cxlr->dev, "region belongs to no node\\n");\n\t\treturn nid;\n\t}\n',
    with: "",
    isWithoutNode: true,
    property: "the-kernel-does-not-warn",
    object: "the NUMA node in init_node_memory_type()",
    blamed: "sysram_join_node: init_node_memory_type(nid, type);",
    run: [PROBE],
    besides: [],
  },
];
