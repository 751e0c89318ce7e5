import type { Shown } from "../checker/claims/claim.ts";
import type { Schedule } from "../checker/schedule.ts";
import type { SysramSystem } from "../harness/sysram-system.ts";
import { type SourceLine, traceOf } from "../harness/trace.ts";
import type { ReportStep } from "../report/report.ts";

/** A line of a run that is nobody's step. */
export const lineOf = (kind: "note" | "violation", what: string): ReportStep => ({
  task: "the environment",
  kind,
  depth: 0,
  what,
});

/** What is told behind a run of what it shows: what a claim notes, and one round of what goes on there by itself. */
export const explainedSteps = (
  system: SysramSystem,
  { initial, steps }: Schedule,
  { notes, onward }: Pick<Shown, "notes" | "onward">,
  lines: SourceLine,
): readonly ReportStep[] => {
  const noted = notes.map((what) => lineOf("note", what));
  if (onward === undefined) return noted;
  const before = { initial, steps: [...steps, ...onward.stem] };
  const whole = { initial, steps: [...before.steps, ...onward.round] };
  const start = traceOf(system, before, lines).steps.length;
  return [...noted, ...traceOf(system, whole, lines).steps.slice(start)];
};
