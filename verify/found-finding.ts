import { CheckerBug } from "../checker/errors.ts";
import type { Exploration } from "../checker/explore.ts";
import type { Finding } from "../checker/finding.ts";
import { findingKey } from "../harness/first-found.ts";
import type { SysramSystem } from "../harness/sysram-system.ts";
import type { Report, Finding as ReportedFinding } from "../report/report.ts";
import { describeFinding, type Reviewed } from "./compose-report.ts";

/** A finding while its search goes on: as the report has it, but for the id, which tells all findings of a report apart. */
export type FoundFinding = Omit<ReportedFinding, "id">;

/** Puts findings into words as they are made, and tells of each once. */
export interface FindingTeller {
  /** @param system - that its run is one of; the plain one where it is left out */
  tell(finding: Finding, system?: SysramSystem): void;
  /** Tells of what a search has come to in the end and nobody was told of yet. */
  rest(exploration: Exploration, report: Report): void;
}

/** @param fresh - makes the system anew: describing runs the driver, and leaves no trace in what the search counts */
export const findingTeller = (
  { subject, configuration }: Pick<Reviewed, "subject" | "configuration">,
  fresh: () => SysramSystem,
  onFinding: (finding: FoundFinding) => void,
): FindingTeller => {
  const told = new Set<string>();
  let plain: SysramSystem | undefined;
  return {
    tell: (finding, system) => {
      const key = findingKey(finding);
      if (told.has(key)) return;
      plain ??= fresh();
      const described = unlessUnconfirmed(() =>
        describeFinding({ subject, configuration, system: system ?? plain! }, finding),
      );
      if (described === undefined) return;
      told.add(key);
      onFinding(described);
    },
    rest: ({ findings }, report) => {
      for (const [at, finding] of findings.entries()) {
        const { id: _, ...described } = report.findings[at]!;
        if (!told.has(findingKey(finding))) onFinding(described);
      }
    },
  };
};

/** What does not show when it is taken again is no finding to tell of; where it is a bug of ours, the report says so. */
const unlessUnconfirmed = <T>(describe: () => T): T | undefined => {
  try {
    return describe();
  } catch (error) {
    if (error instanceof CheckerBug) return undefined;
    throw error;
  }
};
