/**
 * From a run to simpler ones, for a shrinker to try.
 *
 * A run is taken apart into what was wanted in it, in words: this command, and in it this answer to that question. Some of
 * that is left out or replaced by something plainer, and the rest is done wherever it is still possible. So leaving out a
 * probe leaves out all that only it made possible, and every attempt is a run.
 *
 * Simpler is what the exhaustive search would prefer: cheaper in the sense of checker/cost.ts (fewer faults before fewer
 * steps), and at equal cost made of choices that stand earlier in their lists.
 */
import type { Schedule } from "../../checker/schedule.ts";
import type { Asked } from "../../checker/walk.ts";
import { extraInputsOf, withExtraInputs } from "../extra-inputs/extra-inputs.ts";
import type { SysramSystem } from "../sysram-system.ts";
import { numbering } from "../token.ts";
import { type Choices, type Run, type RunStep, takeRun, type WatchedStep } from "./run.ts";
import { simplerCommands, simplerInitialConfigurations, sizeOfInitialConfiguration } from "./simpler-inputs.ts";

/** An answer other than the first one, which is taken for granted. */
interface WantedAnswer {
  readonly question: string;
  /** Its number among the equal questions of one step. */
  readonly number: number;
  readonly answer: string;
  readonly isFault: boolean;
}

/** One step by value. */
interface WantedStep {
  readonly action: string;
  readonly answers: readonly WantedAnswer[];
}

type Wanted = readonly WantedStep[];

/** Where a run begins, by value: the words of the initial configuration. */
type Beginning = string;

const wantedStep = (system: SysramSystem, { action, asked, step }: RunStep): WantedStep => {
  const numberOf = numbering();
  const answers = asked.flatMap(({ question, answer: { label, fault } }, at): readonly WantedAnswer[] => {
    const number = numberOf(question);
    return step.answers[at] === 0 ? [] : [{ question, number, answer: label, isFault: fault !== undefined }];
  });
  return { action: system.describe(action), answers };
};

/** Does what is wanted, and passes over what is not possible. */
const follow = (
  tableSystem: SysramSystem,
  beginning: Beginning,
  wanted: Wanted,
  onStep?: (step: WatchedStep) => void,
): Run => {
  const system = withExtraInputs(tableSystem, {
    initialConfigurations: [beginning],
    commands: wanted.map(({ action }) => action),
  });
  const initial = system.initialConfigurations.findIndex(({ label }) => label === beginning);
  let at = -1;
  let numberOf = numbering();
  const choices: Choices = {
    action: (actions) => {
      for (at += 1; at < wanted.length; at += 1) {
        const { action } = wanted[at]!;
        const place = actions.findIndex((candidate) => system.describe(candidate) === action);
        if (place === -1) continue;
        numberOf = numbering();
        return place;
      }
      return undefined;
    },
    answer: (question, offered) => {
      const { answers } = wanted[at]!;
      if (answers.length === 0) return 0;
      const number = numberOf(question);
      const match = answers.find((candidate) => candidate.question === question && candidate.number === number);
      return match === undefined
        ? 0
        : Math.max(
            0,
            offered.findIndex(({ label }) => label === match.answer),
          );
    },
  };
  return takeRun(system, initial, choices, onStep);
};

const choicesOf = ({ initial, steps }: Schedule): readonly number[] => [
  initial,
  ...steps.flatMap(({ action, answers }) => [action, ...answers]),
];

/** How much there is to read in the values of a run that the table does not have. */
const sizeOfValues = ({ system, schedule, steps }: Run): number => {
  const { initialConfigurations, commands } = extraInputsOf(
    system,
    schedule.initial,
    steps.map(({ action }) => action),
  );
  return (
    initialConfigurations.reduce((sum, label) => sum + sizeOfInitialConfiguration(system, label), 0) +
    commands.reduce((sum, { length }) => sum + length, 0)
  );
};

/** Negative where the first run is the simpler one; 0 only where neither is. */
export const compareRuns = (one: Run, other: Run): number => {
  if (one.cost !== other.cost) return one.cost - other.cost;
  const difference = sizeOfValues(one) - sizeOfValues(other);
  if (difference !== 0) return difference;
  const [ours, theirs] = [choicesOf(one.schedule), choicesOf(other.schedule)];
  const at = ours.findIndex((choice, place) => choice !== theirs[place]);
  if (at === -1) return ours.length - theirs.length;
  return ours[at]! - (theirs[at] ?? -1);
};

/** Up to this many steps, what takes two changes at one time is tried too. */
const FEW_STEPS = 10;

/** Up to this many steps, two commands are replaced at one time. */
const VERY_FEW_STEPS = 3;

/** Without chunks of it: half of it, a quarter, and so on down to single steps. */
function* chunksLeftOut(wanted: Wanted): Generator<Wanted> {
  for (let size = Math.ceil(wanted.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < wanted.length; start += size) yield wanted.toSpliced(start, size);
  }
}

/** Each way to leave one answer out: where it stands, what it is, and what is wanted without it. */
function* withoutOneAnswer(wanted: Wanted): Generator<readonly [at: number, left: WantedAnswer, rest: Wanted]> {
  for (const [at, step] of wanted.entries()) {
    for (const left of step.answers) {
      yield [at, left, wanted.with(at, { ...step, answers: step.answers.filter((answer) => answer !== left) })];
    }
  }
}

/** Without any fault, then without one unusual answer. */
function* answersLeftOut(wanted: Wanted): Generator<Wanted> {
  yield wanted.map((step) => ({ ...step, answers: step.answers.filter(({ isFault }) => !isFault) }));
  for (const [, , rest] of withoutOneAnswer(wanted)) yield rest;
}

/** Without two steps that only make sense together: a page is pinned, and unpinned. */
function* pairsLeftOut(wanted: Wanted): Generator<Wanted> {
  for (let first = 0; first < wanted.length; first += 1) {
    for (let second = first + 2; second < wanted.length; second += 1) {
      yield wanted.toSpliced(second, 1).toSpliced(first, 1);
    }
  }
}

/** With one command replaced by another that was possible there. */
function* commandsReplaced(
  system: SysramSystem,
  { steps }: Run,
  wanted: Wanted,
  isOffered: (place: number, taken: number) => boolean,
): Generator<{ readonly at: number; readonly wanted: Wanted }> {
  for (const [at, { transition, step }] of steps.entries()) {
    for (const [place, action] of system.actions(transition.before).entries()) {
      if (place === step.action || !isOffered(place, step.action)) continue;
      yield { at, wanted: wanted.with(at, { ...wanted[at]!, action: system.describe(action) }) };
    }
  }
}

/** What was asked in each step of a run, found by taking it again. */
const offersIn = (system: SysramSystem, beginning: Beginning, wanted: Wanted): readonly (readonly Asked[])[] => {
  const offers: (readonly Asked[])[] = [];
  follow(system, beginning, wanted, (step) => offers.push(step.offers));
  return offers;
};

/** Every answer to every question of a step but the first ones and those that were given. */
function* otherAnswers(offers: readonly Asked[]): Generator<WantedAnswer> {
  const numberOf = numbering();
  for (const { question, answers, answer: given } of offers) {
    const number = numberOf(question);
    for (const answer of answers.slice(1)) {
      if (answer === given) continue;
      const isFault = answer.fault !== undefined;
      yield { question, number, answer: answer.label, isFault };
    }
  }
}

/** With one answer replaced by another to the same question. */
function* answersReplaced(system: SysramSystem, beginning: Beginning, wanted: Wanted): Generator<Wanted> {
  for (const [at, offers] of offersIn(system, beginning, wanted).entries()) {
    const step = wanted[at]!;
    for (const other of otherAnswers(offers)) {
      const index = step.answers.findIndex(
        ({ question, number }) => question === other.question && number === other.number,
      );
      if (index !== -1) yield wanted.with(at, { ...step, answers: step.answers.with(index, other) });
    }
  }
}

/** With one fault left out, and another one put in anywhere. */
function* faultsMoved(system: SysramSystem, beginning: Beginning, wanted: Wanted): Generator<Wanted> {
  for (const [, left, harmless] of withoutOneAnswer(wanted)) {
    if (!left.isFault) continue;
    const base = follow(system, beginning, harmless).steps.map((step) => wantedStep(system, step));
    for (const [at, offers] of offersIn(system, beginning, base).entries()) {
      const step = base[at]!;
      for (const other of otherAnswers(offers)) {
        if (other.isFault) yield base.with(at, { ...step, answers: [...step.answers, other] });
      }
    }
  }
}

/** With a fault left out, and something that the environment does by itself put in before it. */
function* faultsReplacedByCommands(system: SysramSystem, { steps }: Run, wanted: Wanted): Generator<Wanted> {
  for (const [at, left, rest] of withoutOneAnswer(wanted)) {
    if (!left.isFault) continue;
    for (let before = at; before >= 0; before -= 1) {
      for (const action of system.actions(steps[before]!.transition.before)) {
        yield rest.toSpliced(before, 0, { action: system.describe(action), answers: [] });
      }
    }
  }
}

/** With one drawn value replaced by a simpler one, wherever it stands. */
function* valuesSimplified({ system, schedule, steps }: Run, wanted: Wanted): Generator<Wanted> {
  const { commands } = extraInputsOf(
    system,
    schedule.initial,
    steps.map(({ action }) => action),
  );
  for (const command of commands) {
    for (const simpler of simplerCommands(system, command)) {
      yield wanted.map((step) => (step.action === command ? { ...step, action: simpler } : step));
    }
  }
}

/**
 * Runs that are simpler than this one, the boldest attempts first.
 *
 * Where none of them shows what this one shows, a shrinker is done.
 */
export function* simplerRuns(system: SysramSystem, run: Run): Generator<Run, void, undefined> {
  const wanted = run.steps.map((step) => wantedStep(run.system, step));
  const beginning = run.system.initialConfigurations[run.schedule.initial]!.label;
  const tried = new Set<string>();

  function* attempt(candidate: Wanted, start = beginning): Generator<Run> {
    const simpler = follow(system, start, candidate);
    if (compareRuns(simpler, run) >= 0) return;
    const key = JSON.stringify([
      start,
      simpler.schedule,
      simpler.steps.map(({ action }) => simpler.system.describe(action)),
    ]);
    if (tried.has(key)) return;
    tried.add(key);
    yield simpler;
  }

  for (const candidate of chunksLeftOut(wanted)) yield* attempt(candidate);
  for (const candidate of answersLeftOut(wanted)) yield* attempt(candidate);
  for (const start of simplerInitialConfigurations(run.system, beginning)) yield* attempt(wanted, start);
  for (const { wanted: candidate } of commandsReplaced(system, run, wanted, (place, taken) => place < taken)) {
    yield* attempt(candidate);
  }
  for (const candidate of answersReplaced(system, beginning, wanted)) yield* attempt(candidate);
  for (const candidate of valuesSimplified(run, wanted)) yield* attempt(candidate);
  if (wanted.length > 2 * FEW_STEPS) return;
  for (const candidate of pairsLeftOut(wanted)) yield* attempt(candidate);
  for (const candidate of faultsMoved(system, beginning, wanted)) yield* attempt(candidate);
  for (const candidate of faultsReplacedByCommands(system, run, wanted)) yield* attempt(candidate);
  if (wanted.length > FEW_STEPS) return;
  for (const { at, wanted: replaced } of commandsReplaced(system, run, wanted, () => true)) {
    for (const [left, { answers }] of replaced.entries()) {
      if (left === at) continue;
      // One command may do what took two: then it also meets with what happened in the other.
      const both = { ...replaced[at]!, answers: [...replaced[at]!.answers, ...answers] };
      yield* attempt(replaced.with(at, both).toSpliced(left, 1));
    }
  }
  if (wanted.length > VERY_FEW_STEPS) return;
  for (const { wanted: replaced } of commandsReplaced(system, run, wanted, (place, taken) => place < taken)) {
    const base = follow(system, beginning, replaced);
    const baseWanted = base.steps.map((step) => wantedStep(base.system, step));
    for (const { wanted: candidate } of commandsReplaced(system, base, baseWanted, () => true)) {
      yield* attempt(candidate);
    }
  }
}
