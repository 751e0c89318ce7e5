import { costOfSteps, type Needed, neededBy } from "../checker/cost.ts";
import { type Exploration, type ExploreOptions, explore } from "../checker/explore.ts";
import { findSchedule } from "../checker/find-schedule.ts";
import { type ClaimWords, linearizabilityJudge } from "../checker/linearizability.ts";
import { overlaps } from "../checker/overlap.ts";
import { mergeParts, pricedPart, type SearchedPart, withRuns } from "../checker/parts.ts";
import type { Property } from "../checker/property.ts";
import { labelsOf, replay, type Schedule, type ScheduleLabels } from "../checker/schedule.ts";
import { type Ending, type PropertyVerdict, verdictOn } from "../checker/verdict.ts";
import type { SysramEvent } from "../models/observation.ts";
import { operationsOf, type SysramOperations } from "./operations.ts";
import type { SysramState } from "./state.ts";
import type { SysramSystem } from "./sysram-system.ts";

/** How to search for commands that come to what no serial order of them does. */
export interface OverlapSearch
  extends Pick<ExploreOptions<never, never, never>, "bounds" | "faults" | "signal" | "onProgress"> {
  readonly claim: ClaimWords;
  /** What breaks one of them fatally has no future. */
  readonly properties: readonly Property<SysramState, SysramEvent>[];
  readonly preemptions: number | "all";
  /** The same system, where tasks are interrupted anywhere: what is told are runs of it. */
  readonly whole: () => SysramSystem;
}

/**
 * Searches the runs in which two commands overlap, from all states at rest that commands lead to which are run one at a time.
 *
 * Each such state is searched by itself, those first that look different from all before them: where a bound ends the search,
 * what it has left out looks like what it has seen. In a reduced system all is searched again where an assumption
 * was refuted (explore-reduced.ts).
 *
 * @returns schedules are runs of the whole system; a finding has the cheapest run to its state at rest before it
 */
export const exploreOverlaps = async (system: SysramSystem, options: OverlapSearch): Promise<Exploration> => {
  const start = performance.now();
  const { maxMillis = Number.POSITIVE_INFINITY, maxStates = Number.POSITIVE_INFINITY, ...bounds } = options.bounds;
  const operations = operationsOf(system, options.properties);
  const leftOf = (states: number, share = 1): OverlapSearch => ({
    ...options,
    bounds: {
      ...bounds,
      maxMillis: Math.max(Math.round((maxMillis - (performance.now() - start)) * share), 1),
      maxStates: Math.max(maxStates - states, 0),
    },
  });
  /** Whether something was refuted since this was asked last, and is assumed no more from now on. */
  const isRefined = (): boolean => {
    const isNew = system.reduction !== undefined && system.reduction.refuted > 0;
    if (isNew) system.reduction!.refine();
    return isNew;
  };
  for (isRefined(); ; ) {
    const { found, firsts, others } = await statesAtRest(system, operations, leftOf(0, SHARE_ALONE));
    let { states } = found;
    let isStopped = STOPPED_FOR_ALL.has(found.ending);
    let isOutdated = isRefined();
    const places = [...firsts, ...others];
    const parts: Exploration[] = [];
    for (const place of places) {
      if (isStopped) break;
      const part = await searchFrom(operations, place, leftOf(states));
      states += part.states;
      isStopped = STOPPED.has(part.ending);
      parts.push(part);
      if (isRefined()) isOutdated = true;
    }
    if (isOutdated && !isStopped) continue;
    const priced = [withoutPairs(found, options.claim), ...parts.map((part) => pricedPart(options.whole(), part))];
    const whole = mergeParts(priced, { elapsedMs: performance.now() - start });
    return withLeft(whole, isOutdated ? places.length : places.length - parts.length, isStopped);
  }
};

/** What ends the search of all states at rest, and not only that from one of them. */
const STOPPED: ReadonlySet<Ending> = new Set<Ending>(["state limit", "time limit", "memory limit", "interrupted"]);

/** The same of the search for them: where it takes too long, those that it has met are searched. */
const STOPPED_FOR_ALL: ReadonlySet<Ending> = new Set<Ending>(["state limit", "memory limit", "interrupted"]);

/** How much of the time the search of the states at rest may take. */
const SHARE_ALONE = 1 / 3;

/** A search that has compared nothing yet. */
const withoutPairs = (found: Exploration, { id }: ClaimWords): SearchedPart => ({
  exploration: {
    ...found,
    properties: [verdictOn(id, { concerned: 0, violated: 0, witness: undefined }, found)],
    findings: [],
  },
  witnessCosts: [undefined],
});

/** The same, with states at rest that were not searched, or not with all that is known now. */
const withLeft = (found: Exploration, states: number, isStopped: boolean): Exploration => {
  if (states === 0 || !isStopped) return found;
  const reach = { ...found, frontier: found.frontier + states };
  const [{ property, concerned, violated, witness }] = found.properties as readonly [PropertyVerdict];
  return { ...reach, properties: [verdictOn(property, { concerned, violated, witness }, reach)] };
};

/**
 * The most faults in what two commands do.
 *
 * Of a loop's calls that fail now and then not each mixture is tried in one step, and a command that is interrupted takes several:
 * with more faults it would come to what no serial order was asked for.
 */
const MOST_FAULTS = 1;

/** A state at rest, and the cheapest run to it. */
interface Place {
  readonly state: SysramState;
  readonly run: ScheduleLabels;
  readonly cost: Needed;
}

/** The states at rest that commands lead to which are run one at a time: the first of each look, and the others. */
const statesAtRest = async (
  system: SysramSystem,
  operations: SysramOperations,
  { properties, bounds, faults, signal, onProgress }: OverlapSearch,
): Promise<{ readonly found: Exploration; readonly firsts: readonly Place[]; readonly others: readonly Place[] }> => {
  const alone: SysramSystem = { ...system, actions: operations.alone };
  const met = new Set<number>();
  const runs: { readonly state: SysramState; readonly run: Schedule }[] = [];
  const found = await explore(alone, {
    ...{ properties, bounds, faults, preemptions: 0, signal, onProgress },
    onTransition: ({ from, transition: { before }, schedule }) => {
      if (met.has(from)) return;
      met.add(from);
      const { initial, steps } = schedule();
      if (operations.isAtRest(before)) runs.push({ state: before, run: { initial, steps: steps.slice(0, -1) } });
    },
  });
  const looks = new Set<string>();
  const others: Place[] = [];
  const firsts: Place[] = [];
  for (const { state, run } of runs) {
    const again = replay(alone, run);
    const place: Place = { state, run: labelsOf(alone, again), cost: neededBy(costOfSteps(again.steps)) };
    const possible = operations.beginnings(state).map((action) => system.describe(action));
    const look = JSON.stringify([run.initial, operations.left(state), possible]);
    (looks.has(look) ? others : firsts).push(place);
    looks.add(look);
  }
  return { found, firsts, others };
};

/** Searches the runs in which two commands overlap from one state at rest on. */
const searchFrom = async (
  operations: SysramOperations,
  { state: rest, run, cost }: Place,
  { claim, properties: _, faults, whole, ...options }: OverlapSearch,
): Promise<Exploration> => {
  const spent = cost.ordinaryFaults + cost.smallAllocationFaults;
  const left = Math.min(faults === "all" ? MOST_FAULTS : faults - spent, MOST_FAULTS);
  const judge = linearizabilityJudge(operations, claim, rest);
  const overlapping = overlaps(operations, rest);
  const { maxDepth = Number.POSITIVE_INFINITY } = options.bounds;
  const bounds = { ...options.bounds, maxDepth: Math.max(maxDepth - run.steps.length, 0) };
  const found = await explore(overlapping, { ...options, bounds, faults: left, properties: [judge.property] });
  options.onProgress?.({ ...found, rate: 0, findings: 0 });
  const priced: Exploration = {
    ...withUnknown(found, judge.unknown()),
    findings: found.findings.map((finding) => ({ ...finding, cost: sumOf(cost, finding.cost) })),
  };
  return withRuns(priced, (schedule) => {
    const { steps } = labelsOf(overlapping, replay(overlapping, schedule));
    const again = findSchedule(whole(), { initial: run.initial, steps: [...run.steps, ...steps] });
    if (again.kind === "found") return again.schedule;
    throw new Error(`a run of two commands is none of the system at step ${again.step}: ${again.reason}`);
  });
};

const sumOf = (one: Needed, other: Needed): Needed => ({
  smallAllocationFaults: one.smallAllocationFaults + other.smallAllocationFaults,
  ordinaryFaults: one.ordinaryFaults + other.ordinaryFaults,
  preemptions: one.preemptions + other.preemptions,
  steps: one.steps + other.steps,
});

/** A verdict that says so where some of the pairs could not be compared. */
const withUnknown = (found: Exploration, unknown: number): Exploration => {
  const [verdict] = found.properties as readonly [PropertyVerdict];
  if (unknown === 0 || (verdict.verdict !== "holds" && verdict.verdict !== "unreached")) return found;
  const because =
    "something else goes wrong in a serial order of commands, so that what they come to could not be compared";
  return { ...found, properties: [{ ...verdict, verdict: "inconclusive", because }] };
};
