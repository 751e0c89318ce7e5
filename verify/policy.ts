import type { Subject } from "../driver/patch/subject.ts";
import type { MonitorPolicy } from "../harness/monitor-policy.ts";

/**
 * What monitors the code where nobody says.
 *
 * Our own driver is held to our policy. A patch of others was not written to it, and the other properties tell what is
 * wrong with its own: so there it is worth a finding only that no machine knows what the code does.
 */
export const defaultPolicy = ({ kind }: Subject): MonitorPolicy => (kind === "builtin" ? "intended" : "any");
