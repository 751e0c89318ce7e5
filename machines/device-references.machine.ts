import { setup } from "xstate";
import type { CallEvent } from "./calls.ts";

/**
 * The references to a device: one from its initialisation, which its owner drops once, after the device is deleted.
 *
 *     raw --initialize--> owned --add--> registered --del--> owned again
 *                           |                |                  |
 *                           +------put-------|-------put--------+---> dropped --release--> releasing --kfree--> freed
 *                                            +----unregister-------->
 *
 * The release function runs inside of the call that drops the last reference, or later, when somebody else drops it.
 *
 * Source: drivers/base/core.c device_initialize(), device_add(), device_del(), device_unregister(), put_device().
 */
export const deviceReferencesMachine = setup({
  types: { events: {} as { readonly type: CallEvent | "release" } },
}).createMachine({
  id: "device-references",
  initial: "raw",
  states: {
    raw: { on: { "device_initialize ok": "owned" } },
    owned: {
      on: {
        "device_add ok": "registered",
        "device_add failed": "owned",
        "put_device ok": "dropped",
        release: "releasing",
      },
    },
    registered: { on: { "device_del ok": "owned", "device_unregister ok": "dropped", release: "releasing" } },
    dropped: { on: { release: "releasing" } },
    releasing: { on: { "kfree sysram ok": "freed" } },
    freed: { on: { "put_device ok": "freed", "device_unregister ok": "freed" } },
  },
});
