import type { Subject } from "../driver/patch/subject.ts";
import { whyNotFollowed } from "../harness/alphabet.ts";
import type { MonitorPolicy } from "../harness/monitor-policy.ts";
import type { SysramSystem } from "../harness/sysram-system.ts";

/**
 * What monitors the code where nobody says.
 *
 * Our own driver is held to our policy. A patch of others was not written to it, and the other properties tell what is
 * wrong with its own: so there it is worth a finding only that no machine knows what the code does.
 */
export const defaultPolicy = ({ kind }: Subject): MonitorPolicy => (kind === "builtin" ? "intended" : "any");

/** Says that no machine monitors the code, and why, where the driver is not made of the calls of one; a note of the report. */
export const notFollowed = (
  { configuration, driver: { facts } }: Pick<SysramSystem, "configuration" | "driver">,
  policy: MonitorPolicy,
): readonly string[] => {
  const why = (configuration.tasks ?? 1) === 1 ? whyNotFollowed(facts, policy) : undefined;
  return why === undefined
    ? []
    : [`Whether the code is a run of the life-cycle machine was not put to the test: ${why}.`];
};
