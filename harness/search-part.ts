import type { Exploration } from "../checker/explore.ts";
import { findSchedule } from "../checker/find-schedule.ts";
import type { Finding } from "../checker/judge.ts";
import { findingWithRuns, partOf, pricedPart, type SearchedPart, withRuns } from "../checker/parts.ts";
import { labelsOf, replay, type Schedule } from "../checker/schedule.ts";
import type { MonitoredSystem } from "./blueprint.ts";
import { exploreReduced, type SystemSearch } from "./explore-reduced.ts";
import { firstFound } from "./first-found.ts";
import { countsOf, type RunCounts, savableCounts } from "./run-counts.ts";
import type { SysramSystem } from "./sysram-system.ts";

/** What came of one part of a search: data that another thread can be given. */
export interface PartResult extends SearchedPart {
  /** What its runs have covered. */
  readonly counts: RunCounts;
}

/** How to search a part. */
export interface PartSearch extends Omit<SystemSearch, "onFound"> {
  /** Is told of each thing that is wrong when the search first comes to it; the run is one of the whole system. */
  readonly onFinding?: ((finding: Finding) => void) | undefined;
  /** Searches the part again in another way, with what was learned of it; gives what was found in both. */
  readonly behind?:
    | ((part: SysramSystem, whole: () => SysramSystem, found: Exploration) => Promise<Exploration>)
    | undefined;
}

/** Makes systems that are all the same and share nothing. */
export type MakeSystem = (options: { readonly isReduced: boolean }) => MonitoredSystem;

/**
 * Searches what a system can come to from one of its initial configurations, and nothing else.
 *
 * No command changes an initial configuration, so two of them have no state in common. Each part has a system of its
 * own: what one part has learned must not decide what another one meets, or the result would depend on who came first.
 *
 * @returns schedules are runs of the whole system in which tasks are interrupted anywhere
 */
export const searchPart = async (
  make: MakeSystem,
  initial: number,
  { behind, onFinding, ...options }: PartSearch,
): Promise<PartResult> => {
  const { system, monitors } = make({ isReduced: true });
  const part = partAt(system, initial);
  const inWhole = ({ steps }: Schedule): Schedule => ({ initial, steps });
  const first =
    onFinding &&
    firstFound(
      part,
      (made) => partAt(make(made).system, initial),
      options.properties,
      (finding) => onFinding(findingWithRuns(finding, inWhole)),
    );
  const found = await exploreReduced(part, {
    ...options,
    onFound: first?.onFound,
    beside: [savableCounts(system, monitors)],
  });
  const counts = countsOf(system, monitors);
  // At once: what is learned later asks more questions, and these runs would have no answers to them.
  const whole = part.reduction === undefined ? () => part : wholeOf(make, initial);
  const shown = part.reduction === undefined ? found : ofWhole(whole(), part, found);
  first?.made(shown.findings);
  const all = behind === undefined ? shown : await behind(part, whole, shown);
  first?.made(all.findings);
  const exploration = withRuns(all, inWhole);
  return { ...pricedPart(whole(), all), exploration, counts };
};

/** The system, in one of its initial configurations alone. */
const partAt = (system: SysramSystem, initial: number): SysramSystem => ({
  ...partOf(system, initial),
  initialConfigurations: [system.initialConfigurations[initial]!],
});

/** The same part, where tasks are interrupted anywhere; made when it is asked for. */
const wholeOf = (make: MakeSystem, initial: number): (() => SysramSystem) => {
  let made: SysramSystem | undefined;
  return () => {
    if (made === undefined) {
      const { system } = make({ isReduced: false });
      made = partAt(system, initial);
    }
    return made;
  };
};

/** What a part came to, in runs of the whole. */
const ofWhole = (whole: SysramSystem, part: SysramSystem, found: Exploration): Exploration =>
  // Answers go by their places, and a system that asks before every transition has others. Questions go by the number
  // of the transition.
  withRuns(found, (run): Schedule => {
    const again = findSchedule(whole, labelsOf(part, replay(part, run)));
    if (again.kind === "lost")
      throw new Error(`a run of a part is none of the whole at step ${again.step}: ${again.reason}`);
    return again.schedule;
  });
