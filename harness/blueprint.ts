import type { DriverImage } from "../driver/compile/image.ts";
import { loadDriver } from "../driver/run/driver.ts";
import type { Policy } from "../machines/policy.ts";
import type { Configuration } from "./configuration.ts";
import { machineSubject } from "./machine-driver/subject.ts";
import { NO_RIDERS, type Riders } from "./ride.ts";
import { type Company, lifeAlone, ridersFor } from "./riders.ts";
import { type SysramSystem, sysramSystem } from "./sysram-system.ts";

/** All that a system is made from, as data that another thread can be given. */
export interface Blueprint {
  /** C that was built, with those who ride along; or a life cycle, which has itself for company. */
  readonly driver:
    | { readonly kind: "image"; readonly image: DriverImage; readonly company: Company }
    | { readonly kind: "machine"; readonly policy: Policy };
  readonly configuration: Configuration;
}

/** A system, with the machines that ride along. */
export interface Crewed {
  readonly system: SysramSystem;
  readonly riders: Riders;
}

/** Makes a system that shares nothing with any other of the same blueprint. */
export const systemFrom = (
  { driver, configuration }: Blueprint,
  options: { readonly isReduced?: boolean } = {},
): Crewed => {
  const riders = crewOf(driver, configuration);
  const runs = driver.kind === "image" ? loadDriver(driver.image) : machineSubject(driver.policy).driver();
  return { system: sysramSystem(runs, configuration, { riders, ...options }), riders };
};

/** A machine follows one command at a time. */
const crewOf = (driver: Blueprint["driver"], { tasks = 1 }: Configuration): Riders => {
  if (driver.kind === "machine") return lifeAlone(driver.policy);
  return tasks === 1 ? ridersFor(driver.company) : NO_RIDERS;
};
