import { CheckerBug } from "../checker/errors.ts";
import type { Exploration, ExploreOptions } from "../checker/explore.ts";
import type { Finding } from "../checker/judge.ts";
import { differenceWords, endWords, overlapAtEndOf, type Unserializable } from "../checker/linearizability.ts";
import { cheapestFirst } from "../checker/merge-findings.ts";
import type { Schedule } from "../checker/schedule.ts";
import { type Reach, verdictOn } from "../checker/verdict.ts";
import { exploreOverlaps } from "../harness/explore-overlaps.ts";
import { operationsOf } from "../harness/operations.ts";
import type { SysramSystem } from "../harness/sysram-system.ts";
import { commandsAreLinearizable, propertiesOfSeveral } from "../properties/index.ts";
import type { ReportStep } from "../report/report.ts";

/** What is asked of a search for commands that overlap. */
type OverlapOptions = Pick<ExploreOptions<never, never, never>, "bounds" | "faults" | "signal" | "onProgress"> & {
  readonly preemptions: number | "all";
};

/**
 * Compares what commands come to that overlap with what they come to one after the other.
 *
 * @param whole - the same system, where tasks are interrupted anywhere: what does not show there is not told
 */
export const searchOverlaps = async (
  system: SysramSystem,
  whole: () => SysramSystem,
  options: OverlapOptions,
): Promise<Exploration> => {
  const found = await exploreOverlaps(system, {
    ...options,
    claim: commandsAreLinearizable,
    properties: propertiesOfSeveral,
    whole,
  });
  const shown = found.findings.filter(({ counterexample }) => overlappedIn(whole(), counterexample) !== undefined);
  return shown.length === found.findings.length ? found : withoutDoubtful(found, shown);
};

/**
 * What a search has found, and behind that what commands come to that overlap; of those nothing is known where the first search
 * was interrupted.
 */
export const withOverlaps = async (found: Exploration, search: () => Promise<Exploration>): Promise<Exploration> => {
  const { id } = commandsAreLinearizable;
  if (found.ending === "interrupted") {
    const nothing = verdictOn(id, { concerned: 0, violated: 0, witness: undefined }, found);
    return { ...found, properties: [...found.properties, nothing] };
  }
  const { properties, findings, ending, states, transitions, frontier, cut } = await search();
  const reach: Reach = { ending, states, transitions, frontier, cut };
  return {
    ...found,
    properties: [...found.properties, { ...properties[0]!, reach }],
    findings: cheapestFirst([...found.findings, ...findings]),
  };
};

const withoutDoubtful = (found: Exploration, shown: readonly Finding[]): Exploration => {
  const [verdict] = found.properties;
  const because = "some of what was found does not show where tasks are interrupted anywhere";
  const isViolated = shown.length > 0;
  return {
    ...found,
    findings: shown,
    properties: [isViolated ? verdict! : { ...verdict!, verdict: "inconclusive", violated: 0, because }],
  };
};

/** What is wrong where a run ends with two commands that have overlapped; undefined where it does not, or nothing is. */
export const overlappedIn = (system: SysramSystem, schedule: Schedule): Unserializable | undefined => {
  if ((system.configuration.tasks ?? 1) === 1) return undefined;
  const judged = overlapAtEndOf(operationsOf(system, propertiesOfSeveral), schedule);
  return judged?.kind === "unserializable" ? judged : undefined;
};

/**
 * The same of a run that a search has found.
 *
 * @throws CheckerBug where nothing is wrong
 */
export const confirmOverlap = (system: SysramSystem, { property, counterexample }: Finding): Unserializable => {
  const found = overlappedIn(system, counterexample);
  if (found !== undefined) return found;
  const what = `the counterexample of ${property} ends like a serial order when it is replayed`;
  throw new CheckerBug("finding-not-reproduced", what, { schedule: counterexample });
};

/** What the commands would have come to one after the other. */
export const serialNotes = ({ outcome, serial }: Unserializable): readonly ReportStep[] => {
  const note = (what: string): ReportStep => ({ task: "the environment", kind: "note", depth: 0, what });
  const results = serial.map(({ ends, left }) => {
    const difference = differenceWords(left, outcome.left);
    return `${endWords(ends)}, and ${difference === "" ? "the same is left" : difference}`;
  });
  return [...new Set(results)].map((words) => note(`one after the other: ${words}`));
};
