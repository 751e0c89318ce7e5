import type { Given } from "../report/next.ts";
import { renderReport } from "../report/terminal.ts";
import type { Review } from "../verify/review.ts";
import { EXIT } from "./exit.ts";
import { type GithubOptions, githubLog } from "./github.ts";
import type { ReportOptions } from "./options.ts";
import { checkOutputs, writeJson, writeOutput } from "./output.ts";
import { PROGRAM, print, terminalOf } from "./terminal.ts";

/** Where a review is told, and what is required of it. */
export interface TellOptions extends ReportOptions, GithubOptions {
  readonly require?: "holds";
  readonly annotate?: string;
}

/** The words of the command line that searches what was reviewed. */
interface Words {
  readonly given: Given;
  readonly inputs: readonly string[];
}

/**
 * Looks, before anything is searched, whether a review can be told as it is asked for.
 *
 * @returns tells of it on standard output, in the files and to GitHub Actions, and gives the exit code
 */
export const reviewTeller = async (
  options: TellOptions,
): Promise<(review: Review, words: Words) => Promise<number>> => {
  const { json, annotate, verbose } = options;
  await checkOutputs([
    { file: json, what: "report" },
    { file: annotate, what: "listing" },
  ]);
  const tellGithub = await githubLog(options);
  return async (review, words) => {
    const { report, listing } = review;
    const command = { program: PROGRAM, command: "review", ...words };
    if (json !== "-") {
      await print(renderReport(report, { ...terminalOf(options), isVerbose: verbose === true, command }));
    }
    // Last: where it cannot be written, what the search found has been told.
    await writeJson(report, json, "report");
    if (listing !== undefined) await writeOutput(listing, annotate!, "listing");
    await tellGithub(report);
    return exitCodeOf(review, options);
  };
};

/** What the process tells its caller of a review. */
const exitCodeOf = ({ report, exploration, damaged }: Review, { require }: TellOptions): number => {
  if (exploration.ending === "interrupted") return EXIT.interrupted;
  if (report.verdict === "violated") return EXIT.violated;
  if (damaged.length > 0) return EXIT.usage;
  return require === "holds" && report.verdict !== "holds" ? EXIT.notAllHolds : EXIT.clean;
};
