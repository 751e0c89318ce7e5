/**
 * Random search with fast-check: draws runs, judges every step of them, and shrinks whatever is wrong.
 *
 * One check of fast-check draws all runs. Its property always passes: a run that breaks a claim does not end the search,
 * because behind the first finding there are others. Each finding keeps the most believable run that was drawn, and a second check of
 * fast-check, which has this run as its example, shrinks it.
 */
import fc from "fast-check";
import type { Cost } from "../../checker/cost.ts";
import { costOfAsked, neededBy } from "../../checker/cost.ts";
import { Coverage } from "../../checker/coverage.ts";
import { blame } from "../../checker/errors.ts";
import { checkRequest, type Exploration, type ExploreOptions } from "../../checker/explore.ts";
import { type Finding, Judge, needsOf } from "../../checker/judge.ts";
import { Pace } from "../../checker/pace.ts";
import type { Property, Transition, Violation } from "../../checker/property.ts";
import { replay, type Schedule } from "../../checker/schedule.ts";
import { type Ending, type Reach, verdictOn } from "../../checker/verdict.ts";
import type { SysramEvent } from "../../models/observation.ts";
import { withExtraInputs } from "../extra-inputs/extra-inputs.ts";
import { allExtraInputs, extraInputsIn, rebased, type SystemSchedule } from "../extra-inputs/rebase.ts";
import type { SysramAction, SysramState } from "../state.ts";
import type { SysramSystem } from "../sysram-system.ts";
import { arbitraryRun } from "./arbitrary-run.ts";
import { firstSteps, type Run, runAlong } from "./run.ts";
import { type Statistics, StatisticsCounter } from "./statistics.ts";

/** What to look for at random, and for how long. */
export interface RandomOptions
  extends Omit<ExploreOptions<SysramState, SysramAction, SysramEvent>, "bounds" | "onTransition" | "onFound"> {
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
  readonly statistics: Statistics;
}

type SysramClaim = Property<SysramState, SysramEvent>;

/** Thrown out of fast-check's check when the search has to stop. */
class Stopped extends Error {
  readonly ending: Ending;

  constructor(ending: Ending) {
    super(ending);
    this.ending = ending;
  }
}

/** What has gone wrong where a step shows a finding again; undefined where none does. */
const firstShown = (
  property: SysramClaim,
  { steps }: Run,
  { object, site }: Pick<Finding, "object" | "site">,
): { readonly at: number; readonly violation: Violation } | undefined => {
  for (const [at, { transition }] of steps.entries()) {
    const violations = property.violations(transition);
    const violation = violations.find((candidate) => candidate.object === object && candidate.site === site);
    if (violation !== undefined) return { at, violation };
  }
  return undefined;
};

/** The simplest run that fast-check gets to from this one, and that still is what it has to be. */
const shrunk = (system: SysramSystem, run: Run, isStill: (run: Run) => boolean): Run => {
  const property = fc.property(arbitraryRun(system), (candidate) => !isStill(candidate));
  const { counterexample } = fc.check(property, { seed: 0, numRuns: 1, examples: [[run]] });
  return counterexample?.[0] ?? run;
};

/** The finding with the simplest run that shows it, which is a run of the system given with it. */
const shrinkFinding = (system: SysramSystem, property: SysramClaim, { finding, origin }: Located): Located => {
  const start = runAlong(origin, replay(origin, finding.counterexample));
  const simplest = shrunk(system, start, (run) => firstShown(property, run, finding) !== undefined);
  const { at, violation } = firstShown(property, simplest, finding)!;
  const { schedule, cost: packed } = firstSteps(simplest, at + 1);
  const cost = neededBy(packed);
  return {
    finding: { ...finding, detail: violation.detail, needs: needsOf(cost), cost, counterexample: schedule },
    origin: simplest.system,
  };
};

/** A finding with the system that its counterexample is a run of. */
interface Located {
  readonly finding: Finding;
  readonly origin: SysramSystem;
}

const costOf = ({ cost: { smallAllocationFaults, ordinaryFaults, steps } }: Finding): readonly number[] => [
  smallAllocationFaults,
  ordinaryFaults,
  steps,
];

const byCost = (one: Finding, other: Finding): number => {
  const [ours, theirs] = [costOf(one), costOf(other)];
  return ours.map((part, at) => part - theirs[at]!).find((difference) => difference !== 0) ?? 0;
};

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
    properties,
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
  let current: Run | undefined;
  let length = 0;
  const schedule = (): Schedule => ({
    initial: current!.schedule.initial,
    steps: current!.schedule.steps.slice(0, length),
  });
  const judge = new Judge<SysramState, SysramEvent, SystemSchedule>(properties, () => ({
    system: current!.system,
    schedule: schedule(),
  }));

  let transitions = 0;
  let depth = 0;
  let cut = 0;
  let fatal = 0;
  const pace = new Pace(
    { maxMillis, maxHeapBytes, signal },
    () => transitions,
    (elapsedMs, rate) => {
      onProgress?.({ states: met.size, transitions, frontier: 0, depth, elapsedMs, rate, findings: judge.size });
    },
  );

  const meet = (state: SysramState): void => {
    const key = system.key(state);
    if (met.size >= maxStates && !met.has(key)) throw new Stopped("state limit");
    met.add(key);
  };

  const judgeRun = async (run: Run): Promise<void> => {
    current = run;
    length = 0;
    meet(run.start);
    let cost: Cost = 0;
    for (const step of run.steps) {
      length += 1;
      transitions += 1;
      depth = Math.max(depth, length);
      cost += costOfAsked(step.asked);
      let future: ReturnType<typeof judge.judge>;
      const known = judge.size;
      try {
        future = judge.judge(step.transition, cost);
      } catch (error) {
        throw blame(error, "property", judge.property, schedule());
      }
      if (judge.size > known) {
        const { transition } = step;
        onFound?.({ run: { system: run.system, schedule: schedule() }, transition, cost });
      }
      if (future === "fatal") fatal += 1;
      else if (future === "repeats") cut += 1;
      if (future !== "goes on") return;
      meet(step.transition.after);
      if (pace.isDue()) {
        const ending = await pace.look();
        if (ending !== undefined) throw new Stopped(ending);
      }
    }
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
    await judgeRun(run);
  });
  const numRuns = runs + examples.length;
  const { failed, errorInstance } = await fc.check(property, { seed, numRuns, examples, endOnFailure: true });
  if (failed && !(errorInstance instanceof Stopped)) throw errorInstance;

  const ending = errorInstance instanceof Stopped ? errorInstance.ending : "sampled";
  const reach: Reach = { ending, states: met.size, transitions, frontier: 0, cut };
  const origins = new Map<Schedule, SystemSchedule>();
  const scheduleOf = (origin: SystemSchedule): Schedule => {
    origins.set(origin.schedule, origin);
    return origin.schedule;
  };
  const found = judge
    .findings(scheduleOf)
    .map((finding) => ({ finding, origin: origins.get(finding.counterexample)!.system }))
    .map((located) => shrinkFinding(system, properties.find(({ id }) => id === located.finding.property)!, located));
  const counts = judge.counts(scheduleOf);
  const witnesses = counts.flatMap(({ witness }) => (witness === undefined ? [] : [origins.get(witness)!]));
  const shown = found.map(({ finding, origin }) => ({ system: origin, schedule: finding.counterexample }));
  const wider = withExtraInputs(system, allExtraInputs([...shown, ...witnesses].map(extraInputsIn)));
  const findings = found.map(({ finding, origin }) => ({
    ...finding,
    counterexample: rebased({ system: origin, schedule: finding.counterexample }, wider),
  }));
  const rebasedCounts = counts.map((count) =>
    count.witness === undefined ? count : { ...count, witness: rebased(origins.get(count.witness)!, wider) },
  );
  return {
    system: wider,
    ...reach,
    depth,
    properties: properties.map(({ id }, at) => verdictOn(id, rebasedCounts[at]!, reach)),
    findings: findings.toSorted(byCost),
    fatal,
    questions: coverage.questions(),
    statistics: statistics.report(maxCommands),
    elapsedMs: pace.elapsedMs,
  };
};
