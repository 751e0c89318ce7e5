/**
 * One run at a time, with the choices left to a strategy.
 *
 * Following a list of naturals, replaying a schedule and drawing at random are strategies like any other.
 */
import type { Answer, Chooser } from "./chooser.ts";
import type { Transition } from "./property.ts";
import type { System } from "./system.ts";

/** One step of a run: the place of the action among those enabled, and of each answer among those offered. */
export interface Step {
  readonly action: number;
  readonly answers: readonly number[];
}

/** Where a walk takes its choices from. Each answer is a place among `count`, or among the answers offered. */
export interface Strategy {
  initial(count: number): number;
  /** The next of the enabled actions, of which there is at least one unless `count` is 0; undefined ends the walk. */
  action(count: number): number | undefined;
  answer(question: string, answers: readonly Answer[]): number;
}

/** One question that a step asked, and the answer that it was given. */
export interface Asked {
  readonly question: string;
  readonly answer: Answer;
}

/** One step that a walk took. */
export interface Taken<State, Action, Event> {
  readonly action: Action;
  readonly step: Step;
  readonly asked: readonly Asked[];
  readonly transition: Transition<State, Event>;
}

/** A walk that is taken one step at a time, as `steps` is iterated; stop iterating to end it. */
export interface Walk<State, Action, Event> {
  readonly initial: number;
  readonly start: State;
  readonly steps: Iterable<Taken<State, Action, Event>>;
}

/** Starts a walk in one of the initial states. */
export const walk = <State, Action, Event>(
  system: System<State, Action, Event>,
  strategy: Strategy,
): Walk<State, Action, Event> => {
  const initial = strategy.initial(system.initial.length);
  const start: State = system.initial[initial]!;
  return { initial, start, steps: stepsFrom(system, strategy, start) };
};

function* stepsFrom<State, Action, Event>(
  system: System<State, Action, Event>,
  strategy: Strategy,
  start: State,
): Generator<Taken<State, Action, Event>, void, undefined> {
  let before = start;
  for (;;) {
    const actions = system.actions(before);
    const place = strategy.action(actions.length);
    if (place === undefined) return;
    const action: Action = actions[place]!;
    const answers: number[] = [];
    const asked: Asked[] = [];
    const chooser: Chooser = {
      choose: (question, offered) => {
        const pick = strategy.answer(question, offered);
        const answer = offered[pick]!;
        answers.push(pick);
        asked.push({ question, answer });
        return answer;
      },
    };
    const { state, events } = system.step(before, action, chooser);
    yield { action, step: { action: place, answers }, asked, transition: { before, events, after: state } };
    before = state;
  }
}

/**
 * Follows a list of naturals, each read modulo the number of possibilities, so that every list is a run.
 *
 * Each action takes one natural, and the walk ends with the list. A question takes one where it has several answers, and
 * so does the start where there are several initial states. A list that ends within a step leaves the rest of its
 * questions to their first, harmless answers: shortening a list or lowering an entry removes faults.
 */
export const fromNaturals = (naturals: readonly number[]): Strategy => {
  let next = 0;
  const read = (count: number): number => {
    const natural = naturals[next] ?? 0;
    next += 1;
    return natural % count;
  };
  return {
    initial: (count) => (count > 1 ? read(count) : 0),
    action: (count) => (count === 0 || next >= naturals.length ? undefined : read(count)),
    answer: (_, answers) => (answers.length > 1 ? read(answers.length) : 0),
  };
};

/**
 * Follows anything that has the shape of a schedule, each entry read modulo the number of possibilities.
 *
 * Missing answers are the first ones and surplus answers are passed over, so every value is a run, and one step can be
 * dropped without disturbing the choices of the next: what a shrinker wants.
 */
export const fromSchedule = ({
  initial,
  steps,
}: {
  readonly initial: number;
  readonly steps: readonly Step[];
}): Strategy => {
  let taken = 0;
  let answered = 0;
  return {
    initial: (count) => initial % count,
    action: (count) => {
      const step = steps[taken];
      if (step === undefined || count === 0) return undefined;
      taken += 1;
      answered = 0;
      return step.action % count;
    },
    answer: (_, answers) => {
      const pick = steps[taken - 1]!.answers[answered] ?? 0;
      answered += 1;
      return pick % answers.length;
    },
  };
};
