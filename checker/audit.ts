/**
 * The tool distrusts itself: it tells of no finding whose run does not show it again, twice and alike.
 */
import { isDeepStrictEqual } from "node:util";
import type { Claim, ClaimContext, Evidence } from "./claims/claim.ts";
import { CheckerBug } from "./errors.ts";
import type { Finding } from "./finding.ts";
import { type Replay, replay, type Schedule } from "./schedule.ts";
import type { System } from "./system.ts";

/**
 * Takes a recorded run twice, and compares all that can be compared: actions, questions, events, and the key of every
 * state.
 *
 * @throws CheckerBug at the first step in which the two differ; ScheduleMisfit where the schedule is no run at all
 */
export const replayTwice = <State, Action, Event>(
  system: System<State, Action, Event>,
  schedule: Schedule,
): Replay<State, Action, Event> => {
  const one = replay(system, schedule);
  const two = replay(system, schedule);
  for (const [at, first] of one.steps.entries()) {
    const second = two.steps[at]!;
    const differ = (what: string, before: unknown, after: unknown): void => {
      if (isDeepStrictEqual(before, after)) return;
      const values = `first ${JSON.stringify(before)}, then ${JSON.stringify(after)}`;
      throw new CheckerBug(
        "replay-differs",
        `two replays of one schedule differ at step ${at + 1} in ${what}: ${values}`,
        {
          schedule,
        },
      );
    };
    differ("the action", system.describe(first.action), system.describe(second.action));
    differ("what was asked", first.asked, second.asked);
    differ("what happened", first.transition.events, second.transition.events);
    differ("the state it led to", system.key(first.transition.after), system.key(second.transition.after));
  }
  return one;
};

/** What is known of a finding, once its runs were taken again. */
export interface Confirmed<State, Action, Event> {
  readonly run: Replay<State, Action, Event>;
  /** What its counterexample shows; it may be too much to tell. */
  readonly evidence: Exclude<Evidence, { readonly kind: "not shown" }>;
}

/**
 * Replays the runs of a finding twice, and holds that each ends with what it has to show.
 *
 * @throws CheckerBug where one does not
 */
export const confirmFinding = <State, Action, Event>(
  claim: Claim<State, Action, Event>,
  { object, site, detail, counterexample, besides = [] }: Finding,
  context: ClaimContext<State, Action, Event>,
): Confirmed<State, Action, Event> => {
  const confirm = (schedule: Schedule, shows: string, place: string): Confirmed<State, Action, Event> => {
    const run = replayTwice(context.system, schedule);
    const wanted = { object, site: place, detail: shows, isAtEnd: true };
    const evidence = claim.evidence(run, wanted, context);
    if (evidence.kind !== "not shown") return { run, evidence };
    throw new CheckerBug("finding-not-reproduced", `${evidence.because}: a run of ${claim.id} (${object}, ${place})`, {
      schedule,
    });
  };
  for (const { run, what, site: place } of besides) confirm(run, what, place);
  return confirm(counterexample, detail, site);
};
