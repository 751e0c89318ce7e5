/**
 * Random search with fast-check: draws runs, judges every step of them, and shrinks whatever is wrong.
 *
 * One check of fast-check draws all runs. Its property always passes: a run that breaks a claim does not end the search,
 * because behind the first finding there are others. Each finding keeps the most believable run that was drawn, and a second check of
 * fast-check, which has this run as its example, shrinks it.
 */
import fc from "fast-check";
import type { Evidence, WayOfSearch } from "../../checker/claims/claim.ts";
import { Panel } from "../../checker/claims/panel.ts";
import { type Cost, costOfAsked, neededBy } from "../../checker/cost.ts";
import { Coverage } from "../../checker/coverage.ts";
import { blame } from "../../checker/errors.ts";
import { checkRequest, type Exploration, type ExploreOptions } from "../../checker/explore.ts";
import { type Finding, needsOf } from "../../checker/finding.ts";
import { cheapestFirst } from "../../checker/merge-findings.ts";
import { Pace } from "../../checker/pace.ts";
import { runsIn, runsOf, withRuns } from "../../checker/parts.ts";
import { replay, type Schedule } from "../../checker/schedule.ts";
import type { Transition } from "../../checker/transition.ts";
import type { Ending, Reach } from "../../checker/verdict.ts";
import type { SysramEvent } from "../../models/observation.ts";
import { withExtraInputs } from "../extra-inputs/extra-inputs.ts";
import { allExtraInputs, extraInputsIn, rebased, type SystemSchedule } from "../extra-inputs/rebase.ts";
import { type MachineClaim, type MachineContext, machineContext } from "../offers.ts";
import type { SysramAction, SysramState } from "../state.ts";
import type { SysramSystem } from "../sysram-system.ts";
import { arbitraryRun } from "./arbitrary-run.ts";
import { firstSteps, type Run, runAlong } from "./run.ts";
import { type DrawnStatistics, StatisticsCounter } from "./statistics.ts";

/** What to look for at random, and for how long. */
export interface RandomOptions
  extends Omit<
    ExploreOptions<SysramState, SysramAction, SysramEvent>,
    "bounds" | "onTransition" | "onFound" | "offers"
  > {
  readonly seed: number;
  /** How many runs to draw. */
  readonly runs: number;
  /** The most steps of one run. */
  readonly maxCommands: number;
  readonly bounds: Omit<ExploreOptions<SysramState, SysramAction, SysramEvent>["bounds"], "maxDepth">;
  /** Runs that are taken before any is drawn: those that once showed something. */
  readonly first: readonly Schedule[];
  /** Whether drawn values are met with beside those of the table; they are where this is absent. */
  readonly values?: "any" | "table";
  /** Is told of each step that shows something wrong which none has shown before. */
  readonly onFound?: ((found: FoundAtRandom) => void) | undefined;
}

/** A step that shows something wrong, and the run that it ends, as it was drawn. */
export interface FoundAtRandom {
  readonly run: SystemSchedule;
  readonly transition: Transition<SysramState, SysramEvent>;
  readonly cost: Cost;
}

/** What a random search found, and what its runs were made of. */
export interface RandomExploration extends Exploration {
  /** The system that the schedules in this result are runs of: it knows the values that were drawn for them. */
  readonly system: SysramSystem;
  readonly statistics: DrawnStatistics;
}

/** Thrown out of fast-check's check when the search has to stop. */
class Stopped extends Error {
  readonly ending: Ending;

  constructor(ending: Ending) {
    super(ending);
    this.ending = ending;
  }
}

/** The simplest run that fast-check gets to from this one, and that still is what it has to be. */
const shrunk = (system: SysramSystem, run: Run, isStill: (run: Run) => boolean): Run => {
  const property = fc.property(arbitraryRun(system), (candidate) => !isStill(candidate));
  const { counterexample } = fc.check(property, { seed: 0, numRuns: 1, examples: [[run]] });
  return counterexample?.[0] ?? run;
};

/** A finding with the system that its counterexample is a run of. */
interface Located {
  readonly finding: Finding;
  readonly origin: SysramSystem;
}

/** A part of a finding, with the simplest run that shows it. */
interface Shrunk {
  readonly shown: Extract<Evidence, { readonly kind: "shown" }>;
  readonly run: Run;
}

/** The claims of a search, with each system as they see it: runs with drawn values have systems of their own. */
const judging = (claims: readonly MachineClaim[]) => {
  const contexts = new WeakMap<SysramSystem, MachineContext>();
  const contextOf = (system: SysramSystem): MachineContext => {
    let context = contexts.get(system);
    if (context === undefined) {
      context = machineContext(system, claims);
      contexts.set(system, context);
    }
    return context;
  };
  return { claims, contextOf };
};

type Judging = ReturnType<typeof judging>;

/** The simplest run that shows what a finding says, or the part of it that this run has to show. */
const shrink = (
  system: SysramSystem,
  { claims, contextOf }: Judging,
  { system: origin, schedule }: SystemSchedule,
  { property, object }: Finding,
  shows: { readonly site: string; readonly detail: string },
): Shrunk => {
  const claim = claims.find(({ id }) => id === property)!;
  const wanted = { object, ...shows, isAtEnd: false };
  const shownBy = (run: Run): Shrunk["shown"] | undefined => {
    const evidence = claim.evidence(run, wanted, contextOf(run.system));
    return evidence.kind === "shown" ? evidence : undefined;
  };
  const start = runAlong(origin, replay(origin, schedule));
  const simplest = shrunk(system, start, (run) => shownBy(run) !== undefined);
  const shown = shownBy(simplest)!;
  return { shown, run: firstSteps(simplest, shown.step) };
};

/** The finding with the simplest runs that show it, and the system that these are runs of. */
const shrinkFinding = (system: SysramSystem, judges: Judging, { finding, origin }: Located): Located => {
  const { counterexample, detail, site, besides = [] } = finding;
  const { shown, run } = shrink(system, judges, { system: origin, schedule: counterexample }, finding, {
    site,
    detail,
  });
  const others = besides.map((one) => ({
    one,
    shrunk: shrink(system, judges, { system: origin, schedule: one.run }, finding, {
      site: one.site,
      detail: one.what,
    }),
  }));
  const cost = neededBy(run.cost);
  const told: Finding = {
    ...finding,
    // Of what only several runs show, each shows a part.
    detail: besides.length === 0 ? shown.violation.detail : detail,
    needs: needsOf(cost),
    cost,
    counterexample: run.schedule,
  };
  const runs = [run, ...others.map(({ shrunk: { run } }) => run)].map(
    ({ system: own, schedule }): SystemSchedule => ({ system: own, schedule }),
  );
  if (others.length === 0) return { finding: told, origin: run.system };
  const knowsAll = withExtraInputs(system, allExtraInputs(runs.map(extraInputsIn)));
  const [first, ...rest] = runs.map((one) => rebased(one, knowsAll)) as [Schedule, ...Schedule[]];
  return {
    finding: { ...told, counterexample: first, besides: others.map(({ one }, at) => ({ ...one, run: rest[at]! })) },
    origin: knowsAll,
  };
};

const WAY: WayOfSearch = "runs";

/**
 * Draws runs and judges each of their steps.
 *
 * No property `holds` of a space that was only sampled. The same seed gives the same runs and the same findings.
 *
 * @throws CheckerBug when the system or a property does what it must not, with the run that shows it
 */
export const exploreAtRandom = async (
  system: SysramSystem,
  {
    claims,
    seed,
    runs,
    maxCommands,
    faults,
    bounds,
    first,
    values = "any",
    signal,
    onProgress,
    onFound,
  }: RandomOptions,
): Promise<RandomExploration> => {
  checkRequest(system.initial, { ...bounds, runs, maxCommands }, { faults, preemptions: "all" });
  const { maxStates = Number.POSITIVE_INFINITY, maxMillis, maxHeapBytes } = bounds;
  const statistics = new StatisticsCounter(system);
  const coverage = new Coverage();
  const met = new Set<string>();
  const judges = judging(claims);
  let current: Run | undefined;
  let length = 0;
  const firstOf = (steps: number): SystemSchedule => {
    const { system: own, schedule } = current!;
    return { system: own, schedule: { initial: schedule.initial, steps: schedule.steps.slice(0, steps) } };
  };
  const panel = new Panel<SysramState, SysramAction, SysramEvent, SystemSchedule>(
    claims,
    judges.contextOf(system),
    WAY,
    () => firstOf(length),
  );

  let transitions = 0;
  let depth = 0;
  let cut = 0;
  let fatal = 0;
  const pace = new Pace(
    { maxMillis, maxHeapBytes, signal },
    () => transitions,
    (elapsedMs, rate) => {
      onProgress?.({ states: met.size, transitions, frontier: 0, depth, elapsedMs, rate, findings: panel.size });
    },
  );

  const meet = (state: SysramState): void => {
    const key = system.key(state);
    if (met.size >= maxStates && !met.has(key)) throw new Stopped("state limit");
    met.add(key);
  };

  const asked = <T>(judge: () => T): T => {
    try {
      return judge();
    } catch (error) {
      throw blame(error, "property", panel.claim, firstOf(length).schedule);
    }
  };

  const judgeSteps = async (run: Run): Promise<void> => {
    meet(run.start);
    let cost: Cost = 0;
    for (const step of run.steps) {
      length += 1;
      transitions += 1;
      depth = Math.max(depth, length);
      cost += costOfAsked(step.asked);
      const known = panel.size;
      const future = asked(() => panel.step(step.transition, cost));
      if (panel.size > known) onFound?.({ run: firstOf(length), transition: step.transition, cost });
      if (future === "fatal") fatal += 1;
      else if (future === "repeats") cut += 1;
      if (future !== "goes on") {
        // What comes of a step that ends its run is nobody's matter.
        length -= 1;
        return;
      }
      meet(step.transition.after);
      if (pace.isDue()) {
        const ending = await pace.look();
        if (ending !== undefined) throw new Stopped(ending);
      }
    }
  };

  const judgeRun = async (run: Run, isKnown: boolean): Promise<void> => {
    current = run;
    length = 0;
    await judgeSteps(run);
    const { start, steps } = firstSteps(run, length);
    asked(() => panel.ended({ start, steps, context: judges.contextOf(run.system), isKnown, origin: firstOf }));
  };

  const arbitrary = arbitraryRun(system, {
    maxCommands,
    faults,
    values,
    onStep: (step) => {
      statistics.step(step);
      for (const { question, answers, answer } of step.offers) {
        coverage.tally(question, answers)[answers.indexOf(answer)]!.given += 1;
      }
    },
  });
  const examples = first.map((known): [Run] => [runAlong(system, replay(system, known))]);
  const known = new Set(examples.map(([run]) => run));
  const property = fc.asyncProperty(arbitrary, async (run) => {
    if (!known.has(run)) statistics.run(run);
    await judgeRun(run, known.has(run));
  });
  const numRuns = runs + examples.length;
  const { failed, errorInstance } = await fc.check(property, { seed, numRuns, examples, endOnFailure: true });
  if (failed && !(errorInstance instanceof Stopped)) throw errorInstance;

  const ending = errorInstance instanceof Stopped ? errorInstance.ending : "sampled";
  const reach: Reach = { ending, states: met.size, transitions, frontier: 0, cut };
  const origins = new Map<Schedule, SystemSchedule>();
  const noSpace = (): never => {
    throw new Error("checker bug: runs that are drawn have no states by numbers");
  };
  const concluded = panel.conclude({
    reach,
    scheduleOf: (origin) => {
      origins.set(origin.schedule, origin);
      return origin.schedule;
    },
    cost: noSpace,
    scheduleTo: noSpace,
  });
  const found = concluded.findings.map((finding) => shrinkFinding(system, judges, located(finding, origins)));
  for (const { finding, origin } of found) {
    for (const run of runsOf(finding)) origins.set(run, { system: origin, schedule: run });
  }
  const exploration: Exploration = {
    ...reach,
    depth,
    properties: concluded.properties,
    notJudged: panel.notJudged,
    findings: cheapestFirst(found.map(({ finding }) => finding)),
    fatal,
    questions: coverage.questions(),
    elapsedMs: pace.elapsedMs,
  };
  const extraInputs = runsIn(exploration).map((run) => extraInputsIn(origins.get(run)!));
  const wider = withExtraInputs(system, allExtraInputs(extraInputs));
  return {
    ...withRuns(exploration, (run) => rebased(origins.get(run)!, wider)),
    system: wider,
    statistics: statistics.report(maxCommands),
  };
};

/** A finding in runs of one system: where it has several, they may have met with different values. */
const located = (finding: Finding, origins: ReadonlyMap<Schedule, SystemSchedule>): Located => {
  const { counterexample, besides } = finding;
  const own = origins.get(counterexample)!;
  if (besides === undefined) return { finding, origin: own.system };
  const runs = runsOf(finding).map((run) => origins.get(run)!);
  const origin = withExtraInputs(own.system, allExtraInputs(runs.map(extraInputsIn)));
  return {
    finding: {
      ...finding,
      counterexample: rebased(own, origin),
      besides: besides.map((one) => ({ ...one, run: rebased(origins.get(one.run)!, origin) })),
    },
    origin,
  };
};
