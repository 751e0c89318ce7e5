import { setup } from "xstate";
import type { CallEvent } from "./calls.ts";

/**
 * The memory type of a node, as one driver uses it: offered before the node has memory, and kept while it has.
 *
 *     unset --init--> set --add--> under memory
 *       ^              |  ^             |
 *       +----clear-----+  +---remove----+
 *
 * There is no way to clear the type under memory: when its last block goes offline, the kernel follows it.
 *
 * Source: mm/memory-tiers.c init_node_memory_type(), clear_node_memory_type(), clear_node_memory_tier().
 */
export const memoryTypeMachine = setup({
  types: { events: {} as { readonly type: CallEvent } },
}).createMachine({
  id: "memory-type",
  initial: "unset",
  states: {
    unset: { on: { "init_node_memory_type ok": "set" } },
    set: {
      on: {
        "__add_memory_driver_managed ok": "under-memory",
        "__add_memory_driver_managed failed": "set",
        "clear_node_memory_type ok": "unset",
      },
    },
    "under-memory": {
      on: {
        "offline_and_remove_memory ok": "set",
        "offline_and_remove_memory failed": "under-memory",
        "remove_memory ok": "set",
        "remove_memory failed": "under-memory",
      },
    },
  },
});
