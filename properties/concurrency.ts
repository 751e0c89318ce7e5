import type { DataRace } from "../models/observation.ts";
import { NO_RULES, type Step, type SysramProperty } from "./sysram-property.ts";

const races = (step: Step): readonly DataRace[] =>
  step.events.filter((event): event is DataRace => event.kind === "data race");

export const accessesAreOrdered: SysramProperty = {
  id: "accesses-are-ordered",
  group: "concurrency",
  severity: "medium",
  claim: "where two tasks touch one place, one of them writing, something orders them",
  why: "Each task may go on with what the other has just made untrue, and the compiler may tear, repeat or leave out what it takes to be its own.",
  source: "tools/memory-model/Documentation/access-marking.txt; Documentation/dev-tools/kcsan.rst",
  check:
    "no plain access of a task races with one of a task that was interrupted right behind its own access, with no call of the kernel in between",
  leastTasks: 2,
  rules: NO_RULES,
  assumptions: ["harness/races.ts: only what the driver's own C touches, and not on its stacks"],
  concerns: ({ before, after }) => !before.observation.isAtRest || !after.observation.isAtRest,
  violations: (step) =>
    // One lock is missing for all the lines that touch the place: they are one finding.
    races(step).map(({ object, detail }) => ({ object, site: "", detail })),
};
