import { replayTwice } from "../checker/audit.ts";
import { CheckerBug } from "../checker/errors.ts";
import type { Finding } from "../checker/judge.ts";
import { showsNesting } from "../checker/order-judge.ts";
import type { Schedule } from "../checker/schedule.ts";
import type { SysramSystem } from "../harness/sysram-system.ts";
import type { SysramOrderClaim } from "../properties/lock-order.ts";

/**
 * Takes the runs of a finding on an order again; gives the last step of its counterexample.
 *
 * @throws CheckerBug where one of them does not show its part
 */
export const confirmOrder = (system: SysramSystem, claim: SysramOrderClaim, finding: Finding) => {
  const lastOf = (run: Schedule, what: string, site: string) => {
    const last = replayTwice(system, run).steps.at(-1);
    if (last !== undefined && showsNesting(claim, last.transition, what, site)) return last;
    throw new CheckerBug("finding-not-reproduced", `a run of ${claim.id} does not show that ${what}`, {
      schedule: run,
    });
  };
  const { besides = [], counterexample, detail, site } = finding;
  for (const { run, what, site: place } of besides) lastOf(run, what, place);
  return lastOf(counterexample, detail, site);
};
