import type { Nesting, OrderRule } from "../checker/claims/order-rule.ts";
import type { LockOrder, SysramEvent } from "../models/observation.ts";
import { type Observed, type SysramWords, siteName } from "./sysram-property.ts";

/** A claim about the order in which a driver takes things. */
export interface SysramOrder extends OrderRule<Observed, SysramEvent>, SysramWords {}

const nestings = new WeakMap<LockOrder, Nesting>();

const nestingOf = (order: LockOrder): Nesting => {
  let nesting = nestings.get(order);
  if (nesting === undefined) {
    const { outer, inner, outerSite, site } = order;
    nesting = { outer, inner, site: siteName(site), isSubjects: site !== 0 || outerSite !== 0 };
    nestings.set(order, nesting);
  }
  return nesting;
};

/** Most steps take nothing while they hold something. */
const NONE: Nesting[] = [];

export const locksAreTakenInOneOrder: SysramOrder = {
  id: "locks-are-taken-in-one-order",
  group: "concurrency",
  severity: "high",
  claim: "locks are taken in an order that never goes round",
  why: "Two tasks that take two locks in opposite orders at one time wait for each other for ever.",
  source: "Documentation/locking/lockdep-design.rst; kernel/locking/lockdep.c check_noncircular()",
  check:
    "over all runs from one set-up of the machine, one at a time or several: what is waited for while what is held gives no cycle; locks go by the line that allocates them, the files of a device count as held by a running store and waited for by their removal, and a work as held by its run and waited for by who flushes or cancels it",
  assumptions: ["harness/lock-orders.ts: a lock of one class inside another one of the same class is passed over"],
  nestings: ({ events }) => {
    let found: Nesting[] = NONE;
    for (const event of events) {
      if (event.kind !== "lock order") continue;
      if (found.length === 0) found = [];
      found.push(nestingOf(event));
    }
    return found;
  },
  words: ({ outer, inner }) => `${inner} is waited for while ${outer} is held`,
};
