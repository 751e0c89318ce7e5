/**
 * Exhaustive search, the most believable runs first.
 *
 * Every reachable state is expanded once, in the order of the cost of the cheapest run to it (Dijkstra's algorithm; see
 * cost.ts for what a cost is): all that can happen without faults comes before anything that needs a fault, and short
 * runs before long ones. So the run kept for a finding is the most believable one, and the shortest of those.
 *
 * A violation does not end a run unless it is fatal, so that the first finding does not hide those behind it. A run
 * that shows the same violation twice over (a second leaked object of one origin) does end, because it would go on
 * for ever; what it might have shown else is lost, and no property `holds` after that.
 */

import { BucketQueue } from "./bucket-queue.ts";
import { type Budget, type Budgeted, budgetOf, isUnlimited, withBudget } from "./budget.ts";
import type { Claim, ClaimContext, NotJudged, Offers } from "./claims/claim.ts";
import { Panel, type PanelConclusion } from "./claims/panel.ts";
import { contextOf } from "./context.ts";
import { type Cost, costOfStep, isFull, MAX_STEPS, type Needed, neededBy, STEP_COST, stepsOf } from "./cost.ts";
import { Coverage, type QuestionCoverage } from "./coverage.ts";
import { outcomesOf, Paths } from "./enumerate.ts";
import { type Busy, blame, InvalidOption } from "./errors.ts";
import type { Finding } from "./finding.ts";
import { type Bounds, Pace, type Progress } from "./pace.ts";
import type { Savable } from "./savable.ts";
import type { SavedSearch } from "./saved-search.ts";
import type { Schedule } from "./schedule.ts";
import { StateTable } from "./state-table.ts";
import type { Outcome, System } from "./system.ts";
import type { Transition } from "./transition.ts";
import type { Ending, PropertyVerdict, Reach } from "./verdict.ts";
import { visitedSet } from "./visited.ts";
import type { VisitedSet } from "./visited-set.ts";
import type { Step } from "./walk.ts";

/** One transition as the search took it. States go by their numbers, in the order in which they were met. */
export interface ObservedTransition<State, Action, Event> {
  readonly from: number;
  /** Undefined where the run ended with this transition, or the state limit kept the state out. */
  readonly to: number | undefined;
  readonly action: Action;
  readonly step: Step;
  readonly transition: Transition<State, Event>;
  /** The cheapest run that ends with this transition. */
  readonly schedule: () => Schedule;
}

/** What to search for, and how far. */
export interface ExploreOptions<State, Action, Event> {
  readonly claims: readonly Claim<State, Action, Event>[];
  /** What the system offers to claims beside its steps; one task and nothing else where it is left out. */
  readonly offers?: Offers<State, Action, Event> | undefined;
  readonly bounds: Bounds;
  /** The most faults in one run. */
  readonly faults: number | "all";
  /** The most preemptions in one run; all where it is left out. */
  readonly preemptions?: number | "all" | undefined;
  /** Ends the search early, with all that was found so far. */
  readonly signal?: AbortSignal | undefined;
  /** Is called about every 200 ms of work. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Is called for each transition, in the order of the search; what it throws ends the search. */
  readonly onTransition?: ((observed: ObservedTransition<State, Action, Event>) => void) | undefined;
  /** Is called for each transition that shows something wrong which none has shown before. */
  readonly onFound?: ((observed: ObservedTransition<State, Action, Event>) => void) | undefined;
  /** Makes the set of the states that were met; one that keeps whole keys where it is left out. */
  readonly visited?: (() => VisitedSet) | undefined;
  /** Puts the search aside at intervals, and where a bound or its signal ends it. */
  readonly saving?: Saving | undefined;
  /** The search to go on with: of the same system, with the same options but for its bounds. */
  readonly resume?: SavedSearch | undefined;
  /** What is counted while the search runs, and belongs to what is put aside. */
  readonly beside?: readonly Savable[] | undefined;
}

/** When a search is put aside, and where to. */
export interface Saving {
  /** How long it runs until it is put aside again, in milliseconds. */
  readonly everyMillis: number;
  readonly save: (saved: SavedSearch) => void | Promise<void>;
}

/** What a search found, and how far it got. */
export interface Exploration extends Reach {
  /** Length of the longest run that was followed, in steps. */
  readonly depth: number;
  /** Every run that needs less than this was followed; undefined where all were, or nothing of the kind is known. */
  readonly frontierCost?: Needed;
  /** In the order in which they were given, those that could be judged. */
  readonly properties: readonly PropertyVerdict[];
  /** Those that could not, and why. */
  readonly notJudged: readonly NotJudged[];
  /** The most believable one first. */
  readonly findings: readonly Finding[];
  /** Transitions that ended their runs with a fatal violation. */
  readonly fatal: number;
  readonly questions: readonly QuestionCoverage[];
  readonly elapsedMs: number;
}

const checkNatural = (name: string, value: number | undefined): void => {
  if (value === undefined || (value >= 0 && (Number.isInteger(value) || value === Number.POSITIVE_INFINITY))) return;
  throw new InvalidOption(`${name} is ${value}: give a whole number that is not negative`);
};

/** Refuses what no search can be asked to do. */
export const checkRequest = (
  initial: readonly unknown[],
  numbers: Readonly<Record<string, number | undefined>>,
  budget: Budget,
): void => {
  for (const [name, value] of Object.entries(numbers)) checkNatural(name, value);
  for (const [name, value] of Object.entries(budget)) if (value !== "all") checkNatural(name, value);
  if (initial.length === 0) throw new InvalidOption("the system has no initial state: give it at least one");
};

/**
 * Visits every state that is reachable within the bounds, and judges every transition.
 *
 * It lets the event loop run every few milliseconds, and two searches of one system give equal results.
 *
 * @throws CheckerBug when the system or a claim does what it must not, with the run that shows it
 */
export const explore = async <State, Action, Event>(
  system: System<State, Action, Event>,
  options: ExploreOptions<NoInfer<State>, NoInfer<Action>, NoInfer<Event>>,
): Promise<Exploration> => {
  const { bounds, claims, offers, onTransition, onFound, ...others } = options;
  const budget = budgetOf(options);
  checkRequest(system.initial, { ...bounds }, budget);
  const coverage = new Coverage();
  const context = contextOf(system, claims, offers);
  if (isUnlimited(budget)) {
    const seen = { ...others, bounds, context, view: (state: State) => state, onTransition, onFound };
    return (await searchSpace(system, seen, coverage)).exploration;
  }
  const limited = withBudget(system, budget, (question, answers) => coverage.tally(question, answers));
  const view = ({ state }: Budgeted<State>): State => state;
  const told = (tell: typeof onTransition) =>
    tell &&
    (({ transition: { before, events, after }, ...observed }: ObservedTransition<Budgeted<State>, Action, Event>) =>
      tell({ ...observed, transition: { before: before.state, events, after: after.state } }));
  const seen = { ...others, bounds, context, view, onTransition: told(onTransition), onFound: told(onFound) };
  return (await searchSpace(limited, seen, coverage)).exploration;
};

const exactSet = (): VisitedSet => visitedSet("exact");

const NOTHING: SavedSearch["counts"] = { transitions: 0, expanded: 0, depth: 0, cut: 0, fatal: 0 };

/** How to search a space whose states are more than claims see of them. */
export interface SpaceOptions<State, Seen, Action, Event>
  extends Omit<ExploreOptions<State, Action, Event>, "claims" | "offers" | "faults" | "preemptions"> {
  /** The system as claims see it. */
  readonly context: ClaimContext<Seen, Action, Event>;
  /** The part of a state that claims see. */
  readonly view: (state: State) => Seen;
  /** Whether the space ends with a state though more may happen there. */
  readonly isCutShort?: ((state: State) => boolean) | undefined;
}

/** A transition by the state that it leaves; -1 for an initial state, whose place `action` is. */
interface Origin extends Step {
  readonly from: number;
}

/** What a search of a space came to, with all that its judges say. */
export interface SearchedSpace {
  readonly exploration: Exploration;
  readonly proofs: PanelConclusion["proofs"];
}

/** The search behind `explore`. */
export const searchSpace = async <State, Seen, Action, Event>(
  system: System<State, Action, Event>,
  options: SpaceOptions<State, Seen, Action, Event>,
  coverage = new Coverage(),
): Promise<SearchedSpace> => {
  const { context, view, isCutShort, bounds, signal, onProgress, onTransition, onFound, saving, resume } = options;
  const { maxStates = Number.POSITIVE_INFINITY, maxMillis, maxHeapBytes } = bounds;
  const maxDepth = Math.min(bounds.maxDepth ?? MAX_STEPS, MAX_STEPS);

  const table = new StateTable<State>((options.visited ?? exactSet)(), system);
  const queue = new BucketQueue();
  const paths = new Paths(coverage);
  let from = -1;
  let action = 0;
  const capture = (): Origin => ({ from, action, answers: paths.picks() });
  const judges = new Panel<Seen, Action, Event, Origin>(context.claims, context, "space", capture);
  const beside = options.beside ?? [];

  let { transitions, expanded, depth, cut, fatal } = resume?.counts ?? NOTHING;
  let { hitStates, hitDepth } = resume ?? { hitStates: false, hitDepth: false };

  const saved = (): SavedSearch => ({
    table: table.save(),
    queue: queue.save(),
    counts: { transitions, expanded, depth, cut, fatal },
    hitStates,
    hitDepth,
    judges: judges.save(),
    coverage: coverage.save(),
    beside: beside.map((one) => one.save()),
    elapsedMs: pace.elapsedMs,
  });

  const goOnWith = (search: SavedSearch): void => {
    const waiting = new Set<number>();
    for (const { cost, items } of search.queue) {
      for (const item of items) {
        queue.push(cost, item);
        if (cost === search.table.costs[item]) waiting.add(item);
      }
    }
    table.restore(search.table, system, (number) => waiting.has(number));
    judges.restore(search.judges);
    coverage.restore(search.coverage);
    for (const [at, one] of beside.entries()) one.restore(search.beside[at]);
  };

  // Before the clock starts: what bounds the time of the search bounds what is new of it.
  if (resume !== undefined) goOnWith(resume);

  const done = () => transitions;
  const pace = new Pace(
    { maxMillis, maxHeapBytes, signal },
    done,
    (elapsedMs, rate) => {
      const [states, frontier, findings] = [table.size, table.size - expanded, judges.size];
      onProgress?.({ states, transitions, frontier, depth, elapsedMs, rate, findings });
    },
    resume?.elapsedMs,
  );

  /** Enters the state that the current step led to; gives its number, or -1 where the state limit keeps it out. */
  const arrive = (state: State, cost: Cost): number => {
    const key = system.key(state);
    const { size } = table;
    const number = size < maxStates ? table.enter(key) : table.find(key);
    if (number === -1) {
      hitStates = true;
      return -1;
    }
    // A state that is already expanded was reached at no greater cost, so only a waiting one can get here cheaper.
    if (number === size || cost < table.cost(number)) {
      table.reach(number, key, state, cost, from, action, paths);
      queue.push(cost, number);
      if (number === size) judges.meet(view(state));
    }
    return number;
  };

  const scheduleOf = (origin: Origin): Schedule => {
    if (origin.from === -1) return { initial: origin.action, steps: [] };
    const { initial, steps } = table.scheduleTo(origin.from);
    return { initial, steps: [...steps, { action: origin.action, answers: origin.answers }] };
  };

  let busyWith: Busy = "key";

  /** Judges what the current step came to along the current path, and enters the state that it led to. */
  const judge = (
    before: State,
    seenBefore: Seen,
    chosen: Action,
    { state: after, events }: Outcome<State, Event>,
    costBefore: Cost,
  ): void => {
    transitions += 1;
    const cost = costBefore + costOfStep(paths);
    busyWith = "property";
    const known = onFound === undefined ? 0 : judges.size;
    const future = judges.step({ before: seenBefore, events, after: view(after) }, cost);
    const isFound = onFound !== undefined && judges.size > known;
    busyWith = "key";
    let to = -1;
    if (future === "goes on") to = arrive(after, cost);
    else if (future === "fatal") fatal += 1;
    else cut += 1;
    judges.took(to, cost === costBefore + STEP_COST);

    if (onTransition === undefined && !isFound) return;
    busyWith = "caller";
    const step: Step = { action, answers: paths.picks() };
    const origin: Origin = { from, ...step };
    const schedule = () => scheduleOf(origin);
    const transition = { before, events, after };
    const observed = { from, to: to === -1 ? undefined : to, action: chosen, step, transition, schedule };
    onTransition?.(observed);
    if (isFound) onFound?.(observed);
  };

  let stopped: Ending | undefined;
  let savedAt = pace.elapsedMs;
  try {
    if (resume === undefined) for (; action < system.initial.length; action += 1) arrive(system.initial[action]!, 0);

    expanding: for (let number = queue.pop(); number !== -1; number = queue.pop()) {
      const { cost } = queue;
      if (cost !== table.cost(number)) continue; // A cheaper way was found since, and the state is already expanded.
      from = number;
      const before = table.take(number);
      const seenBefore = view(before);
      depth = Math.max(depth, stepsOf(cost));
      busyWith = "actions";
      const actions = system.actions(before);
      if (actions.length > 0 && (stepsOf(cost) >= maxDepth || isFull(cost))) {
        hitDepth = true;
        continue;
      }
      judges.leave(from);
      for (action = 0; action < actions.length; action += 1) {
        judges.take(actions[action]!);
        const outcomes = outcomesOf(system, before, actions[action]!, paths);
        for (;;) {
          busyWith = "caller";
          if (pace.isDue()) stopped ??= await pace.look();
          // What is put aside is put aside between two states, so this one is finished.
          if (stopped !== undefined && saving === undefined) break expanding;
          busyWith = "step";
          const { value: outcome } = outcomes.next();
          if (outcome === undefined) break;
          judge(before, seenBefore, actions[action]!, outcome, cost);
        }
      }
      expanded += 1;
      if (isCutShort?.(before) !== true) judges.left();
      if (saving === undefined) continue;
      busyWith = "caller";
      if (stopped !== undefined || pace.elapsedMs - savedAt >= saving.everyMillis) {
        await saving.save(saved());
        savedAt = pace.elapsedMs;
      }
      if (stopped !== undefined) break;
    }
  } catch (error) {
    const isBetweenSteps = busyWith === "actions";
    const schedule = isBetweenSteps ? table.scheduleTo(from) : scheduleOf({ from, action, answers: paths.picks() });
    throw blame(error, busyWith, judges.claim, schedule);
  }

  const ending = stopped ?? (hitStates ? "state limit" : hitDepth ? "depth limit" : "exhausted");
  // A limit on states or on depth leaves out some runs of every cost.
  const isCutShortOfTime = stopped !== undefined && !hitStates && !hitDepth && queue.cost >= 0;
  const { size: states, hashed } = table;
  const reach: Reach = {
    ...{ ending, states, transitions, frontier: states - expanded, cut },
    ...(hashed === undefined ? {} : { hashed }),
  };
  const cost = (state: number): Cost => table.cost(state);
  const scheduleTo = (state: number): Schedule => table.scheduleTo(state);
  const { properties, findings, proofs } = judges.conclude({ reach, cost, scheduleTo, scheduleOf });
  const exploration: Exploration = {
    ...reach,
    depth,
    ...(isCutShortOfTime ? { frontierCost: neededBy(queue.cost) } : {}),
    properties,
    notJudged: judges.notJudged,
    findings,
    fatal,
    questions: coverage.questions(),
    elapsedMs: pace.elapsedMs,
  };
  return { exploration, proofs };
};
