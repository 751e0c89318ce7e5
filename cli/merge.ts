import type { Command } from "commander";
import { renderReport } from "../report/terminal.ts";
import { type MergeOptions, merge } from "../verify/merge.ts";
import { type GithubOptions, githubLog } from "./github.ts";
import { type ReportOptions, withOptions } from "./options.ts";
import { checkOutputs, telling, writeJson, writeOutput } from "./output.ts";
import { exitCodeOfReview } from "./review.ts";
import { PROGRAM, print, terminalOf } from "./terminal.ts";

interface Options extends ReportOptions, MergeOptions, GithubOptions {
  readonly require?: "holds";
  readonly annotate?: string;
}

const EXAMPLE = `
Examples:
  sysram-verify review --shard 1/2 --json shard-1.json v4-24of27.mbox
  sysram-verify review --shard 2/2 --json shard-2.json v4-24of27.mbox
  sysram-verify merge shard-1.json shard-2.json
`;

/** Adds \`merge\`: the shards of a search, reported on as one. */
export const addMerge = (program: Command): void => {
  const command = program
    .command("merge")
    .summary("report on the shards of a search as one")
    .description(
      "Gives the report, the text and the exit code of one search from the files of all its shards, which several machines may have written. They hold the driver too.",
    )
    .argument("<shard...>", "the files that review --shard wrote, all of them, in any order")
    .addHelpText("after", EXAMPLE);
  withOptions(command, "require", "json", "annotate", "github", "quiet", "verbose", "noColor");
  command.action(async (files: readonly string[], options: Options) => {
    process.exitCode = await mergeNamed(files, options);
  });
};

const mergeNamed = async (files: readonly string[], options: Options): Promise<number> => {
  await checkOutputs([
    { file: options.json, what: "report" },
    { file: options.annotate, what: "listing" },
  ]);
  const tellGithub = await githubLog(options);
  const merged = await merge(files, {
    isAnnotated: options.annotate !== undefined,
    onStage: telling(options.quiet === true),
  });
  const { report, listing, invocation = { given: [], inputs: [] } } = merged;
  if (options.json !== "-") {
    const given = new Map(invocation.given.map(([name, value]) => [name, value]));
    if (options.json !== undefined) given.set("--json", options.json);
    await print(
      renderReport(report, {
        ...terminalOf(options),
        isVerbose: options.verbose === true,
        command: { program: PROGRAM, command: "review", given, inputs: invocation.inputs },
      }),
    );
  }
  await writeJson(report, options.json, "report");
  if (listing !== undefined) await writeOutput(listing, options.annotate!, "listing");
  await tellGithub(report);
  return exitCodeOfReview(merged, options);
};
