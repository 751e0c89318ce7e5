/**
 * Finds a recorded run again in a system that has changed since.
 *
 * Places in lists shift when the code changes; words mostly stay. So each step looks for the action of the same
 * description, and gives each question the answer of the same label. Questions that are new get their first, harmless
 * answer, and questions that are gone are passed over; either is told, because the run found is then no longer the
 * run recorded.
 */
import type { Schedule, ScheduleLabels, StepLabels } from "./schedule.ts";
import type { System } from "./system.ts";
import { type Answering, type Step, taken } from "./walk.ts";

/** What became of a recorded run. */
export type FoundSchedule =
  | {
      readonly kind: "found";
      readonly schedule: Schedule;
      /** Where the run differs from the recorded one, in words; empty when every label was found in its place. */
      readonly differences: readonly string[];
    }
  | {
      readonly kind: "lost";
      /** The first step that cannot be taken, counted from 1; 0 for the initial state. */
      readonly step: number;
      readonly reason: string;
    };

type Lost = Extract<FoundSchedule, { readonly kind: "lost" }>;

interface Rest {
  readonly steps: readonly Step[];
  readonly differences: readonly string[];
}

/** Answers by the labels of one step, and notes what does not fit. */
const byLabels = (labels: StepLabels, step: number) => {
  const differences: string[] = [];
  let next = 0;
  const note = (what: string): void => void differences.push(`step ${step} ${what}`);
  const passOver = (until: number): void => {
    for (; next < until; next += 1) note(`no longer asks "${labels.questions[next]!.question}"`);
  };

  const answering: Answering = (question, offered) => {
    const match = labels.questions.findIndex((recorded, at) => at >= next && recorded.question === question);
    if (match === -1) {
      note(`also asks "${question}"`);
      return 0;
    }
    passOver(match);
    next = match + 1;
    const { answer } = labels.questions[match]!;
    const pick = offered.findIndex(({ label }) => label === answer);
    if (pick === -1) note(`no longer offers "${answer}" to "${question}"`);
    return Math.max(pick, 0);
  };

  return { answering, differences, finish: () => passOver(labels.questions.length) };
};

/**
 * Looks for the run that these labels describe.
 *
 * Where several enabled actions read alike, the first one from which the rest can be taken is meant.
 */
export const findSchedule = <State, Action, Event>(
  system: System<State, Action, Event>,
  labels: ScheduleLabels,
): FoundSchedule => {
  let furthest: Lost = { kind: "lost", step: -1, reason: "" };
  const lose = (step: number, reason: string): undefined => {
    if (step > furthest.step) furthest = { kind: "lost", step, reason };
    return undefined;
  };

  const follow = (state: State, at: number): Rest | undefined => {
    const wanted = labels.steps[at];
    if (wanted === undefined) return { steps: [], differences: [] };
    const actions = system.actions(state);
    const places = [...actions.keys()].filter((place) => system.describe(actions[place]!) === wanted.action);
    if (places.length === 0) return lose(at + 1, `"${wanted.action}" is not possible there`);
    for (const action of places) {
      const { answering, differences, finish } = byLabels(wanted, at + 1);
      const { step, transition } = taken(system, state, actions[action]!, action, answering);
      finish();
      const rest = follow(transition.after, at + 1);
      if (rest === undefined) continue;
      return { steps: [step, ...rest.steps], differences: [...differences, ...rest.differences] };
    }
    return undefined;
  };

  const { initial } = labels;
  if (initial >= system.initial.length) {
    return { kind: "lost", step: 0, reason: `there is no initial state ${initial} among ${system.initial.length}` };
  }
  const found = follow(system.initial[initial]!, 0);
  if (found === undefined) return furthest;
  return { kind: "found", schedule: { initial, steps: found.steps }, differences: found.differences };
};
