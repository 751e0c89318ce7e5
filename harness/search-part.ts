import type { OwnSearch } from "../checker/claims/claim.ts";
import type { Exploration } from "../checker/explore.ts";
import { findSchedule } from "../checker/find-schedule.ts";
import type { Finding } from "../checker/finding.ts";
import { cheapestFirst } from "../checker/merge-findings.ts";
import { findingWithRuns, partOf, pricedPart, type SearchedPart, withRuns } from "../checker/parts.ts";
import { labelsOf, replay, type Schedule } from "../checker/schedule.ts";
import { type PropertyVerdict, verdictOn } from "../checker/verdict.ts";
import type { SysramEvent } from "../models/observation.ts";
import type { MonitoredSystem } from "./blueprint.ts";
import { exploreReduced, type SystemSearch } from "./explore-reduced.ts";
import { firstFound } from "./first-found.ts";
import { type MachineClaim, machineContext } from "./offers.ts";
import { countsOf, type RunCounts, savableCounts } from "./run-counts.ts";
import type { SysramAction, SysramState } from "./state.ts";
import type { SysramSystem } from "./sysram-system.ts";

/** What came of one part of a search: data that another thread can be given. */
export interface PartResult extends SearchedPart {
  /** What its runs have covered. */
  readonly counts: RunCounts;
}

/** How to search a part. */
export interface PartSearch extends Omit<SystemSearch, "bounds" | "onFound"> {
  /** Is told of each thing that is wrong when the search first comes to it; the run is one of the whole system. */
  readonly onFinding?: ((finding: Finding) => void) | undefined;
  /** What bounds it but for time. */
  readonly bounds: Omit<SystemSearch["bounds"], "maxMillis">;
  /** How many milliseconds are left until the part has used up so much of its time; undefined where nobody bounds that. */
  readonly timeLeft: (share: number) => number | undefined;
}

/** How much of the time the search has; what is left of it all is for claims that have searches of their own. */
const SHARE_OF_SEARCH = 0.8;

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
  { timeLeft, onFinding, ...asked }: PartSearch,
): Promise<PartResult> => {
  const { system, monitors } = make({ isReduced: true });
  const part = partAt(system, initial);
  const { claims } = asked;
  const context = machineContext(part, claims);
  const more = claims.filter((claim) => claim.searchBehind(context) !== undefined);
  const bounds = { ...asked.bounds, maxMillis: timeLeft(more.length > 0 ? SHARE_OF_SEARCH : 1) };
  const inWhole = ({ steps }: Schedule): Schedule => ({ initial, steps });
  const first =
    onFinding &&
    firstFound(
      part,
      (made) => partAt(make(made).system, initial),
      claims,
      (finding) => onFinding(findingWithRuns(finding, inWhole)),
    );
  const found = await exploreReduced(part, {
    ...asked,
    bounds,
    onFound: first?.onFound,
    beside: [savableCounts(system, monitors)],
  });
  const counts = countsOf(system, monitors);
  // At once: what is learned later asks more questions, and these runs would have no answers to them.
  const whole = part.reduction === undefined ? () => part : wholeOf(make, initial);
  const shown = part.reduction === undefined ? found : ofWhole(whole(), part, found);
  first?.made(ofPartAlone(shown));
  const all = await searchedBehind(more, part, whole, shown, { timeLeft, ...asked });
  first?.made(ofPartAlone(all));
  const exploration = withRuns(all, inWhole);
  return { ...pricedPart(whole(), all), exploration, counts };
};

/** What is wrong whatever the other parts show: what is refused in one may be granted in another. */
const ofPartAlone = ({ findings, properties }: Exploration): readonly Finding[] => {
  const open = new Set(properties.flatMap(({ property, asked }) => (asked === undefined ? [] : [property])));
  return findings.filter(({ property }) => !open.has(property));
};

/** The system, in one of its initial configurations alone. */
const partAt = (system: SysramSystem, initial: number): SysramSystem => ({
  ...partOf(system, initial),
  initialConfigurations: [system.initialConfigurations[initial]!],
});

/** What a search has found, and what the searches say that some claims have of their own. */
const searchedBehind = async (
  more: readonly MachineClaim[],
  part: SysramSystem,
  whole: () => SysramSystem,
  found: Exploration,
  { claims, faults, preemptions = "all", bounds, timeLeft, signal, onProgress }: PartSearch,
): Promise<Exploration> => {
  let all = found;
  for (const [at, claim] of more.entries()) {
    const search = claim.searchBehind(machineContext(part, claims))!;
    // Nothing is known of them where the first search was interrupted.
    const nothing = verdictOn(claim.id, { concerned: 0, violated: 0, witness: undefined }, found);
    const told: OwnSearch<SysramState, SysramAction, SysramEvent> = {
      whole: () => machineContext(whole(), claims),
      refinement: part.reduction,
      ...{ faults, preemptions, signal },
      bounds: { ...bounds, maxMillis: timeLeft(SHARE_OF_SEARCH + ((1 - SHARE_OF_SEARCH) * (at + 1)) / more.length) },
      onProgress: () => onProgress?.({ ...found, rate: 0, findings: found.findings.length }),
    };
    const { verdict, findings } =
      found.ending === "interrupted" ? { verdict: nothing, findings: [] } : await search(told);
    all = {
      ...all,
      properties: inOrder(claims, [...all.properties, verdict]),
      notJudged: all.notJudged.filter((one) => one.claim !== claim.id),
      findings: cheapestFirst([...all.findings, ...findings]),
    };
  }
  return all;
};

const inOrder = (claims: readonly MachineClaim[], verdicts: readonly PropertyVerdict[]): readonly PropertyVerdict[] =>
  claims.flatMap(({ id }) => verdicts.filter(({ property }) => property === id));

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
