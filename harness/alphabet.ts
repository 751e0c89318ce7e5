import type { DriverFacts } from "../driver/compile/image.ts";
import { CALLS, OTHER_CALLS, QUEUES_WORK, WAITS_FOR_WORK } from "../machines/calls.ts";
import type { Does, Part } from "../machines/does.ts";
import { lifeCycle } from "../machines/index.ts";
import { POLICIES, type Policy } from "../machines/policy.ts";
import { interfaceOf } from "./interface.ts";
import { type MonitorPolicy, monitorsFor } from "./monitor-policy.ts";
import { type Monitors, NO_MONITORS } from "./monitors.ts";

/**
 * Whether a life-cycle machine can follow a driver at all: whether the driver is made of the calls that the machine speaks of.
 *
 * A driver of another design, or one that does the same by other calls, is no run of the machine and not wrong for that. What
 * it calls decides, never its names: it must make the calls by which the machine's device is set up and its memory is plugged
 * in, and none that does the same to the same things in a way that the machine does not know. To leave out what takes things
 * back is no other design. The machine tells the driver's objects from others by the structure around its device.
 */
export const whyNotFollowed = (facts: DriverFacts, policy: MonitorPolicy): string | undefined => {
  if (policy === "none") return undefined;
  const called = new Set(facts.kernelFunctions.map(({ name }) => name));
  const others = called.has(WAITS_FOR_WORK) ? OTHER_CALLS : [...OTHER_CALLS, ...QUEUES_WORK];
  const other = others.find((name) => called.has(name));
  if (other !== undefined) return `the driver calls ${other}(), which no life-cycle machine speaks of`;
  const lacking = (policy === "any" ? POLICIES : [policy]).map((one) => madeOf(one).find((name) => !called.has(name)));
  if (!lacking.some((name) => name === undefined)) {
    return `the driver never calls ${lacking[0]!}(), which the life-cycle machine begins with`;
  }
  if (interfaceOf(facts).object !== undefined) return undefined;
  return "no function that others call has the structure around the driver's device as its parameter or result";
};

/** The machines that monitor a driver: those of the policy, where they can follow it. */
export const monitorsOf = (facts: DriverFacts, policy: MonitorPolicy): Monitors =>
  whyNotFollowed(facts, policy) === undefined ? monitorsFor(policy) : NO_MONITORS;

const MAKES: ReadonlySet<Part> = new Set(["setting up", "plugging in"]);

/** The kernel functions by which a machine's device is set up and its memory plugged in, in the order in which it comes to them. */
const madeOf = (policy: Policy): readonly string[] => [
  ...new Set(
    lifeCycle(policy).configurations.flatMap(({ meta }) => {
      const does = meta as Does;
      return "calls" in does && MAKES.has(does.part) ? [CALLS[does.calls].function] : [];
    }),
  ),
];
