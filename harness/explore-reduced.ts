import { type Exploration, type ExploreOptions, explore } from "../checker/explore.ts";
import { findSchedule } from "../checker/find-schedule.ts";
import type { Finding } from "../checker/finding.ts";
import { mergeFindings } from "../checker/merge-findings.ts";
import { together } from "../checker/odds.ts";
import { runsIn, withRuns } from "../checker/parts.ts";
import { untilRight } from "../checker/refinement.ts";
import type { SavedSearch } from "../checker/saved-search.ts";
import { labelsOf, replay, type Schedule, type ScheduleLabels } from "../checker/schedule.ts";
import { unlessMisfit } from "../checker/schedule-misfit.ts";
import { verdictOn } from "../checker/verdict.ts";
import type { SysramEvent } from "../models/observation.ts";
import { machineContext, offersOf } from "./offers.ts";
import type { SysramAction, SysramState } from "./state.ts";
import type { SysramSystem } from "./sysram-system.ts";

type Options = ExploreOptions<SysramState, SysramAction, SysramEvent>;

/** A search of a system that was put aside, with what surrounds it. */
export interface SavedExploration {
  readonly search: SavedSearch;
  /** Where tasks are interrupted only where it can matter: what has been learned of that, and the round. */
  readonly round?: SavedRound;
}

interface SavedRound {
  readonly reduction: unknown;
  /** The most interruptions in a run of this round. */
  readonly bound: number | "all";
  /** What the round before it found. */
  readonly before: Exploration | undefined;
  /** How long the rounds before it took, in milliseconds. */
  readonly elapsedMs: number;
}

/** How to search a system. */
export interface SystemSearch extends Omit<Options, "saving" | "resume" | "offers"> {
  readonly saving?:
    | { readonly everyMillis: number; readonly save: (saved: SavedExploration) => void | Promise<void> }
    | undefined;
  readonly resume?: SavedExploration | undefined;
}

/** A search that goes wrong goes on for this share of what it has done, to refute what else is wrong. */
const AFTERMATH = 1;

/**
 * Searches a system in which tasks are interrupted only where it can matter.
 *
 * Where it cannot is an assumption, and the search itself refutes those that are wrong: then it soon ends, and is
 * refined and done again, until it refutes none. So an exhausted search has left out no order of transitions that could
 * have made a difference, and how often it was begun leaves no trace in it: what was refuted is true of the driver, and
 * would be refuted again. One that a bound has ended before is not done again: it claims nothing of what it did not
 * see.
 *
 * A bound on interruptions is approached from below, one more in each round: a round takes many times as long as the one
 * before it, so that little is lost, and where time is up all runs with fewer interruptions have been followed.
 */
export const exploreReduced = async (
  system: SysramSystem,
  { saving, resume, ...others }: SystemSearch,
): Promise<Exploration> => {
  const options: Options = { ...others, offers: offersOf(system) };
  const keep = (round?: () => SavedRound): Options["saving"] =>
    saving && {
      ...saving,
      save: (search) => saving.save(round === undefined ? { search } : { search, round: round() }),
    };
  const { reduction } = system;
  if (reduction === undefined) return explore(system, { ...options, saving: keep(), resume: resume?.search });

  const saved = resume?.round;
  if (saved !== undefined) reduction.restore(saved.reduction);
  const start = performance.now();
  const spent = (): number => (saved?.elapsedMs ?? 0) + performance.now() - start;
  const { preemptions = "all" } = options;
  const { maxMillis = Number.POSITIVE_INFINITY } = options.bounds;
  const boundsNow = (): Options["bounds"] => {
    const left = Math.max(Math.round(maxMillis - (performance.now() - start)), 1);
    return { ...options.bounds, maxMillis: left };
  };
  let before = saved?.before;
  const refine = (): void => {
    before = refined(system, before);
  };
  // A round that was known to be wrong is begun anew, refined.
  const isWrong = saved !== undefined && reduction.refuted > 0;
  if (isWrong) refine();
  let search = isWrong ? undefined : resume?.search;
  for (let bound = saved?.bound ?? (preemptions === "all" ? "all" : 0); ; bound = Number(bound) + 1) {
    const elapsedMs = spent();
    const saving = keep(() => ({ reduction: reduction.save(), bound, before, elapsedMs }));
    const asked = (): Options => ({ ...options, bounds: boundsNow(), preemptions: bound, saving });
    const round = await searchRound(system, asked, search, refine);
    search = undefined;
    if (bound === preemptions || round.ending !== "exhausted") {
      const found = before === undefined ? round : after(before, round, Number(bound), options.faults);
      return { ...found, elapsedMs: spent() };
    }
    before = round;
  }
};

/**
 * Searches until no transition was taken to be independent that is not, or a bound ends it.
 *
 * @param resume - a search to go on with; should it turn out to be wrong it begins anew like any other
 * @param mend - takes what turned out to be wrong into account
 */
const searchRound = async (
  system: SysramSystem,
  options: () => Options,
  resume: SavedSearch | undefined,
  mend: () => void,
): Promise<Exploration> => {
  let search = resume;
  const { result, isRight } = await untilRight(async () => {
    const asked = { ...options(), resume: search };
    search = undefined;
    const { signal, watched } = endsSoon(system, asked);
    const found = await explore(watched, { ...asked, signal });
    const isEndedByUs = found.ending === "interrupted" && asked.signal?.aborted !== true;
    return {
      result: found,
      isRight: system.reduction!.refuted === 0,
      isOver: found.ending !== "exhausted" && !isEndedByUs,
    };
  }, mend);
  if (isRight) return result;
  const { frontierCost: _, ...unsure } = result;
  return onlyRuns(system, options().claims, unsure);
};

/**
 * What an earlier round has found, once it is known of more transitions that they can be interrupted: its runs ask
 * more, then.
 */
const refined = (system: SysramSystem, before: Exploration | undefined): Exploration | undefined => {
  const told = new Map<Schedule, ScheduleLabels>();
  if (before !== undefined) {
    for (const run of runsIn(before)) told.set(run, labelsOf(system, replay(system, run)));
  }
  system.reduction!.refine();
  return before && withRuns(before, (run) => foundAgain(system, told.get(run)!));
};

const foundAgain = (system: SysramSystem, labels: ScheduleLabels): Schedule => {
  const again = findSchedule(system, labels);
  if (again.kind === "found") return again.schedule;
  throw new Error(`a run of an earlier round is none any more at step ${again.step}: ${again.reason}`);
};

/**
 * What a search found that a bound has ended before it was right.
 *
 * Where two states were taken for one, behind a variable that was taken to be dead, a run may go on from the wrong one:
 * it is none of the system then, or comes to something else, and nothing is told by it.
 */
const onlyRuns = (system: SysramSystem, claims: Options["claims"], found: Exploration): Exploration => {
  const context = machineContext(system, claims);
  const again = (run: Schedule) => unlessMisfit(() => replay<SysramState, SysramAction, SysramEvent>(system, run));
  const isRun = (run: Schedule): boolean => again(run) !== undefined;
  const shows = (finding: Finding): boolean => {
    const run = again(finding.counterexample);
    const claim = claims.find(({ id }) => id === finding.property)!;
    return run !== undefined && claim.evidence(run, { ...finding, isAtEnd: true }, context).kind !== "not shown";
  };
  const findings = found.findings.filter(shows);
  const verdicts = found.properties.map((verdict) => {
    const isFound = verdict.verdict !== "violated" || findings.some(({ property }) => property === verdict.property);
    const isWitnessed = verdict.witness === undefined || isRun(verdict.witness);
    if (isFound && isWitnessed) return verdict;
    const witness = isWitnessed ? verdict.witness : undefined;
    const concerned = isWitnessed ? verdict.concerned : 0;
    return verdictOn(verdict.property, { concerned, violated: isFound ? verdict.violated : 0, witness }, found);
  });
  return { ...found, findings, properties: verdicts };
};

/**
 * The same system, and a signal that ends a search of it soon after a transition was taken to be independent that is
 * not.
 */
const endsSoon = (
  system: SysramSystem,
  { signal }: Options,
): { readonly signal: AbortSignal; readonly watched: SysramSystem } => {
  const wrong = new AbortController();
  let steps = 0;
  let end = Number.POSITIVE_INFINITY;
  const step: SysramSystem["step"] = (state, action, chooser) => {
    steps += 1;
    if (steps >= end) wrong.abort();
    else if (end === Number.POSITIVE_INFINITY && system.reduction!.refuted > 0) end = steps * (1 + AFTERMATH);
    return system.step(state, action, chooser);
  };
  const signals = signal === undefined ? [wrong.signal] : [wrong.signal, signal];
  return { signal: AbortSignal.any(signals), watched: { ...system, step } };
};

/** A round that a bound has ended, with what the whole round before it is sure of; one that came to its end needs nothing. */
const after = (before: Exploration, round: Exploration, bound: number, faults: Options["faults"]): Exploration => {
  if (round.ending === "exhausted") return round;
  const { frontierCost: _, ...cut } = round;
  // With faults, a run with fewer interruptions may still have more faults than any that was followed.
  const hashed = together([before.hashed, round.hashed]);
  const followed = { smallAllocationFaults: 0, ordinaryFaults: 0, preemptions: bound, steps: 0 };
  return {
    ...cut,
    ...(hashed === undefined ? {} : { hashed }),
    ...(faults === 0 ? { frontierCost: followed } : {}),
    findings: mergeFindings(round.findings, before.findings),
    properties: round.properties.map((counted, at) =>
      counted.verdict !== "violated" && before.properties[at]!.verdict === "violated"
        ? before.properties[at]!
        : counted,
    ),
  };
};
