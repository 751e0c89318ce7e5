import { setup } from "xstate";

/**
 * A CXL region and its driver: the driver is released before the decoders are turned off, and is not asked.
 *
 *     decommitted --commit--> committed --probe--> bound
 *          ^                    |   ^                |
 *          +------decommit------+   +----unbind------+
 *          |                                         |
 *          +-----------------decommit----------------+
 *
 * Source: drivers/cxl/core/region.c commit_store(), cxl_region_probe(); drivers/base/dd.c.
 */
export const regionMachine = setup({
  types: { events: {} as { readonly type: "commit" | "decommit" | "probe ok" | "probe failed" | "unbind" } },
}).createMachine({
  id: "region",
  initial: "committed",
  states: {
    decommitted: { on: { commit: "committed" } },
    committed: { on: { "probe ok": "bound", "probe failed": "committed", decommit: "decommitted" } },
    bound: { on: { unbind: "committed", decommit: "decommitted" } },
  },
});
