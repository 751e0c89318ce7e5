/**
 * A run as one value: what fast-check generates, shrinks and prints.
 *
 * It carries the states that it passed through, so that who judges it need not take it again, and the schedule that
 * selects it, so that it can be taken again at any time.
 */
import fc from "fast-check";
import { type Cost, costOfSteps } from "../../checker/cost.ts";
import { blame } from "../../checker/errors.ts";
import type { Replay, Schedule } from "../../checker/schedule.ts";
import type { Transition } from "../../checker/transition.ts";
import { type Asked, followed, type Strategy, type Taken } from "../../checker/walk.ts";
import type { SysramEvent } from "../../models/observation.ts";
import type { SysramAction, SysramState } from "../state.ts";
import type { SysramSystem } from "../sysram-system.ts";

/** One step of a run: the action, what was asked in it, and the states on both sides of it. */
export type RunStep = Taken<SysramState, SysramAction, SysramEvent>;

/** A run that was taken; printed, it is a list of commands with their faults. */
export interface Run extends Replay<SysramState, SysramAction, SysramEvent> {
  /** The system that its schedule is a run of: it knows the values that the run meets with. */
  readonly system: SysramSystem;
  /** How unlikely it is in life; see checker/cost.ts. */
  readonly cost: Cost;
  /** What fast-check prints of it. */
  readonly [fc.toStringMethod]: () => string;
}

/** Where a run takes its choices from; it ends where `action` gives undefined, or nothing is possible. */
export type Choices = Strategy<SysramState, SysramAction>;

/** One step with all that a run itself does not keep. */
export interface WatchedStep {
  readonly before: SysramState;
  readonly enabled: readonly SysramAction[];
  readonly action: SysramAction;
  readonly offers: readonly Asked[];
  /** What the command gave to its caller; undefined where it did not come to its end in this step. */
  readonly result: number | undefined;
  readonly after: SysramState;
}

/** Whether nothing that happens after this transition means anything: memory is corrupted, or a task is dead. */
const isFatal = ({ events }: Transition<SysramState, SysramEvent>): boolean =>
  events.some((event) => event.kind === "died" || (event.kind === "misuse" && event.isFatal));

/** The commands of a run, a numbered line each, with the faults that happen in them. */
export const describeRun = (
  system: SysramSystem,
  { schedule, steps, system: own = system }: Pick<Run, "schedule" | "steps"> & Partial<Pick<Run, "system">>,
): string =>
  [
    `in ${own.initialConfigurations[schedule.initial]!.label}`,
    ...steps.map(({ action, asked }, at) => {
      const faults = asked.filter(({ answer }) => answer.fault !== undefined);
      const words = faults.map(({ question, answer }) => `${question} gives ${answer.label}`).join(", ");
      return `${String(at + 1).padStart(4)}. ${system.describe(action)}${words === "" ? "" : `, in which ${words}`}`;
    }),
  ].join("\n");

const runOf = (system: SysramSystem, start: SysramState, initial: number, steps: readonly RunStep[]): Run => {
  const schedule: Schedule = { initial, steps: steps.map(({ step }) => step) };
  return {
    system,
    schedule,
    start,
    steps,
    cost: costOfSteps(steps),
    [fc.toStringMethod]: () => describeRun(system, { schedule, steps }),
  };
};

/**
 * Takes a run to its end: to where the choices end it, nothing is possible, or the machine is dead.
 *
 * @throws CheckerBug with the run so far, when the system throws
 */
export const takeRun = (
  system: SysramSystem,
  initial: number,
  choices: Choices,
  onStep?: (step: WatchedStep) => void,
): Run => {
  const start = system.initial[initial]!;
  const steps: RunStep[] = [];
  // What the step has been given so far that is under way.
  let place = 0;
  let answers: number[] = [];
  let enabled: readonly SysramAction[] = [];
  let result: number | undefined;
  const noting: Choices = {
    action: (actions, before) => {
      enabled = actions;
      const chosen = actions.length === 0 ? undefined : choices.action(actions, before);
      place = chosen ?? 0;
      answers = [];
      result = undefined;
      return chosen;
    },
    answer: (question, offered) => {
      const pick = choices.answer(question, offered);
      answers.push(pick);
      return pick;
    },
  };
  const watched: SysramSystem =
    onStep === undefined
      ? system
      : {
          ...system,
          step: (...asked) => system.watching({ ends: (value) => (result = value) }, () => system.step(...asked)),
        };
  try {
    for (const step of followed<SysramState, SysramAction, SysramEvent>(watched, start, noting)) {
      steps.push(step);
      const { action, asked: offers, transition } = step;
      onStep?.({ before: transition.before, enabled, action, offers, result, after: transition.after });
      if (isFatal(transition)) break;
    }
    return runOf(system, start, initial, steps);
  } catch (error) {
    const before = steps.map(({ step }) => step);
    throw blame(error, "step", "", { initial, steps: [...before, { action: place, answers }] });
  }
};

/** The same run as far as its first `count` steps. */
export const firstSteps = ({ system, start, schedule, steps }: Run, count: number): Run =>
  runOf(system, start, schedule.initial, steps.slice(0, count));

/** A recorded run as a value. */
export const runAlong = (
  system: SysramSystem,
  { schedule, start, steps }: Replay<SysramState, SysramAction, SysramEvent>,
): Run => runOf(system, start, schedule.initial, steps);
