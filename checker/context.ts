import type { Claim, ClaimContext, Offers } from "./claims/claim.ts";
import { futureBy } from "./claims/step-claim.ts";
import type { System } from "./system.ts";

/** A system as claims see it. */
export const contextOf = <State, Action, Event>(
  system: System<State, Action, Event>,
  claims: readonly Claim<State, Action, Event>[],
  offers: Offers<State, Action, Event> = { tasks: 1 },
): ClaimContext<State, Action, Event> => ({ ...offers, system, claims, futureOf: futureBy(claims) });
