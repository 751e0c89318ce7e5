/**
 * The tool distrusts itself.
 *
 * A search merges states that have one key, replays runs from numbers, and reports what a property said once. Each of
 * these is right only if the system keeps its side of the contract; here that is put to the test. A field left out of
 * the key can turn a leak into "holds", and nothing else would tell.
 */
import { isDeepStrictEqual } from "node:util";
import { enumerate } from "./enumerate.ts";
import { CheckerBug } from "./errors.ts";
import { type Bounds, explore } from "./explore.ts";
import { type Finding, Judge } from "./judge.ts";
import type { Property, Transition } from "./property.ts";
import { randomFrom } from "./random.ts";
import { swarmFrom } from "./sample.ts";
import { type Replay, replay, type Schedule, type Step } from "./schedule.ts";
import type { System } from "./system.ts";
import { walk } from "./walk.ts";

/** How thoroughly to audit a key. */
export interface AuditOptions {
  readonly bounds: Bounds;
  /** Random walks beside the search: they go on from a merged state as it is, where the search forgets it. */
  readonly walks: { readonly seed: number; readonly runs: number; readonly maxDepth: number };
}

/** What an audit looked at. */
export interface KeyAudit {
  /** Different keys. */
  readonly states: number;
  /** States that were compared with another one of the same key. */
  readonly compared: number;
}

/** All that a search can tell of a state, one line for each way to leave it. */
type Observation = readonly string[];

const judgementsOf = <State, Event>(
  properties: readonly Property<State, Event>[],
  transition: Transition<State, Event>,
): string =>
  JSON.stringify(
    properties.map((property) => [
      property.concerns(transition),
      property.violations(transition).map(({ object, site, isFatal = false }) => [object, site, isFatal]),
    ]),
  );

const observe = <State, Action, Event>(
  system: System<State, Action, Event>,
  properties: readonly Property<State, Event>[],
  state: State,
): Observation => {
  const lines: string[] = [];
  const key = system.key(state);
  const actions = system.actions(state);
  for (const action of actions) {
    enumerate(
      (chooser) => system.step(state, action, chooser),
      ({ state: after, events }, path) => {
        const answers = Array.from(
          { length: path.length },
          (_, at) => `${path.question(at)}: ${path.answer(at).label}`,
        );
        const way = [system.describe(action), ...answers].join(", ");
        const judgements = judgementsOf(properties, { before: state, events, after });
        lines.push(`${way}, leads to ${system.key(after)}, judged ${judgements}`);
      },
    );
  }
  if (system.key(state) !== key) {
    throw new CheckerBug(
      "state-changed",
      `a step changes the state that it leaves, from ${key} to ${system.key(state)}`,
    );
  }
  const words = actions.map((action) => system.describe(action));
  const again = system.actions(state).map((action) => system.describe(action));
  if (!isDeepStrictEqual(words, again)) {
    const lists = `first ${words.join(", ")}, then ${again.join(", ")}`;
    throw new CheckerBug(
      "actions-unstable",
      `the actions of ${key} are ${lists}; list them in an order that the state decides`,
    );
  }
  return lines;
};

/** Says where two observations part. */
const difference = (one: Observation, other: Observation): string => {
  const at = one.findIndex((line, index) => line !== other[index]);
  const place = at === -1 ? one.length : at;
  return `one does "${one[place] ?? "nothing more"}", the other "${other[place] ?? "nothing more"}"`;
};

/**
 * Compares states that have one key: each must have the same actions in the same order, and each way through an action
 * must lead to the same key and be judged alike.
 *
 * It also holds that listing the actions twice gives one list, and that a step leaves its state as it was. A pass shows
 * that no difference was met within the bounds, not that there is none.
 *
 * @throws CheckerBug at the first difference, with the run to the second of the two states; the message names the first
 */
export const auditKey = async <State, Action, Event>(
  system: System<State, Action, Event>,
  properties: readonly Property<NoInfer<State>, NoInfer<Event>>[],
  { bounds, walks }: AuditOptions,
): Promise<KeyAudit> => {
  const known = new Map<string, { readonly observation: Observation; readonly schedule: Schedule }>();
  let compared = 0;

  const check = (state: State, schedule: Schedule): void => {
    const key = system.key(state);
    const first = known.get(key);
    const observation = located(schedule, () => observe(system, properties, state));
    if (first === undefined) {
      known.set(key, { observation, schedule });
      return;
    }
    compared += 1;
    if (isDeepStrictEqual(first.observation, observation)) return;
    const what = `two states have the key ${key}, but ${difference(first.observation, observation)}`;
    const remedy = `the first is reached by ${JSON.stringify(first.schedule)}; put what tells them apart into the key`;
    throw new CheckerBug("key-merges-states", `${what}; ${remedy}`, { schedule });
  };

  for (const [initial, state] of system.initial.entries()) check(state, { initial, steps: [] });
  await explore(system, {
    properties,
    bounds,
    faults: "all",
    onTransition: ({ transition, to, schedule }) => {
      if (to !== undefined) check(transition.after, schedule());
    },
  });

  const random = randomFrom(walks.seed);
  for (let run = 0; run < walks.runs; run += 1) {
    const judge = new Judge<State, Event, undefined>(properties, () => undefined);
    const { initial, steps } = walk(system, swarmFrom(random));
    const taken: Step[] = [];
    for (const { step, transition } of steps) {
      taken.push(step);
      if (judge.judge(transition, 0) !== "goes on") break;
      check(transition.after, { initial, steps: [...taken] });
      if (taken.length >= walks.maxDepth) break;
    }
  }
  return { states: known.size, compared };
};

/** Adds the run that led here to a bug that does not carry one. */
const located = <Result>(schedule: Schedule, look: () => Result): Result => {
  try {
    return look();
  } catch (error) {
    throw error instanceof CheckerBug ? error.at(schedule) : error;
  }
};

/**
 * Takes a recorded run twice, and compares all that can be compared: actions, questions, events, and the key of every
 * state.
 *
 * @throws CheckerBug at the first step in which the two differ; ScheduleMisfit where the schedule is no run at all
 */
export const replayTwice = <State, Action, Event>(
  system: System<State, Action, Event>,
  schedule: Schedule,
): Replay<State, Action, Event> => {
  const one = replay(system, schedule);
  const two = replay(system, schedule);
  for (const [at, first] of one.steps.entries()) {
    const second = two.steps[at]!;
    const differ = (what: string, before: unknown, after: unknown): void => {
      if (isDeepStrictEqual(before, after)) return;
      const values = `first ${JSON.stringify(before)}, then ${JSON.stringify(after)}`;
      throw new CheckerBug(
        "replay-differs",
        `two replays of one schedule differ at step ${at + 1} in ${what}: ${values}`,
        {
          schedule,
        },
      );
    };
    differ("the action", system.describe(first.action), system.describe(second.action));
    differ("what was asked", first.asked, second.asked);
    differ("what happened", first.transition.events, second.transition.events);
    differ("the state it led to", system.key(first.transition.after), system.key(second.transition.after));
  }
  return one;
};

/** Whether the last step of a run shows what a finding says. */
export const isShownBy = <State, Action, Event>(
  { steps }: Replay<State, Action, Event>,
  properties: readonly Property<NoInfer<State>, NoInfer<Event>>[],
  { property: id, object, site }: Pick<Finding, "property" | "object" | "site">,
): boolean => {
  const property = properties.find((candidate) => candidate.id === id);
  const last = steps.at(-1);
  const violations = property === undefined || last === undefined ? [] : property.violations(last.transition);
  return violations.some((violation) => violation.object === object && violation.site === site);
};

/**
 * Replays the counterexample of a finding twice, and holds that its last step shows the finding.
 *
 * @throws CheckerBug where it does not
 */
export const confirmFinding = <State, Action, Event>(
  system: System<State, Action, Event>,
  properties: readonly Property<NoInfer<State>, NoInfer<Event>>[],
  { property: id, object, site, counterexample }: Finding,
): Replay<State, Action, Event> => {
  const run = replayTwice(system, counterexample);
  if (isShownBy(run, properties, { property: id, object, site })) return run;
  throw new CheckerBug(
    "finding-not-reproduced",
    `the counterexample of ${id} (${object}, ${site}) does not show it when it is replayed`,
    {
      schedule: counterexample,
    },
  );
};
