import { setup } from "xstate";
import type { CallEvent } from "./calls.ts";

/**
 * One memory group: it is there before its memory, and goes after it.
 *
 *     free --register--> registered --add--> with memory
 *       ^                  |   ^                |   |
 *       +----unregister----+   +-----remove-----+   +--unregister refused (-EBUSY), and nothing changes
 *
 * Source: drivers/base/memory.c memory_group_register_static(), memory_group_unregister().
 */
export const memoryGroupMachine = setup({
  types: { events: {} as { readonly type: CallEvent } },
}).createMachine({
  id: "memory-group",
  initial: "free",
  states: {
    free: {
      on: { "memory_group_register_static ok": "registered", "memory_group_register_static failed": "free" },
    },
    registered: {
      on: {
        "__add_memory_driver_managed ok": "with-memory",
        "__add_memory_driver_managed failed": "registered",
        "memory_group_unregister ok": "free",
      },
    },
    "with-memory": {
      on: {
        "offline_and_remove_memory ok": "registered",
        "offline_and_remove_memory failed": "with-memory",
        "remove_memory ok": "registered",
        "remove_memory failed": "with-memory",
        "memory_group_unregister failed": "with-memory",
      },
    },
  },
});
