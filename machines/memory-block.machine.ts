import { setup } from "xstate";

/**
 * One memory block: it comes and goes offline, and a page that is pinned keeps it online, however long somebody tries.
 *
 *     absent --added--> offline --online--> online --pinned--> pinned
 *        ^                |  ^                |  ^               |
 *        +----removed-----+  +----offline-----+  +---unpinned----+
 *
 * Source: mm/memory_hotplug.c online_pages(), offline_pages(), try_remove_memory().
 */
export const memoryBlockMachine = setup({
  types: {
    events: {} as {
      readonly type:
        | "added"
        | "removed"
        | "onlined"
        | "offlined"
        | "refused to go online"
        | "refused to go offline"
        | "pinned"
        | "unpinned";
    },
  },
}).createMachine({
  id: "memory-block",
  initial: "absent",
  states: {
    absent: { on: { added: "offline" } },
    offline: { on: { onlined: "online", "refused to go online": "offline", removed: "absent" } },
    online: { on: { offlined: "offline", "refused to go offline": "online", pinned: "pinned" } },
    pinned: { on: { "refused to go offline": "pinned", unpinned: "online" } },
  },
});
