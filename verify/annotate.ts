import type { Subject } from "../driver/patch/subject.ts";
import { coverageOfDriver } from "../harness/coverage.ts";
import type { SysramSystem } from "../harness/sysram-system.ts";
import { annotatedListing } from "../report/annotate.ts";

/** The files of a subject beside what a search has run of them so far; those without code are left out. */
export const listingOf = ({ files }: Subject, system: SysramSystem): string => {
  const { lines, ways, outcomes } = coverageOfDriver(system);
  return annotatedListing(
    files
      .map(({ path, lines: text }) => {
        const inFile = ({ file }: { readonly file: string }): boolean => file === path;
        return {
          path,
          text,
          lines: lines.filter(inFile),
          ways: ways.filter(inFile),
          outcomes: outcomes.filter(inFile),
        };
      })
      .filter((file) => file.lines.length > 0),
  );
};
