/**
 * A run as plain data, and the way back from it to the run.
 *
 * A schedule names each choice by its place: which initial state, which of the enabled actions, which of the offered
 * answers. That is small and exact, and means something only to the code that it was recorded with. Its labels say the
 * same in words, and outlive a change of the code (see find-schedule.ts).
 */
import { ScheduleMisfit } from "./schedule-misfit.ts";
import type { System } from "./system.ts";
import { type Step, type Strategy, type Taken, walk } from "./walk.ts";

export type { Step };

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

/** Answers everything from a recorded schedule, and accepts nothing that does not fit it. */
const exactly = ({ initial, steps }: Schedule): Strategy => {
  let taken = 0;
  let answered = 0;
  const checkAnswers = (): void => {
    const left = taken === 0 ? 0 : steps[taken - 1]!.answers.length - answered;
    if (left > 0)
      throw new ScheduleMisfit(taken, `${left} of its answers ${left === 1 ? "answers" : "answer"} no question`);
  };
  return {
    initial: (count) => {
      if (isPlace(initial, count)) return initial;
      throw new ScheduleMisfit(0, `there is no initial state ${initial} among ${count}`);
    },
    action: (count) => {
      checkAnswers();
      const step = steps[taken];
      if (step === undefined) return undefined;
      taken += 1;
      answered = 0;
      if (isPlace(step.action, count)) return step.action;
      throw new ScheduleMisfit(taken, `there is no action ${step.action} among ${count}`);
    },
    answer: (question, answers) => {
      const pick = steps[taken - 1]!.answers[answered];
      if (pick === undefined) throw new ScheduleMisfit(taken, `it has no answer to "${question}"`);
      answered += 1;
      if (isPlace(pick, answers.length)) return pick;
      throw new ScheduleMisfit(taken, `there is no answer ${pick} to "${question}" among ${answers.length}`);
    },
  };
};

const isPlace = (place: number, count: number): boolean => Number.isInteger(place) && place >= 0 && place < count;

/**
 * Takes a recorded run again.
 *
 * @throws ScheduleMisfit where the schedule is no run of this system, with the step that does not fit
 */
export const replay = <State, Action, Event>(
  system: System<State, Action, Event>,
  schedule: Schedule,
): Replay<State, Action, Event> => {
  const { start, steps } = walk(system, exactly(schedule));
  return { schedule, start, steps: [...steps] };
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
