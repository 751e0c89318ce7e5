import { costOfSteps } from "../checker/cost.ts";
import type { ObservedTransition } from "../checker/explore.ts";
import { findSchedule } from "../checker/find-schedule.ts";
import { type Finding, findingOf } from "../checker/finding.ts";
import { labelsOf, replay, type Schedule } from "../checker/schedule.ts";
import { unlessMisfit } from "../checker/schedule-misfit.ts";
import type { SysramEvent } from "../models/observation.ts";
import type { MachineClaim } from "./offers.ts";
import type { SysramAction, SysramState } from "./state.ts";
import type { SysramSystem } from "./sysram-system.ts";

/** Tells of each finding of one search once: as soon as it is made, with the run that showed it first. */
export interface FirstFound {
  /** What to give to the search of a part. */
  onFound(observed: ObservedTransition<SysramState, SysramAction, SysramEvent>): void;
  /** Findings that are made in another way than by a transition; those that were told of are passed over. */
  made(findings: readonly Finding[]): void;
}

/** What names a finding among those of one search. */
export const findingKey = ({ property, object, site }: Pick<Finding, "property" | "object" | "site">): string =>
  JSON.stringify([property, object, site]);

/**
 * Tells of what is found in a part.
 *
 * A search that leaves out what it takes for unimportant may meet what is none of the system's until it has learned better. So each run
 * is taken again where tasks are interrupted anywhere, in systems of their own that leave no trace in what the search counts,
 * and told of only where it shows the same there.
 *
 * @param part - what is searched
 * @param fresh - makes the same part anew; where it is reduced, nothing is learned of it yet
 * @param tell - is given runs of the part in which tasks are interrupted anywhere
 */
export const firstFound = (
  part: SysramSystem,
  fresh: (options: { readonly isReduced: boolean }) => SysramSystem,
  rules: readonly MachineClaim[],
  tell: (finding: Finding) => void,
): FirstFound => {
  const told = new Set<string>();
  let whole: SysramSystem | undefined;
  let same: SysramSystem | undefined;

  const inWhole = (run: Schedule): Schedule | undefined => {
    whole ??= fresh({ isReduced: false });
    if (part.reduction === undefined) return run;
    same ??= fresh({ isReduced: true });
    same.reduction!.restore(part.reduction.save());
    const again = findSchedule(whole, labelsOf(same, replay(same, run)));
    return again.kind === "found" ? again.schedule : undefined;
  };

  /** The finding as its run shows it again; undefined where it does not. */
  const confirmed = (run: Schedule, rule: MachineClaim, object: string, site: string): Finding | undefined => {
    const counterexample = inWhole(run);
    if (counterexample === undefined) return undefined;
    const { steps } = replay(whole!, counterexample);
    const violations = rule.violations(steps.at(-1)!.transition);
    const violation = violations.find((candidate) => candidate.object === object && candidate.site === site);
    if (violation === undefined) return undefined;
    return findingOf(rule.id, violation, costOfSteps(steps), 1, counterexample);
  };

  return {
    onFound: ({ transition, schedule }) => {
      for (const rule of rules) {
        for (const { object, site } of rule.violations(transition)) {
          const key = findingKey({ property: rule.id, object, site });
          if (told.has(key)) continue;
          const finding = unlessMisfit(() => confirmed(schedule(), rule, object, site));
          if (finding === undefined) continue;
          told.add(key);
          tell(finding);
        }
      }
    },
    made: (findings) => {
      for (const finding of findings) {
        if (told.has(findingKey(finding))) continue;
        told.add(findingKey(finding));
        tell(finding);
      }
    },
  };
};
