import { assign, type SnapshotFrom, setup } from "xstate";
import type { CallEvent } from "./calls.ts";
import type { Does } from "./does.ts";
import type { Policy } from "./policy.ts";

/**
 * The life of one sysram device, from the probe of its region to its last reference.
 *
 *     unbound --> allocated --> named --> tier-set --> group-registered
 *        ^            |           |          |                |
 *        |            +-----------+----+-----+----------------+       each failure leads into the
 *        |                             |                      |       release of what was acquired
 *        |                             v                      v
 *        |      leaving-group, leaving-tier, dropping       added <-----> hotplugged
 *        |                             |                      |               |
 *        |                             v                      +-----unbind----+
 *        |   freeing-name, freeing --> released                       |
 *        |                     \                                      v
 *        |                      `----> abandoned      deleting and taking-back (intended)
 *        |                       memory stays for       or unregistering (as posted)
 *        |                       which nobody is left                 |
 *        +--- before there is a device                                v
 *                                                    unregistered: gone, but referenced
 *
 * An event is a fact: how a call of the kernel ended, what the driver found out, what somebody asked for. A state's
 * meta says which call is made in it (calls.ts) or what is found out; one that says neither waits for others.
 *
 * The two policies share all of it but the edges guarded by their names. As posted, the device is unregistered first
 * and its memory is taken back by the release function, which cannot fail, so that memory which stays is abandoned.
 * As intended, the memory is taken back before the last reference is dropped, for as long as that takes; a task that no
 * signal reaches waits for others to offline it, since its own offlining might never end.
 */
export const sysramMachine = setup({
  types: {
    context: {} as SysramContext,
    events: {} as { readonly type: SysramEventName },
    input: {} as { readonly policy: Policy },
    meta: {} as Does,
  },
  guards: {
    "as posted": ({ context }) => context.policy === "as-posted",
    intended: ({ context }) => context.policy === "intended",
    "intended, in a group": ({ context }) => context.policy === "intended" && context.joined === "group",
    "intended, in a tier": ({ context }) => context.policy === "intended" && context.joined === "tier",
    "as posted, in a group": ({ context }) => context.policy === "as-posted" && context.joined === "group",
    "as posted, in a tier": ({ context }) => context.policy === "as-posted" && context.joined === "tier",
    "as posted, ending": ({ context }) => context.policy === "as-posted" && context.phase === "ending",
    "intended, ending": ({ context }) => context.policy === "intended" && context.phase === "ending",
    "as posted, probing": ({ context }) => context.policy === "as-posted" && context.phase === "probing",
    probing: ({ context }) => context.phase === "probing",
    bound: ({ context }) => context.phase === "bound",
    unregistered: ({ context }) => context.phase === "unregistered",
    plugged: ({ context }) => context.memory === "plugged",
    abandoned: ({ context }) => context.memory === "abandoned",
    "not abandoned": ({ context }) => context.memory !== "abandoned",
  },
  actions: {
    "is in a tier": assign({ joined: "tier" }),
    "is in a group": assign({ joined: "group" }),
    "is bound": assign({ phase: "bound" }),
    "is unregistered": assign({ phase: "unregistered" }),
    "is ending": assign({ phase: "ending" }),
    "has memory": assign({ memory: "plugged" }),
    "has no memory": assign({ memory: "none" }),
    "abandons the memory": assign({ memory: "abandoned" }),
  },
}).createMachine({
  id: "sysram",
  context: ({ input }) => ({ policy: input.policy, phase: "probing", joined: "nothing", memory: "none" }),
  initial: "unbound",
  states: {
    unbound: { meta: { part: "setting up", stage: "unbound" }, on: { probe: "measuring" } },

    measuring: {
      meta: { part: "setting up", calls: "cxl_region_get_hpa_range" },
      on: { "cxl_region_get_hpa_range ok": "measured", "cxl_region_get_hpa_range failed": "unbound" },
    },
    measured: {
      meta: { part: "setting up", asks: "does the region fit" },
      on: { "region fits": "allocating", "region refused": "unbound" },
    },
    allocating: {
      meta: { part: "setting up", calls: "kzalloc" },
      on: { "kzalloc ok": "initialising", "kzalloc failed": "unbound" },
    },
    initialising: {
      meta: { part: "setting up", calls: "device_initialize" },
      on: { "device_initialize ok": "allocated" },
    },
    allocated: {
      meta: { part: "setting up", stage: "allocated", calls: "kasprintf" },
      on: { "kasprintf ok": "naming", "kasprintf failed": "dropping" },
    },
    naming: {
      meta: { part: "setting up", calls: "dev_set_name" },
      on: { "dev_set_name ok": "named", "dev_set_name failed": "dropping" },
    },
    named: {
      meta: { part: "setting up", stage: "named", asks: "which node" },
      on: { "node known": "typing", "no node": "dropping" },
    },
    typing: {
      meta: { part: "setting up", calls: "mt_get_memory_type" },
      on: { "mt_get_memory_type ok": "mapping", "mt_get_memory_type failed": "dropping" },
    },
    mapping: {
      meta: { part: "setting up", calls: "init_node_memory_type" },
      on: { "init_node_memory_type ok": { target: "tier-set", actions: "is in a tier" } },
    },
    "tier-set": {
      meta: { part: "setting up", stage: "tier-set", calls: "memory_group_register_static" },
      on: {
        "memory_group_register_static ok": { target: "group-registered", actions: "is in a group" },
        "memory_group_register_static failed": [
          { guard: "intended", target: "leaving-tier" },
          { guard: "as posted", target: "dropping" },
        ],
      },
    },
    "group-registered": {
      meta: { part: "setting up", stage: "group-registered", calls: "device_add" },
      on: {
        "device_add ok": "registered",
        "device_add failed": [
          { guard: "intended", target: "leaving-group" },
          { guard: "as posted", target: "dropping" },
        ],
      },
    },
    registered: {
      meta: { part: "setting up", asks: "plug in at once" },
      on: { "plugs in": "claiming", "waits for a word": "entrusting" },
    },
    entrusting: {
      meta: { part: "setting up", calls: "devm_add_action" },
      on: {
        "devm_add_action ok": [
          { guard: "plugged", target: "hotplugged", actions: "is bound" },
          { target: "added", actions: "is bound" },
        ],
        "devm_add_action failed": [
          { guard: "intended", target: "deleting" },
          { guard: "as posted", target: "unregistering" },
        ],
      },
    },

    added: {
      meta: { part: "in use", stage: "added" },
      on: {
        "asked online": "claiming",
        "asked offline": "added",
        "asked nonsense": "added",
        unbind: [
          { guard: "intended", target: "deleting" },
          { guard: "as posted", target: "unregistering" },
        ],
      },
    },
    hotplugged: {
      meta: { part: "in use", stage: "hotplugged" },
      on: {
        "asked online": "refusing",
        "asked offline": "removing",
        "asked nonsense": "hotplugged",
        unbind: [
          { guard: "intended", target: "deleting" },
          { guard: "as posted", target: "unregistering" },
        ],
      },
    },
    refusing: {
      meta: { part: "in use", asks: "is the memory there already" },
      on: { "memory is there": "hotplugged" },
    },

    claiming: {
      meta: { part: "plugging in", calls: "__request_region" },
      on: {
        "__request_region ok": "claimed",
        "__request_region failed": [{ guard: "probing", target: "entrusting" }, { target: "added" }],
      },
    },
    claimed: {
      meta: { part: "plugging in", calls: "__add_memory_driver_managed" },
      on: {
        "__add_memory_driver_managed ok": [
          { guard: "intended", target: "onlining", actions: "has memory" },
          { guard: "as posted, probing", target: "entrusting", actions: "has memory" },
          { guard: "as posted", target: "hotplugged", actions: "has memory" },
        ],
        "__add_memory_driver_managed failed": "unclaiming",
      },
    },
    onlining: {
      meta: { part: "plugging in", calls: "walk_memory_blocks" },
      on: {
        "walk_memory_blocks ok": [{ guard: "probing", target: "entrusting" }, { target: "hotplugged" }],
        "walk_memory_blocks failed": "giving-back",
      },
    },

    removing: {
      meta: { part: "plugging out", calls: "offline_and_remove_memory" },
      on: {
        "offline_and_remove_memory ok": "unclaiming",
        "offline_and_remove_memory failed": [
          { guard: "bound", target: "hotplugged" },
          { guard: "unregistered", target: "unregistered" },
          { guard: "as posted, ending", target: "freeing-name", actions: "abandons the memory" },
        ],
      },
    },
    "giving-back": {
      meta: { part: "plugging out", calls: "offline_and_remove_memory" },
      on: {
        "offline_and_remove_memory ok": "unclaiming",
        "offline_and_remove_memory failed": [{ guard: "probing", target: "entrusting" }, { target: "hotplugged" }],
      },
    },
    looking: {
      meta: { part: "plugging out", asks: "does a signal reach this task" },
      on: { "a signal may come": "taking-back", "no signal comes": "removing-offline" },
    },
    "taking-back": {
      meta: { part: "plugging out", calls: "offline_and_remove_memory" },
      on: { "offline_and_remove_memory ok": "unclaiming", "offline_and_remove_memory failed": "pausing" },
    },
    "removing-offline": {
      meta: { part: "plugging out", calls: "remove_memory" },
      on: { "remove_memory ok": "unclaiming", "remove_memory failed": "pausing" },
    },
    pausing: { meta: { part: "plugging out", calls: "msleep" }, on: { "msleep ok": "looking" } },
    unclaiming: {
      meta: { part: "plugging out", calls: "remove_resource" },
      on: { "remove_resource ok": "freeing-resource" },
    },
    "freeing-resource": {
      meta: { part: "plugging out", calls: "kfree resource" },
      on: {
        "kfree resource ok": [
          { guard: "probing", target: "entrusting", actions: "has no memory" },
          { guard: "bound", target: "added", actions: "has no memory" },
          { guard: "unregistered", target: "unregistered", actions: "has no memory" },
          { guard: "intended, ending", target: "leaving-group", actions: "has no memory" },
          { guard: "as posted, ending", target: "freeing-name", actions: "has no memory" },
        ],
      },
    },

    deleting: {
      meta: { part: "tearing down", stage: "being released", calls: "device_del" },
      on: {
        "device_del ok": [
          { guard: "plugged", target: "looking", actions: "is ending" },
          { target: "leaving-group", actions: "is ending" },
        ],
      },
    },
    unregistering: {
      meta: { part: "tearing down", stage: "being released", calls: "device_unregister" },
      on: {
        "device_unregister ok": { target: "unregistered", actions: "is unregistered" },
        release: [
          { guard: "plugged", target: "removing", actions: "is ending" },
          { target: "freeing-name", actions: "is ending" },
        ],
      },
    },
    unregistered: {
      meta: { part: "tearing down", stage: "unregistered" },
      on: {
        "asked offline": [{ guard: "plugged", target: "removing" }, { target: "unregistered" }],
        release: [
          { guard: "plugged", target: "removing", actions: "is ending" },
          { target: "freeing-name", actions: "is ending" },
        ],
      },
    },
    "leaving-group": {
      meta: { part: "tearing down", stage: "being released", calls: "memory_group_unregister" },
      on: {
        "memory_group_unregister ok": { guard: "not abandoned", target: "leaving-tier" },
        "memory_group_unregister failed": { guard: "abandoned", target: "leaving-tier" },
      },
    },
    "leaving-tier": {
      meta: { part: "tearing down", stage: "being released", calls: "clear_node_memory_type" },
      on: {
        "clear_node_memory_type ok": [
          { guard: "intended", target: "dropping" },
          { guard: "as posted", target: "freeing" },
        ],
      },
    },
    dropping: {
      meta: { part: "tearing down", stage: "being released", calls: "put_device" },
      on: {
        "put_device ok": { target: "unregistered", actions: "is unregistered" },
        release: { target: "freeing-name", actions: "is ending" },
      },
    },
    "freeing-name": {
      meta: { part: "tearing down", stage: "being released", calls: "kfree name" },
      on: {
        "kfree name ok": [
          { guard: "as posted, in a group", target: "leaving-group" },
          { guard: "as posted, in a tier", target: "leaving-tier" },
          { target: "freeing" },
        ],
      },
    },
    freeing: {
      meta: { part: "tearing down", stage: "being released", calls: "kfree sysram" },
      on: { "kfree sysram ok": [{ guard: "abandoned", target: "abandoned" }, { target: "released" }] },
    },
    released: {
      meta: { part: "tearing down", stage: "released" },
      on: { "put_device ok": "released", "device_unregister ok": "released" },
    },
    abandoned: {
      meta: { part: "tearing down", stage: "abandoned" },
      on: { "device_unregister ok": "abandoned" },
    },
  },
});

/** What the machine knows beside its state: finite, and small. */
export interface SysramContext {
  /** Never changes. */
  readonly policy: Policy;
  readonly phase: "probing" | "bound" | "unregistered" | "ending";
  readonly joined: "nothing" | "tier" | "group";
  readonly memory: "none" | "plugged" | "abandoned";
}

/** What others ask for, and what the kernel calls the driver for. */
export const COMMAND_EVENTS = [
  "probe",
  "asked online",
  "asked offline",
  "asked nonsense",
  "unbind",
  "release",
] as const;

/** What the driver finds out by itself: nobody who watches its calls sees these. */
export const FINDING_EVENTS = [
  "region fits",
  "region refused",
  "node known",
  "no node",
  "plugs in",
  "waits for a word",
  "memory is there",
  "a signal may come",
  "no signal comes",
] as const;

export type SysramEventName = CallEvent | (typeof COMMAND_EVENTS)[number] | (typeof FINDING_EVENTS)[number];

export type SysramSnapshot = SnapshotFrom<typeof sysramMachine>;
