import { CheckerBug } from "../checker/errors.ts";
import { type Trapped, trapAtEndOf } from "../checker/graph-judge.ts";
import type { Schedule } from "../checker/schedule.ts";
import type { SysramSystem } from "../harness/sysram-system.ts";
import { type SourceLine, traceOf } from "../harness/trace.ts";
import { waysBack } from "../harness/ways-back.ts";
import { propertiesOfSeveral } from "../properties/index.ts";
import type { SysramGraphClaim } from "../properties/progress.ts";
import type { ReportStep } from "../report/report.ts";
import { trapWords } from "../report/trap-text.ts";

/** What a claim says of the end of a run: undefined where there is a way back, or where none can be ruled out. */
export const trappedIn = (system: SysramSystem, schedule: Schedule, claim: SysramGraphClaim): Trapped | undefined => {
  const found = trapAtEndOf(schedule, claim, waysBack(system), propertiesOfSeveral);
  return "trap" in found ? found : undefined;
};

/**
 * The same of a run that a search has found to end in a trap; undefined where this look at it comes to no end: with several
 * tasks the search leaves out states that are met here.
 *
 * @throws CheckerBug where there is a way back
 */
export const confirmTrapped = (
  system: SysramSystem,
  schedule: Schedule,
  claim: SysramGraphClaim,
): Trapped | undefined => {
  const found = trapAtEndOf(schedule, claim, waysBack(system), propertiesOfSeveral);
  if ("trap" in found) return found;
  if (found.kind === "unknown") return undefined;
  const what = `the counterexample of ${claim.id} does not end in a trap when it is replayed`;
  throw new CheckerBug("finding-not-reproduced", what, { schedule });
};

/** Why there is no way out at the end of a run, and one round of what goes on there by itself. */
export const stepsInTrap = (
  system: SysramSystem,
  { initial, steps }: Schedule,
  { trap }: Trapped,
  lines: SourceLine,
): readonly ReportStep[] => {
  const note: ReportStep = { task: "the environment", kind: "note", depth: 0, what: trapWords(trap) };
  if (trap.round.length === 0) return [note];
  const before = { initial, steps: [...steps, ...trap.stem] };
  const whole = { initial, steps: [...before.steps, ...trap.round] };
  const start = traceOf(system, before, lines).steps.length;
  return [note, ...traceOf(system, whole, lines).steps.slice(start)];
};
