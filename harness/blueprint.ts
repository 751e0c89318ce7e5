import type { DriverFacts, DriverImage } from "../driver/compile/image.ts";
import { loadDriver } from "../driver/run/driver.ts";
import type { Policy } from "../machines/policy.ts";
import { monitorsOf } from "./alphabet.ts";
import type { Configuration } from "./configuration.ts";
import { machineSubject } from "./machine-driver/subject.ts";
import { lifeAlone, type MonitorPolicy } from "./monitor-policy.ts";
import { type Monitors, NO_MONITORS } from "./monitors.ts";
import { type SysramSystem, sysramSystem } from "./sysram-system.ts";

/** All that a system is made from, as data that another thread can be given. */
export interface Blueprint {
  /** C that was built, and which life cycle monitors it; or a life cycle, which is monitored by itself. */
  readonly driver:
    | { readonly kind: "image"; readonly image: DriverImage; readonly policy: MonitorPolicy }
    | { readonly kind: "machine"; readonly policy: Policy };
  readonly configuration: Configuration;
}

/** A system, with the machines that monitor it. */
export interface MonitoredSystem {
  readonly system: SysramSystem;
  readonly monitors: Monitors;
}

/** Makes a system that shares nothing with any other of the same blueprint. */
export const systemFrom = (
  { driver, configuration }: Blueprint,
  options: { readonly isReduced?: boolean } = {},
): MonitoredSystem => {
  const runs = driver.kind === "image" ? loadDriver(driver.image) : machineSubject(driver.policy).driver();
  const monitors = watchersOf(driver, runs.facts, configuration);
  return { system: sysramSystem(runs, configuration, { monitors, ...options }), monitors };
};

/** A machine follows one command at a time. */
const watchersOf = (driver: Blueprint["driver"], facts: DriverFacts, { tasks = 1 }: Configuration): Monitors => {
  if (driver.kind === "machine") return lifeAlone(driver.policy);
  return tasks === 1 ? monitorsOf(facts, driver.policy) : NO_MONITORS;
};
