import type { Violation } from "../checker/transition.ts";
import type { Rejected } from "../models/observation.ts";
import { NO_RULES, type Step, type SysramProperty, siteName } from "./sysram-property.ts";

export const theCodeIsARunOfTheMachine: SysramProperty = {
  id: "the-code-is-a-run-of-the-machine",
  group: "life cycle",
  severity: "low",
  claim: "what the code does is a run of the life-cycle machine",
  why: "Either the code does something that nobody intended, or the machine that people read is not what the code does.",
  source: "machines/sysram.machine.ts",
  check:
    "each call of the kernel that the machine speaks of is a step that it accepts, and each function returns where it rests",
  rules: NO_RULES,
  assumptions: ["machines/calls.ts: the calls that the machine speaks of; all others are passed over"],
  concerns: ({ before, after }) => before.monitor !== after.monitor,
  violations: (step) => rejected(step).map(violationOf),
};

const rejected = (step: Step): readonly Rejected[] =>
  step.events.filter((event): event is Rejected => event.kind === "rejected");

const violationOf = ({ machine, state, event, accepted, site }: Rejected): Violation => ({
  object: "the life cycle",
  site: siteName(site),
  detail: `${machine}: in the state ${state} the code goes on with "${event}", where ${
    accepted.length === 0 ? "nothing more" : accepted.join(", ")
  } would be accepted`,
});
