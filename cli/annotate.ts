import { writeFile } from "node:fs/promises";
import type { Subject } from "../driver/patch/subject.ts";
import { coverageOfDriver } from "../harness/coverage.ts";
import type { SysramSystem } from "../harness/sysram-system.ts";
import { annotatedListing } from "../report/annotate.ts";
import { CommandError } from "./exit.ts";
import { print } from "./terminal.ts";

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

/** Writes a listing; - is standard output. */
export const writeListing = async (listing: string, file: string): Promise<void> => {
  if (file === "-") return print(listing);
  try {
    await writeFile(file, listing);
  } catch (error) {
    throw new CommandError(`cannot write the listing to ${file}: ${(error as Error).message}`, "name another file");
  }
};
