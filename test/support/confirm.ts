import { confirmFinding } from "../../checker/audit.ts";
import type { Claim, Offers } from "../../checker/claims/claim.ts";
import { contextOf } from "../../checker/context.ts";
import type { Finding } from "../../checker/finding.ts";
import type { Replay } from "../../checker/schedule.ts";
import type { System } from "../../checker/system.ts";

/** Replays the runs of a finding, and holds that they show it. */
export const confirm = <State, Action, Event>(
  system: System<State, Action, Event>,
  claims: readonly Claim<NoInfer<State>, NoInfer<Action>, NoInfer<Event>>[],
  finding: Finding,
  offers?: Offers<NoInfer<State>, NoInfer<Action>, NoInfer<Event>>,
): Replay<State, Action, Event> => {
  const claim = claims.find(({ id }) => id === finding.property)!;
  return confirmFinding<State, Action, Event>(claim, finding, contextOf<State, Action, Event>(system, claims, offers))
    .run;
};
