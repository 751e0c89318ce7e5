import type { Claim, ClaimContext, Offers } from "../checker/claims/claim.ts";
import { contextOf } from "../checker/context.ts";
import type { SysramEvent } from "../models/observation.ts";
import { operationsOf } from "./operations.ts";
import type { SysramAction, SysramState } from "./state.ts";
import type { SysramSystem } from "./sysram-system.ts";
import { waysBack } from "./ways-back.ts";

/** A claim about a machine with its driver. */
export type MachineClaim = Claim<SysramState, SysramAction, SysramEvent>;

/** A machine with its driver as claims see it. */
export type MachineContext = ClaimContext<SysramState, SysramAction, SysramEvent>;

/** What a machine offers to claims beside its steps. */
export const offersOf = (system: SysramSystem): Offers<SysramState, SysramAction, SysramEvent> => ({
  tasks: system.configuration.tasks ?? 1,
  ways: waysBack(system),
  operations: operationsOf(system),
});

/** A machine with all that it offers to these claims. */
export const machineContext = (system: SysramSystem, claims: readonly MachineClaim[]): MachineContext =>
  contextOf<SysramState, SysramAction, SysramEvent>(system, claims, offersOf(system));
