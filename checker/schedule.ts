/**
 * A run as plain data, and the way back from it to the run.
 *
 * A schedule names each choice by its place: which initial state, which of the enabled actions, which of the offered
 * answers. That is small and exact, and means something only to the code that it was recorded with. Its labels say the
 * same in words, and outlive a change of the code (see find-schedule.ts).
 */
import { ScheduleMisfit } from "./schedule-misfit.ts";
import type { System } from "./system.ts";
import { exactly, followed, type Step, type Taken } from "./walk.ts";

/** All the choices that select one run. */
export interface Schedule {
  /** The place of the initial state. */
  readonly initial: number;
  readonly steps: readonly Step[];
}

/** One step in words: the action, and each question with the answer that it was given. */
export interface StepLabels {
  readonly action: string;
  readonly questions: readonly { readonly question: string; readonly answer: string }[];
}

/** A schedule in words. */
export interface ScheduleLabels {
  readonly initial: number;
  readonly steps: readonly StepLabels[];
}

/** A run that was taken again. */
export interface Replay<State, Action, Event> {
  readonly schedule: Schedule;
  readonly start: State;
  readonly steps: readonly Taken<State, Action, Event>[];
}

/**
 * The initial state at a place.
 *
 * @throws ScheduleMisfit where there is none
 */
export const initialOf = <State, Action, Event>({ initial }: System<State, Action, Event>, place: number): State => {
  if (place in initial) return initial[place]!;
  throw new ScheduleMisfit(0, `there is no initial state ${place} among ${initial.length}`);
};

/**
 * Takes a recorded run again.
 *
 * @throws ScheduleMisfit where the schedule is no run of this system, with the step that does not fit
 */
export const replay = <State, Action, Event>(
  system: System<State, Action, Event>,
  schedule: Schedule,
): Replay<State, Action, Event> => {
  const start = initialOf(system, schedule.initial);
  return { schedule, start, steps: [...followed<State, Action, Event>(system, start, exactly(schedule.steps))] };
};

/** A replayed run in words. */
export const labelsOf = <State, Action, Event>(
  system: System<State, Action, Event>,
  { schedule, steps }: Replay<State, Action, Event>,
): ScheduleLabels => ({
  initial: schedule.initial,
  steps: steps.map(({ action, asked }) => ({
    action: system.describe(action),
    questions: asked.map(({ question, answer }) => ({ question, answer: answer.label })),
  })),
});
