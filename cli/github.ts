import { randomUUID } from "node:crypto";
import { appendFile } from "node:fs/promises";
import { githubAnnotations, githubSummary } from "../report/github.ts";
import type { Report } from "../report/report.ts";
import { VerifyError } from "../verify/error.ts";
import { print } from "./terminal.ts";

/** What a command that reports tells GitHub Actions. */
export interface GithubOptions {
  readonly github?: boolean;
  readonly json?: string;
}

/**
 * From here on nothing that is printed is taken for a command of a workflow: a patch decides on some of it.
 *
 * @returns tells of a report, in such commands and in the summary of the step; nothing is told where nobody asked for it
 */
export const githubLog = async ({ github, json }: GithubOptions): Promise<(report: Report) => Promise<void>> => {
  if (github !== true) return async () => {};
  if (json === "-") {
    throw new VerifyError("usage", "--github and --json - both write to standard output", "name a file with --json");
  }
  const token = randomUUID();
  await print(`::stop-commands::${token}\n`);
  return async (report) => {
    await print(`::${token}::\n${githubAnnotations(report)}`);
    const summary = process.env["GITHUB_STEP_SUMMARY"];
    if (summary === undefined || summary === "") return;
    try {
      await appendFile(summary, githubSummary(report));
    } catch (error) {
      const what = `cannot write the summary to ${summary}: ${(error as Error).message}`;
      throw new VerifyError("output", what, "name another file in GITHUB_STEP_SUMMARY");
    }
  };
};
