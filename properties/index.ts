import {
  documentedFieldsAreKept,
  onlineTypeIsAsAsked,
  recordsAgreeWithTheKernel,
  resultsTellWhatHappened,
} from "./agreement.ts";
import { failedProbeChangesNothing, failedWriteChangesNothing } from "./atomicity.ts";
import { accessesAreOrdered } from "./concurrency.ts";
import { theCodeIsARunOfTheMachine } from "./life-cycle.ts";
import { commandsAreLinearizable } from "./linearizability.ts";
import { locksAreTakenInOneOrder, type SysramOrderClaim } from "./lock-order.ts";
import {
  allocationsAreFreed,
  deviceReferencesBalance,
  groupsAreUnregistered,
  memoryTypesBalance,
  namesOutliveResources,
  nothingIsFreedTwice,
  resourcesAreReleased,
} from "./ownership.ts";
import { memoryCanBeTakenBack, type SysramGraphClaim } from "./progress.ts";
import {
  everyCallReturns,
  locksAreReleased,
  memoryHasABackingRegion,
  theDriverDoesNotCrash,
  theKernelDoesNotWarn,
  valuesAreInRange,
} from "./safety.ts";
import type { SysramClaim, SysramProperty } from "./sysram-property.ts";

const specific: readonly SysramProperty[] = [
  allocationsAreFreed,
  nothingIsFreedTwice,
  namesOutliveResources,
  groupsAreUnregistered,
  resourcesAreReleased,
  memoryTypesBalance,
  deviceReferencesBalance,
  failedProbeChangesNothing,
  failedWriteChangesNothing,
  recordsAgreeWithTheKernel,
  documentedFieldsAreKept,
  onlineTypeIsAsAsked,
  resultsTellWhatHappened,
  memoryHasABackingRegion,
  theDriverDoesNotCrash,
  valuesAreInRange,
  everyCallReturns,
  locksAreReleased,
];

/** Every property, in the order of reports. */
export const properties: readonly SysramProperty[] = [
  ...specific,
  theKernelDoesNotWarn(new Set(specific.flatMap(({ rules }) => [...rules]))),
  theCodeIsARunOfTheMachine,
];

/** Every property, with those that speak of several tasks at a time. */
export const propertiesOfSeveral: readonly SysramProperty[] = [...properties, accessesAreOrdered];

/** Claims on what stays possible, judged on the graph of all states. */
export const graphClaims: readonly SysramGraphClaim[] = [memoryCanBeTakenBack];

/** Claims on the order in which things are taken, judged over all runs. */
export const orderClaims: readonly SysramOrderClaim[] = [locksAreTakenInOneOrder];

/** Whatever is claimed of a driver. */
export const allClaims: readonly SysramClaim[] = [
  ...propertiesOfSeveral,
  ...graphClaims,
  ...orderClaims,
  commandsAreLinearizable,
];

export type { Observed, Severity, SysramProperty } from "./sysram-property.ts";
export { commandsAreLinearizable };
