/**
 * Which steps of a run a reader needs to see.
 *
 * Most calls of a run succeed and have nothing to do with what is wrong. Shown are the commands and callbacks, which
 * carry the run; what fails, and what somebody gave a reason or a note for; the calls just before a violation, those at
 * the place to blame, and those that made the things that these calls are given.
 */
import type { Place, ReportStep } from "./report.ts";

/** Whether a call answered with an error, or with nothing. */
export const isFailure = (result: string | undefined): boolean =>
  result !== undefined && (/^-/.test(result) || /^(\(null\)|NULL)$/i.test(result) || /\(-E/.test(result));

/** Whether a step is a call of the kernel, failed or not. */
export const isCall = ({ kind }: ReportStep): boolean => kind === "call" || kind === "fault";

/** The calls before a violation that are shown even if nothing else speaks for them. */
const CALLS_BEFORE_VIOLATION = 2;

const carriesRun = (step: ReportStep): boolean => {
  switch (step.kind) {
    case "command":
    case "callback":
    case "fault":
    case "note":
    case "violation":
      return true;
    case "call":
    case "return":
      return isFailure(step.result) || step.why !== undefined;
  }
};

/** The last calls before each violation, by their places in the run. */
const beforeViolations = (steps: readonly ReportStep[]): readonly number[] =>
  [...steps.keys()]
    .filter((at) => steps[at]!.kind === "violation")
    .flatMap((violation) => {
      const calls: number[] = [];
      for (let at = violation - 1; at >= 0 && calls.length < CALLS_BEFORE_VIOLATION; at -= 1) {
        if (steps[at]!.kind === "command") break;
        if (isCall(steps[at]!)) calls.push(at);
      }
      return calls;
    });

/** A value that names one thing: an address, not a small number that means something else elsewhere. */
const namesOneThing = (value: string): boolean => /^0x[0-9a-f]{3,}$/i.test(value);

/** What a run is shown for. */
export interface Focus {
  /** The line to blame. */
  readonly place: Place | null;
  /** What is wrong at the end, in words: the things it names by their addresses matter. */
  readonly state: readonly string[];
}

/** For each step, whether a reader needs it. */
export const relevantSteps = (steps: readonly ReportStep[], { place, state }: Focus): readonly boolean[] => {
  const shown = steps.map(carriesRun);
  const telling = [...beforeViolations(steps), ...[...steps.keys()].filter((at) => steps[at]!.kind === "fault")];
  for (const [at, step] of steps.entries()) {
    if (place !== null && isCall(step) && step.file === place.file && step.line === place.line) telling.push(at);
  }
  const showMakers = (values: readonly string[], before: number): void => {
    for (const value of new Set(values.filter(namesOneThing))) {
      const maker = steps.slice(0, before).findLastIndex((step) => isCall(step) && step.result === value);
      if (maker !== -1) shown[maker] = true;
    }
  };
  for (const at of telling) {
    shown[at] = true;
    showMakers(steps[at]!.arguments ?? [], at);
  }
  showMakers(
    state.flatMap((line) => line.match(/0x[0-9a-f]+/gi) ?? []),
    steps.length,
  );
  return shown;
};
