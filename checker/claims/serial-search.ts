/**
 * The search for operations that come to what no serial order of them does.
 *
 * It follows the runs in which two operations overlap, from all states at rest that operations lead to which are done one at a
 * time. Each such state is searched by itself, those first that look different from all before them: where a bound ends the
 * search, what it has left out looks like what it has seen.
 */
import { costOfSteps, type Needed, neededBy } from "../cost.ts";
import { type Exploration, type ExploreOptions, explore } from "../explore.ts";
import { findSchedule } from "../find-schedule.ts";
import { mergeParts, pricedPart, type SearchedPart, withRuns } from "../parts.ts";
import { untilRight } from "../refinement.ts";
import { labelsOf, replay, type Schedule, type ScheduleLabels } from "../schedule.ts";
import type { System } from "../system.ts";
import { type Ending, type PropertyVerdict, type Reach, verdictOn } from "../verdict.ts";
import type { BehindConclusion, Claim, ClaimWords, OwnSearch } from "./claim.ts";
import { type Operating, overlaps } from "./overlap.ts";
import { MOST_FAULTS, overlapJudge } from "./overlap-judge.ts";
import { stepClaim } from "./step-claim.ts";

/** A search of a system whose operations are known. */
interface Search<State, Action, Event> extends OwnSearch<State, Action, Event> {
  readonly context: Operating<State, Action, Event>;
}

/** What ends the search of all states at rest, and not only that from one of them. */
const STOPPED: ReadonlySet<Ending> = new Set<Ending>(["state limit", "time limit", "memory limit", "interrupted"]);

/** The same of the search for them: where it takes too long, those that it has met are searched. */
const STOPPED_FOR_ALL: ReadonlySet<Ending> = new Set<Ending>(["state limit", "memory limit", "interrupted"]);

/** How much of the time the search of the states at rest may take. */
const SHARE_ALONE = 1 / 3;

/**
 * Searches, and looks at each finding again where tasks are interrupted anywhere: what does not show there is not told.
 *
 * @returns schedules are runs of the whole system; a finding has the cheapest run to its state at rest before it
 */
export const searchOverlaps = async <State, Action, Event>(
  claim: Claim<State, Action, Event>,
  context: Operating<State, Action, Event>,
  search: OwnSearch<State, Action, Event>,
): Promise<BehindConclusion> => {
  const found = await exploreOverlaps(claim, { ...search, context });
  const whole = search.whole();
  const [verdict] = found.properties as readonly [PropertyVerdict];
  const { ending, states, transitions, frontier, cut } = found;
  const reach: Reach = { ending, states, transitions, frontier, cut };
  const findings = found.findings.filter((finding) => {
    const run = replay(whole.system, finding.counterexample);
    return claim.evidence(run, { ...finding, isAtEnd: true }, whole).kind === "shown";
  });
  if (findings.length === found.findings.length) return { verdict: { ...verdict, reach }, findings };
  const because = "some of what was found does not show where tasks are interrupted anywhere";
  const doubtful: PropertyVerdict = { ...verdict, verdict: "inconclusive", violated: 0, because };
  return { verdict: { ...(findings.length > 0 ? verdict : doubtful), reach }, findings };
};

/** The search itself, done again where something was learned that it had been taken for granted not to be so. */
const exploreOverlaps = async <State, Action, Event>(
  words: ClaimWords,
  search: Search<State, Action, Event>,
): Promise<Exploration> => {
  const start = performance.now();
  const { refinement, whole, bounds: given } = search;
  const { maxMillis = Number.POSITIVE_INFINITY, maxStates = Number.POSITIVE_INFINITY, ...bounds } = given;
  const leftOf = (states: number, share = 1): Search<State, Action, Event> => ({
    ...search,
    bounds: {
      ...bounds,
      maxMillis: Math.max(Math.round((maxMillis - (performance.now() - start)) * share), 1),
      maxStates: Math.max(maxStates - states, 0),
    },
  });
  /** Whether something was learned since this was asked last, and is taken into account from now on. */
  const hasLearned = (): boolean => {
    const isNew = refinement !== undefined && refinement.refuted > 0;
    if (isNew) refinement.refine();
    return isNew;
  };
  hasLearned();
  const round = async () => {
    const { found, firsts, others } = await statesAtRest(leftOf(0, SHARE_ALONE));
    let { states } = found;
    let isStopped = STOPPED_FOR_ALL.has(found.ending);
    let isOutdated = hasLearned();
    const places = [...firsts, ...others];
    const parts: Exploration[] = [];
    for (const place of places) {
      if (isStopped) break;
      const part = await searchFrom(words, place, leftOf(states));
      states += part.states;
      isStopped = STOPPED.has(part.ending);
      parts.push(part);
      if (hasLearned()) isOutdated = true;
    }
    const left = isOutdated ? places.length : places.length - parts.length;
    return { result: { found, parts, left, isStopped }, isRight: !isOutdated, isOver: isStopped };
  };
  const { found, parts, left, isStopped } = (await untilRight(round)).result;
  const wholeSystem = parts.length === 0 ? undefined : whole().system;
  const priced = [withoutPairs(found, words), ...parts.map((part) => pricedPart(wholeSystem!, part))];
  return withLeft(mergeParts(priced, { elapsedMs: performance.now() - start }), left, isStopped);
};

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

/** A state at rest, and the cheapest run to it. */
interface Place<State> {
  readonly state: State;
  readonly run: ScheduleLabels;
  readonly cost: Needed;
}

/** The states at rest that operations lead to which are done one at a time: the first of each look, and the others. */
const statesAtRest = async <State, Action, Event>({
  context: { system, claims, operations },
  bounds,
  faults,
  signal,
  onProgress,
}: Search<State, Action, Event>): Promise<{
  readonly found: Exploration;
  readonly firsts: readonly Place<State>[];
  readonly others: readonly Place<State>[];
}> => {
  const alone: System<State, Action, Event> = { ...system, actions: operations.alone };
  const met = new Set<number>();
  const runs: { readonly state: State; readonly run: Schedule }[] = [];
  const found = await explore(alone, {
    ...{ claims, bounds, faults, preemptions: 0, signal, onProgress },
    onTransition: ({ from, transition: { before }, schedule }) => {
      if (met.has(from)) return;
      met.add(from);
      const { initial, steps } = schedule();
      if (operations.isAtRest(before)) runs.push({ state: before, run: { initial, steps: steps.slice(0, -1) } });
    },
  });
  const looks = new Set<string>();
  const others: Place<State>[] = [];
  const firsts: Place<State>[] = [];
  for (const { state, run } of runs) {
    const again = replay(alone, run);
    const place: Place<State> = { state, run: labelsOf(alone, again), cost: neededBy(costOfSteps(again.steps)) };
    const possible = operations.beginnings(state).map((action) => system.describe(action));
    const look = JSON.stringify([run.initial, operations.left(state), possible]);
    (looks.has(look) ? others : firsts).push(place);
    looks.add(look);
  }
  return { found, firsts, others };
};

/** Searches the runs in which two operations overlap from one state at rest on. */
const searchFrom = async <State, Action, Event>(
  words: ClaimWords,
  { state: rest, run, cost }: Place<State>,
  { context, faults, whole, bounds: given, preemptions, signal, onProgress }: Search<State, Action, Event>,
): Promise<Exploration> => {
  const spent = cost.ordinaryFaults + cost.smallAllocationFaults;
  const left = Math.min(faults === "all" ? MOST_FAULTS : faults - spent, MOST_FAULTS);
  const judge = overlapJudge(context, words, rest);
  const overlapping = overlaps(context, rest);
  const { maxDepth = Number.POSITIVE_INFINITY } = given;
  const bounds: ExploreOptions<never, never, never>["bounds"] = {
    ...given,
    maxDepth: Math.max(maxDepth - run.steps.length, 0),
  };
  const claims = [stepClaim(judge.rule)];
  const found = await explore(overlapping, { claims, bounds, faults: left, preemptions, signal, onProgress });
  onProgress?.({ ...found, rate: 0, findings: 0 });
  const priced: Exploration = {
    ...withUnknown(found, judge.unknown()),
    findings: found.findings.map((finding) => ({ ...finding, cost: sumOf(cost, finding.cost) })),
  };
  return withRuns(priced, (schedule) => {
    const { steps } = labelsOf(overlapping, replay(overlapping, schedule));
    const again = findSchedule(whole().system, { initial: run.initial, steps: [...run.steps, ...steps] });
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
