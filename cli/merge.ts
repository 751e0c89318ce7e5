import type { Command } from "commander";
import { type MergeOptions, merge } from "../verify/merge.ts";
import { withOptions } from "./options.ts";
import { telling } from "./output.ts";
import { reviewTeller, type TellOptions } from "./tell-review.ts";

interface Options extends MergeOptions, TellOptions {}

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
  const { annotate, json, quiet } = options;
  const tell = await reviewTeller(options);
  const merged = await merge(files, { isAnnotated: annotate !== undefined, onStage: telling(quiet === true) });
  const { given: asked, inputs } = merged.invocation ?? { given: [], inputs: [] };
  const given = new Map(asked.map(([name, value]) => [name, value]));
  if (json !== undefined) given.set("--json", json);
  return tell(merged, { given, inputs });
};
