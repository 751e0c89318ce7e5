import type { AnyStateMachine } from "xstate";
import { deviceReferencesMachine } from "./device-references.machine.ts";
import { iomemResourceMachine } from "./iomem-resource.machine.ts";
import { memoryBlockMachine } from "./memory-block.machine.ts";
import { memoryGroupMachine } from "./memory-group.machine.ts";
import { memoryTypeMachine } from "./memory-type.machine.ts";
import { POLICIES, POLICY_FACTS, type Policy } from "./policy.ts";
import { regionMachine } from "./region.machine.ts";
import { sysramMachine } from "./sysram.machine.ts";
import { compile, type MachineTable } from "./table.ts";

/** One machine of the project, as people ask for it. */
export interface NamedMachine {
  readonly name: string;
  /** What it is the machine of, for a person. */
  readonly title: string;
  readonly machine: AnyStateMachine;
  /** The policies that it knows; empty for a rule that has none. */
  readonly policies: readonly Policy[];
}

const rule = (name: string, title: string, machine: AnyStateMachine): NamedMachine => ({
  name,
  title,
  machine,
  policies: [],
});

/** The life cycle first, then the rules beside it. */
export const MACHINES: readonly NamedMachine[] = [
  { name: "sysram", title: "the life cycle of a sysram device", machine: sysramMachine, policies: POLICIES },
  rule("memory-group", "a memory group", memoryGroupMachine),
  rule("iomem-resource", "an iomem resource and its name", iomemResourceMachine),
  rule("memory-type", "the memory type of a node", memoryTypeMachine),
  rule("device-references", "the references to a device", deviceReferencesMachine),
  rule("memory-block", "a memory block", memoryBlockMachine),
  rule("region", "a region and its driver", regionMachine),
];

const tables = new Map<string, MachineTable>();

/** The compiled form of a machine, under one of its policies where it has any; compiled once. */
export const tableOf = ({ name, machine, policies }: NamedMachine, policy?: Policy): MachineTable => {
  const key = `${name} ${policies.length === 0 ? "" : policy}`;
  let table = tables.get(key);
  if (table === undefined) {
    table = compile(machine, policies.length === 0 ? undefined : { policy });
    tables.set(key, table);
  }
  return table;
};

/** The life cycle under a policy. */
export const lifeCycle = (policy: Policy): MachineTable => tableOf(MACHINES[0]!, policy);

/** The rules that speak of the calls of one device, and so can monitor its life. */
export const RULES: readonly NamedMachine[] = MACHINES.filter(({ name }) =>
  ["memory-group", "iomem-resource", "memory-type", "device-references"].includes(name),
);

/** The life cycle under a policy, for a person. */
export const lifeCycleName = (policy: Policy): string => `the life cycle ${POLICY_NAMES[policy]}`;

const POLICY_NAMES: Readonly<Record<Policy, string>> = {
  "as-posted": POLICY_FACTS["as-posted"].name,
  intended: `as ${POLICY_FACTS.intended.name}`,
};
