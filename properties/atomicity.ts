import { changedFootprint } from "./footprint.ts";
import { NO_RULES, returned, type Step, type SysramProperty } from "./sysram-property.ts";

const failedProbes = (step: Step) =>
  returned(step).filter(({ command, result, isDisturbed }) => command.kind === "probe" && result < 0 && !isDisturbed);

const failedWrites = (step: Step) =>
  returned(step).filter(({ command, result, isDisturbed }) => command.kind === "write" && result < 0 && !isDisturbed);

export const failedProbeChangesNothing: SysramProperty = {
  id: "failed-probe-changes-nothing",
  group: "atomicity",
  severity: "medium",
  claim: "a probe that fails leaves the kernel as it found it",
  why: "Nobody will ever undo what a failed probe leaves behind: there is no device to remove.",
  source: "Documentation/driver-api/driver-model/driver.rst, probe(): on error, everything it did is undone",
  check: "allocations, devices, devres, resources, groups, memory types and blocks are the same before and after",
  rules: NO_RULES,
  assumptions: [],
  concerns: (step) => failedProbes(step).length > 0,
  violations: (step) =>
    failedProbes(step).flatMap(({ before }) => changedFootprint(before, step.after.observation, "the probe")),
};

export const failedWriteChangesNothing: SysramProperty = {
  id: "failed-write-changes-nothing",
  group: "atomicity",
  severity: "medium",
  claim: "a write to an attribute that fails leaves the kernel as it found it",
  why: "Whoever writes sees an error and may try again; half of the work done before is then in the way.",
  source: "Documentation/filesystems/sysfs.rst: a store method returns an error, or the bytes it used",
  check: "allocations, devices, resources, groups, memory types and blocks are the same before and after",
  rules: NO_RULES,
  assumptions: [
    "models/memory-hotplug.ts: whether single blocks are online is not compared, because the kernel may fail to put that back",
  ],
  concerns: (step) => failedWrites(step).length > 0,
  violations: (step) =>
    failedWrites(step).flatMap(({ before }) => changedFootprint(before, step.after.observation, "the write")),
};
