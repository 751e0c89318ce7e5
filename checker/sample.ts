/**
 * Random exploration, for spaces that no search exhausts.
 *
 * Each run starts anew and draws its choices from a seed. Faults come in swarms: a run first draws how likely they are
 * in it, from never to every second time, because a run in which every call fails soon goes nowhere, and one in which few do
 * seldom meets two that belong together.
 */
import { budgetOf, isUnlimited, withBudget } from "./budget.ts";
import { type Cost, costOfAsked } from "./cost.ts";
import { Coverage, harmlessAnswers } from "./coverage.ts";
import { type Busy, blame } from "./errors.ts";
import { type Bounds, checkRequest, type Exploration, type ExploreOptions } from "./explore.ts";
import { Judge } from "./judge.ts";
import { Pace } from "./pace.ts";
import { type Random, randomFrom } from "./random.ts";
import type { Schedule, Step } from "./schedule.ts";
import type { System } from "./system.ts";
import { type Ending, type Reach, verdictOn } from "./verdict.ts";
import { type Strategy, walk } from "./walk.ts";

/** What to look for at random, and for how long. */
export interface SampleOptions<State, Action, Event>
  extends Omit<ExploreOptions<State, Action, Event>, "bounds" | "onTransition"> {
  readonly seed: number;
  /** How many runs to draw. */
  readonly runs: number;
  /** Where to stop; `maxDepth` is the length of a run. */
  readonly bounds: Bounds & { readonly maxDepth: number };
}

/** How likely a fault is where one is possible; each run draws one of these. */
const FAULT_CHANCES = [0, 0.05, 0.2, 0.5] as const;

/**
 * Draws every choice.
 *
 * @param faultChance - how often a question that has faults is answered with one of them
 */
export const fromRandom = (random: Random, faultChance: number): Strategy => ({
  initial: (count) => random.below(count),
  action: (count) => (count === 0 ? undefined : random.below(count)),
  answer: (question, answers) => {
    const harmless = harmlessAnswers(question, answers);
    const faults = answers.length - harmless;
    if (faults === 0) return random.below(harmless);
    return harmless === 0 || random.chance(faultChance) ? harmless + random.below(faults) : random.below(harmless);
  },
});

/** A strategy for one run, with a fault chance of its own. */
export const swarmFrom = (random: Random): Strategy =>
  fromRandom(random, FAULT_CHANCES[random.below(FAULT_CHANCES.length)]!);

/**
 * Draws runs and judges each of their transitions.
 *
 * No property `holds` of a space that was only sampled. A counterexample is the cheapest of those drawn, not the cheapest
 * there is.
 *
 * @throws CheckerBug when the system or a property does what it must not, with the run that shows it
 */
export const sample = async <State, Action, Event>(
  system: System<State, Action, Event>,
  options: SampleOptions<NoInfer<State>, NoInfer<Action>, NoInfer<Event>>,
): Promise<Exploration> => {
  const { bounds, runs } = options;
  const budget = budgetOf(options);
  checkRequest(system.initial, { ...bounds, runs }, budget);
  const coverage = new Coverage();
  if (isUnlimited(budget)) return draw(system, (state) => state, options, coverage);
  const limited = withBudget(system, budget, (question, answers) => coverage.tally(question, answers));
  return draw(limited, ({ state }) => state, options, coverage);
};

/** The same strategy, with its answers counted. */
const counted = (strategy: Strategy, coverage: Coverage): Strategy => ({
  ...strategy,
  answer: (question, answers) => {
    const pick = strategy.answer(question, answers);
    coverage.tally(question, answers)[pick]!.given += 1;
    return pick;
  },
});

/** @param view - the part of a state that properties see */
const draw = async <State, Seen, Action, Event>(
  system: System<State, Action, Event>,
  view: (state: State) => Seen,
  { properties, bounds, seed, runs, signal, onProgress }: SampleOptions<Seen, Action, Event>,
  coverage: Coverage,
): Promise<Exploration> => {
  const { maxStates = Number.POSITIVE_INFINITY, maxDepth, maxMillis, maxHeapBytes } = bounds;
  const random = randomFrom(seed);
  const met = new Set<string>();
  let initial = 0;
  let steps: Step[] = [];
  const current = (): Schedule => ({ initial, steps: [...steps] });
  const judge = new Judge<Seen, Event, Schedule>(properties, current);

  let transitions = 0;
  let depth = 0;
  let cut = 0;
  let fatal = 0;
  let busyWith: Busy = "step";
  const done = () => transitions;
  const pace = new Pace({ maxMillis, maxHeapBytes, signal }, done, (elapsedMs, rate) => {
    onProgress?.({ states: met.size, transitions, frontier: 0, depth, elapsedMs, rate, findings: judge.size });
  });

  /** Notes a state; false where the state limit keeps it out. */
  const meet = (state: State): boolean => {
    busyWith = "key";
    const key = system.key(state);
    if (met.size >= maxStates && !met.has(key)) return false;
    met.add(key);
    busyWith = "step";
    return true;
  };

  const look = async (): Promise<Ending | undefined> => {
    busyWith = "caller";
    const stop = await pace.look();
    busyWith = "step";
    return stop;
  };

  /** Takes one run to its end; gives why the whole search has to stop, if it has to. */
  const run = async (): Promise<Ending | undefined> => {
    const taken = walk(system, counted(swarmFrom(random), coverage));
    initial = taken.initial;
    steps = [];
    if (!meet(taken.start)) return "state limit";
    let cost: Cost = 0;
    if (maxDepth === 0) return undefined;
    for (const { transition, step, asked } of taken.steps) {
      steps.push(step);
      transitions += 1;
      depth = Math.max(depth, steps.length);
      cost += costOfAsked(asked);
      const { before, events, after } = transition;
      busyWith = "property";
      const future = judge.judge({ before: view(before), events, after: view(after) }, cost);
      if (future === "fatal") fatal += 1;
      else if (future === "repeats") cut += 1;
      if (future !== "goes on") return undefined;
      if (!meet(after)) return "state limit";
      if (steps.length >= maxDepth) return undefined;
      if (pace.isDue()) {
        const stop = await look();
        if (stop !== undefined) return stop;
      }
    }
    return undefined;
  };

  let stopped: Ending | undefined;
  try {
    for (let at = 0; at < runs && stopped === undefined; at += 1) {
      if (pace.isDue()) stopped = await look();
      stopped ??= await run();
    }
  } catch (error) {
    throw blame(error, busyWith, judge.property, current());
  }

  const reach: Reach = { ending: stopped ?? "sampled", states: met.size, transitions, frontier: 0, cut };
  const counts = judge.counts((schedule) => schedule);
  return {
    ...reach,
    depth,
    properties: properties.map(({ id }, at) => verdictOn(id, counts[at]!, reach)),
    findings: judge.findings((schedule) => schedule),
    fatal,
    questions: coverage.questions(),
    elapsedMs: pace.elapsedMs,
  };
};
