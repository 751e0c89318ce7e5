import { CALLS, type CallLabel, type MachineCall } from "../../machines/calls.ts";
import { MACHINES, tableOf } from "../../machines/index.ts";
import type { Policy } from "../../machines/policy.ts";
import type { MachineTable } from "../../machines/table.ts";
import { type Automaton, automatonOf, dotOf, identifier } from "./automaton.ts";

/** The monitors, with the short names that they have in the kernel. */
const MONITORS: readonly {
  readonly name: string;
  readonly machine: string;
  readonly policy?: Policy;
  readonly type: string;
}[] = [
  { name: "sysram", machine: "sysram", policy: "intended", type: "one for each sysram device" },
  { name: "sysramp", machine: "sysram", policy: "as-posted", type: "one for each sysram device" },
  { name: "memgroup", machine: "memory-group", type: "one for each memory group" },
  { name: "iores", machine: "iomem-resource", type: "one for each resource of a driver" },
  { name: "memtype", machine: "memory-type", type: "one for each node and its memory type" },
  { name: "devref", machine: "device-references", type: "one for each sysram device" },
  { name: "memblk", machine: "memory-block", type: "one for each memory block" },
  { name: "cxlregion", machine: "region", type: "one for each CXL region" },
];

/** A machine as a monitor of the kernel. */
export interface RvMonitor {
  readonly automaton: Automaton;
  readonly table: MachineTable;
  /** The machine's name in this project. */
  readonly machine: string;
  /** Over what it has to run in the kernel. */
  readonly type: string;
}

/** Every machine as an automaton. */
export const rvMonitors = (): readonly RvMonitor[] =>
  MONITORS.map(({ name, machine, policy, type }) => {
    const table = tableOf(MACHINES.find((other) => other.name === machine)!, policy);
    return {
      automaton: automatonOf(name, table),
      table,
      machine: policy === undefined ? machine : `${machine}, ${policy}`,
      type,
    };
  });

/** What feeds events that are no ends of calls: a kernel function, and when it counts. */
const FEEDS: Readonly<Record<string, string>> = {
  probe: "devm_cxl_add_sysram() is called (kprobe)",
  "asked online": "mhp_online_type_from_str() gives a value above 0 to the device's store (kretprobe)",
  "asked offline":
    "mhp_online_type_from_str() gives 0 to the device's store (kretprobe), or cxl_sysram_offline_and_remove() is called (kprobe)",
  "asked nonsense": "mhp_online_type_from_str() gives a negative value to the device's store (kretprobe)",
  unbind: "the devres action of the device is called (kprobe on the function given to devm_add_action)",
  release: "the release function of the device's type is called (kprobe)",
  added: "create_memory_block_devices() covers the block (kretprobe); uevent add of memoryN",
  removed: "remove_memory_block_devices() covers the block (kretprobe); uevent remove of memoryN",
  onlined: "memory notifier MEM_ONLINE for the block",
  "refused to go online": "memory notifier MEM_CANCEL_ONLINE for the block",
  offlined: "memory notifier MEM_OFFLINE for the block",
  "refused to go offline": "memory notifier MEM_CANCEL_OFFLINE for the block",
  pinned: "nothing in the kernel tells of it: leave it out, or feed it from the test",
  unpinned: "nothing in the kernel tells of it: leave it out, or feed it from the test",
  commit: "cxl_region_decode_commit() gives 0 (kretprobe)",
  decommit: "cxl_region_decode_reset() is called (kprobe)",
  "probe ok": "cxl_region_probe() gives 0 (kretprobe)",
  "probe failed": "cxl_region_probe() gives a negative value (kretprobe)",
};

const HOW: Readonly<Record<MachineCall["result"], readonly [ok: string, failed: string]>> = {
  nothing: ["returns", "returns"],
  errno: ["returns 0 or more", "returns a negative errno"],
  pointer: ["returns a pointer", "returns NULL"],
};

/** Calls that cannot be probed under their own names, or end in a way of their own. */
const CALL_FEEDS: Readonly<Record<string, string>> = {
  "kzalloc ok": "tracepoint kmem:kmalloc in the probe, for the size of the device's structure",
  "kzalloc failed": "the probe ends with -ENOMEM before device_initialize() was called",
  "devm_add_action ok": "__devm_add_action() returns 0 (kretprobe)",
  "devm_add_action failed": "__devm_add_action() returns a negative errno (kretprobe)",
  "mt_get_memory_type ok": "mt_get_memory_type() returns no error pointer (kretprobe)",
  "mt_get_memory_type failed": "mt_get_memory_type() returns an error pointer (kretprobe)",
  "kfree resource ok": "tracepoint kmem:kfree of what __request_region() gave",
  "kfree name ok": "tracepoint kmem:kfree of what kasprintf() gave",
  "kfree sysram ok": "tracepoint kmem:kfree of the device's structure",
};

/** What the kernel must be watched for to feed an event. */
export const feedOf = (event: string): string => {
  const own = FEEDS[event] ?? CALL_FEEDS[event];
  if (own !== undefined) return own;
  const [, label, end] = /^(.*) (ok|failed)$/.exec(event) ?? [];
  const call: MachineCall | undefined = CALLS[label as CallLabel];
  if (call === undefined) throw new Error(`checker bug: nobody says what feeds the event "${event}"`);
  const object = label === call.function ? "" : ` of the ${label!.slice(call.function.length + 1)}`;
  return `${call.function}()${object} ${HOW[call.result][end === "ok" ? 0 : 1]} (kretprobe)`;
};

/** The automata, a file each, with a page that says what feeds them. */
export const rvFiles = (): readonly (readonly [name: string, text: string])[] => {
  const monitors = rvMonitors();
  return [
    ...monitors.map(({ automaton }) => [`${automaton.name}.dot`, dotOf(automaton)] as const),
    ["events.md", eventsText(monitors)],
  ];
};

const eventsText = (monitors: readonly RvMonitor[]): string =>
  [
    "# What feeds the monitors",
    "",
    "    rvgen monitor -c da -s NAME.dot -t global",
    "",
    "With one device at a time a global monitor will do; for several, take the generator's type for objects where it has one.",
    "A call counts for the device whose driver made it. What a driver finds out by itself is no event: where the life may",
    "go on in several ways, the automaton stands in a state that is named after all of them.",
    "",
    ...monitors.flatMap(({ automaton, table, machine, type }) => [
      `## ${automaton.name}: ${machine}`,
      "",
      `${automaton.states.length} states, ${automaton.edges.length} edges; ${type}.`,
      "",
      "| event | fed by |",
      "| --- | --- |",
      ...table.events
        .filter((event) => automaton.events.includes(identifier(event)))
        .map((event) => `| ${identifier(event)} | ${feedOf(event)} |`),
      "",
    ]),
  ].join("\n");
