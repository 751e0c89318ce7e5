import type { Claim } from "../checker/claims/claim.ts";
import { grantClaim } from "../checker/claims/grant-claim.ts";
import { graphClaim } from "../checker/claims/graph-claim.ts";
import { orderClaim } from "../checker/claims/order-claim.ts";
import { serialClaim } from "../checker/claims/serial-claim.ts";
import { stepClaim } from "../checker/claims/step-claim.ts";
import type { SysramEvent } from "../models/observation.ts";
import { whatIsValidIsAccepted } from "./acceptance.ts";
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
import { locksAreTakenInOneOrder } from "./lock-order.ts";
import {
  allocationsAreFreed,
  deviceReferencesBalance,
  groupsAreUnregistered,
  memoryTypesBalance,
  namesOutliveResources,
  nothingIsFreedTwice,
  resourcesAreReleased,
} from "./ownership.ts";
import { memoryCanBeTakenBack } from "./progress.ts";
import {
  everyCallReturns,
  locksAreReleased,
  memoryHasABackingRegion,
  theDriverDoesNotCrash,
  theKernelDoesNotWarn,
  valuesAreInRange,
} from "./safety.ts";
import { NO_RULES, type Observed, type SysramClaim, type SysramProperty, type SysramWords } from "./sysram-property.ts";

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

const perStep: readonly SysramProperty[] = [
  ...specific,
  theKernelDoesNotWarn(new Set(specific.flatMap(({ rules }) => [...rules]))),
  theCodeIsARunOfTheMachine,
  accessesAreOrdered,
];

const saying = (words: SysramWords, claim: Claim<Observed, unknown, SysramEvent>): SysramClaim => ({
  ...claim,
  severity: words.severity,
  check: words.check,
  rules: NO_RULES,
});

/** Whatever is claimed of a driver, in the order of reports. */
export const claims: readonly SysramClaim[] = [
  ...perStep.map((rule): SysramClaim => ({ ...saying(rule, stepClaim(rule)), rules: rule.rules })),
  saying(whatIsValidIsAccepted, grantClaim<Observed, SysramEvent>(whatIsValidIsAccepted)),
  saying(memoryCanBeTakenBack, graphClaim<Observed, SysramEvent>(memoryCanBeTakenBack)),
  saying(locksAreTakenInOneOrder, orderClaim(locksAreTakenInOneOrder)),
  saying(commandsAreLinearizable, serialClaim<Observed, unknown, SysramEvent>(commandsAreLinearizable)),
];

export type { SysramClaim } from "./sysram-property.ts";
