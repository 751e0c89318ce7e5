import { createHash } from "node:crypto";
import type { Driver } from "../../driver/run/driver.ts";
import { lifeCycle, lifeCycleName } from "../../machines/index.ts";
import { listing } from "../../machines/listing.ts";
import { POLICIES, POLICY_FACTS, type Policy } from "../../machines/policy.ts";
import { machineDriver } from "./machine-driver.ts";

/** The name under which reports show the lines of the life cycle. */
export const MACHINE_FILE = "machines/sysram";

/** A life cycle as the thing that is verified. */
export interface MachineSubject {
  readonly policy: Policy;
  /** For display. */
  readonly name: string;
  /** Over all that decides what the machine does, in hexadecimal. */
  readonly sha256: string;
  /** Its states, one a line. */
  readonly lines: readonly string[];
  driver(): Driver;
}

/** The life cycle under a policy as the thing that is verified. */
export const machineSubject = (policy: Policy): MachineSubject => {
  const table = lifeCycle(policy);
  const lines = listing(table);
  const keys = table.configurations.map(({ key }) => key);
  const content = JSON.stringify([policy, POLICY_FACTS[policy], table.events, keys, [...table.next]]);
  return {
    policy,
    name: lifeCycleName(policy),
    sha256: createHash("sha256").update(content).digest("hex"),
    lines,
    driver: () => machineDriver(table, policy, MACHINE_FILE),
  };
};

/** The life cycle that a replay token was made for, by the beginning of its hash; undefined where it is none's. */
export const machineNamed = (sha256: string): MachineSubject | undefined =>
  POLICIES.map(machineSubject).find((subject) => subject.sha256.startsWith(sha256));
