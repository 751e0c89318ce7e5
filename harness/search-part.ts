import type { Exploration } from "../checker/explore.ts";
import { findSchedule } from "../checker/find-schedule.ts";
import { partOf, pricedPart, type SearchedPart, withRuns } from "../checker/parts.ts";
import { labelsOf, replay, type Schedule } from "../checker/schedule.ts";
import type { Crewed } from "./blueprint.ts";
import { exploreReduced, type SystemSearch } from "./explore-reduced.ts";
import { countsOf, type RunCounts, savableCounts } from "./run-counts.ts";
import type { SysramSystem } from "./sysram-system.ts";

/** What came of one part of a search: data that another thread can be given. */
export interface PartResult extends SearchedPart {
  /** What its runs have covered. */
  readonly counts: RunCounts;
}

/** Makes systems that are all the same and share nothing. */
export type MakeSystem = (options: { readonly isReduced: boolean }) => Crewed;

/**
 * Searches what a system can come to from one of its situations, and nothing else.
 *
 * No command changes a situation, so two of them have no state in common. Each part has a system of its own: what one part
 * has learned must not decide what another one meets, or the result would depend on who came first.
 *
 * @returns schedules are runs of the whole system in which tasks are interrupted anywhere
 */
export const searchPart = async (make: MakeSystem, initial: number, options: SystemSearch): Promise<PartResult> => {
  const { system, riders } = make({ isReduced: true });
  const part = { ...partOf(system, initial), situations: [system.situations[initial]!] };
  const found = await exploreReduced(part, { ...options, beside: [savableCounts(system, riders)] });
  const counts = countsOf(system, riders);
  return { ...pricedPart(part, found), exploration: ofWhole(make, part, initial, found), counts };
};

/** What a part came to, in runs of the whole. */
const ofWhole = (make: MakeSystem, part: SysramSystem, initial: number, found: Exploration): Exploration => {
  if (part.reduction === undefined) return withRuns(found, ({ steps }) => ({ initial, steps }));
  // Answers go by their places, and a system that asks before every act has others. Questions go by the number of the act.
  const { system } = make({ isReduced: false });
  return withRuns(found, (run): Schedule => {
    const again = findSchedule(system, { ...labelsOf(part, replay(part, run)), initial });
    if (again.kind === "lost")
      throw new Error(`a run of a part is none of the whole at step ${again.step}: ${again.reason}`);
    return again.schedule;
  });
};
