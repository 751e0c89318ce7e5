/**
 * One run at a time, with the choices left to a strategy: replaying a schedule, finding one again by its words and drawing at
 * random are strategies like any other.
 */
import type { Answer, Chooser } from "./chooser.ts";
import { ScheduleMisfit } from "./schedule-misfit.ts";
import type { System } from "./system.ts";
import type { Transition } from "./transition.ts";

/** One step of a run: the place of the action among those enabled, and of each answer among those offered. */
export interface Step {
  readonly action: number;
  readonly answers: readonly number[];
}

/** How the questions of a step are answered: the place of an answer among those offered. */
export type Answering = (question: string, answers: readonly Answer[]) => number;

/** Where a run takes its choices from. */
export interface Strategy<State, Action> {
  /** The place of the next action among those enabled; undefined, or -1, ends the run. */
  action(enabled: readonly Action[], before: State): number | undefined;
  answer: Answering;
}

/** One question that a step asked, all that could be answered, and the answer that it was given. */
export interface Asked {
  readonly question: string;
  readonly answers: readonly Answer[];
  readonly answer: Answer;
}

/** One step that was taken. */
export interface Taken<State, Action, Event> {
  readonly action: Action;
  readonly step: Step;
  readonly asked: readonly Asked[];
  readonly transition: Transition<State, Event>;
}

/** Takes one step: the action that stands at a place among those enabled. */
export const taken = <State, Action, Event>(
  system: System<State, Action, Event>,
  before: State,
  action: Action,
  place: number,
  answering: Answering,
): Taken<State, Action, Event> => {
  const answers: number[] = [];
  const asked: Asked[] = [];
  const chooser: Chooser = {
    choose: <A extends Answer>(question: string, offered: readonly [A, ...A[]]): A => {
      const pick = answering(question, offered);
      const answer = offered[pick]!;
      answers.push(pick);
      asked.push({ question, answers: offered, answer });
      return answer;
    },
  };
  const { state: after, events } = system.step(before, action, chooser);
  return { action, step: { action: place, answers }, asked, transition: { before, events, after } };
};

/** Follows a run from a state on, one step at a time; stop iterating to end it. */
export function* followed<State, Action, Event>(
  system: System<State, Action, Event>,
  start: State,
  strategy: Strategy<State, Action>,
): Generator<Taken<State, Action, Event>, void, undefined> {
  let before = start;
  for (;;) {
    const enabled = system.actions(before);
    const place = strategy.action(enabled, before);
    if (place === undefined || place === -1) return;
    const step = taken(system, before, enabled[place]!, place, strategy.answer);
    yield step;
    before = step.transition.after;
  }
}

const isPlace = (place: number, count: number): boolean => Number.isInteger(place) && place >= 0 && place < count;

/**
 * Answers everything from recorded steps, and accepts nothing that does not fit them.
 *
 * It throws a ScheduleMisfit at the first step that is none of the system's.
 */
export const exactly = (steps: readonly Step[]): Strategy<unknown, unknown> => {
  let count = 0;
  let answered = 0;
  const checkAnswers = (): void => {
    const left = count === 0 ? 0 : steps[count - 1]!.answers.length - answered;
    if (left > 0)
      throw new ScheduleMisfit(count, `${left} of its answers ${left === 1 ? "answers" : "answer"} no question`);
  };
  return {
    action: ({ length }) => {
      checkAnswers();
      const step = steps[count];
      if (step === undefined) return undefined;
      count += 1;
      answered = 0;
      if (isPlace(step.action, length)) return step.action;
      throw new ScheduleMisfit(count, `there is no action ${step.action} among ${length}`);
    },
    answer: (question, answers) => {
      const pick = steps[count - 1]!.answers[answered];
      if (pick === undefined) throw new ScheduleMisfit(count, `it has no answer to "${question}"`);
      answered += 1;
      if (isPlace(pick, answers.length)) return pick;
      throw new ScheduleMisfit(count, `there is no answer ${pick} to "${question}" among ${answers.length}`);
    },
  };
};
