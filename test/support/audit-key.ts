/**
 * Puts the key of a system to the test.
 *
 * A search merges states that have one key; that is right only if the system keeps its side of the contract. A field left out of the
 * key can turn a leak into "holds", and nothing else would tell.
 */
import { isDeepStrictEqual } from "node:util";
import type { Answer } from "../../checker/chooser.ts";
import type { Claim, ClaimContext } from "../../checker/claims/claim.ts";
import { contextOf } from "../../checker/context.ts";
import { harmlessAnswers } from "../../checker/coverage.ts";
import { CheckerBug } from "../../checker/errors.ts";
import { explore } from "../../checker/explore.ts";
import type { Bounds } from "../../checker/pace.ts";
import type { Replay, Schedule } from "../../checker/schedule.ts";
import type { System } from "../../checker/system.ts";
import type { Transition } from "../../checker/transition.ts";
import { followed, type Step, type Strategy } from "../../checker/walk.ts";
import { enumerate } from "./enumerate.ts";
import { type Random, randomFrom } from "./random.ts";

/** How likely a fault is where one is possible; each run draws one of these. */
const FAULT_CHANCES = [0, 0.05, 0.2, 0.5] as const;

/** Draws every choice of one run, in which faults come as often as is drawn for it. */
export const swarmFrom = (random: Random): Strategy<unknown, unknown> => {
  const faultChance = FAULT_CHANCES[random.below(FAULT_CHANCES.length)]!;
  return {
    action: ({ length }) => (length === 0 ? undefined : random.below(length)),
    answer: (question: string, answers: readonly Answer[]) => {
      const harmless = harmlessAnswers(question, answers);
      const faults = answers.length - harmless;
      if (faults === 0) return random.below(harmless);
      return harmless === 0 || random.chance(faultChance) ? harmless + random.below(faults) : random.below(harmless);
    },
  };
};

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

/** A run of one step. */
const runOf = <State, Action, Event>(transition: Transition<State, Event>): Replay<State, Action, Event> => {
  const step = { action: undefined as Action, step: { action: 0, answers: [] }, asked: [], transition };
  return { schedule: { initial: 0, steps: [step.step] }, start: transition.before, steps: [step] };
};

const judgementsOf = <State, Action, Event>(
  claims: readonly Claim<State, Action, Event>[],
  context: ClaimContext<State, Action, Event>,
  transition: Transition<State, Event>,
): string =>
  JSON.stringify(
    claims.map((claim) => [
      claim.isTestedBy(runOf(transition), context),
      claim.violations(transition).map(({ object, site, isFatal = false }) => [object, site, isFatal]),
    ]),
  );

const observe = <State, Action, Event>(context: ClaimContext<State, Action, Event>, state: State): Observation => {
  const { system, claims } = context;
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
        const judgements = judgementsOf(claims, context, { before: state, events, after });
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
  claims: readonly Claim<NoInfer<State>, NoInfer<Action>, NoInfer<Event>>[],
  { bounds, walks }: AuditOptions,
): Promise<KeyAudit> => {
  const known = new Map<string, { readonly observation: Observation; readonly schedule: Schedule }>();
  let compared = 0;
  const context = contextOf<State, Action, Event>(system, claims);

  const check = (state: State, schedule: Schedule): void => {
    const key = system.key(state);
    const first = known.get(key);
    const observation = located(schedule, () => observe(context, state));
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
    claims,
    bounds,
    faults: "all",
    onTransition: ({ transition, to, schedule }) => {
      if (to !== undefined) check(transition.after, schedule());
    },
  });

  const random = randomFrom(walks.seed);
  for (let run = 0; run < walks.runs; run += 1) {
    const initial = random.below(system.initial.length);
    const steps: Step[] = [];
    for (const { step, transition } of followed<State, Action, Event>(
      system,
      system.initial[initial]!,
      swarmFrom(random),
    )) {
      steps.push(step);
      if (context.futureOf(transition) !== "goes on") break;
      check(transition.after, { initial, steps: [...steps] });
      if (steps.length >= walks.maxDepth) break;
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
