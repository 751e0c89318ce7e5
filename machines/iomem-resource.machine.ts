import { setup } from "xstate";
import type { CallEvent } from "./calls.ts";

/**
 * A resource in the iomem tree and its name: the tree keeps a pointer to the name, and no copy.
 *
 *     nameless --kasprintf--> named --request--> in the tree --remove--> taken out
 *        ^                    |   ^                                          |
 *        +----kfree(name)-----+   +------------------kfree(resource)---------+
 *
 * There is no way to free the name while the resource is in the tree: whoever reads /proc/iomem follows it.
 *
 * Source: kernel/resource.c __request_region(), remove_resource(), r_show().
 */
export const iomemResourceMachine = setup({
  types: { events: {} as { readonly type: CallEvent } },
}).createMachine({
  id: "iomem-resource",
  initial: "nameless",
  states: {
    // kfree(NULL) is allowed at any time, and what releases a device that got no name makes use of that.
    nameless: { on: { "kasprintf ok": "named", "kasprintf failed": "nameless", "kfree name ok": "nameless" } },
    named: {
      on: {
        "__request_region ok": "in-the-tree",
        "__request_region failed": "named",
        "kfree name ok": "nameless",
      },
    },
    "in-the-tree": { on: { "remove_resource ok": "taken-out" } },
    "taken-out": { on: { "kfree resource ok": "named" } },
  },
});
