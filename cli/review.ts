import type { Command } from "commander";
import { count } from "../report/layout.ts";
import type { Given } from "../report/next.ts";
import { VerifyError } from "../verify/error.ts";
import { type ReviewOptions, review } from "../verify/review.ts";
import { reviewShard, type ShardNumber } from "../verify/shard.ts";
import { EXIT } from "./exit.ts";
import { givenOptions } from "./given.ts";
import { interruptible } from "./interruptible.ts";
import { withOptions } from "./options.ts";
import { checkOutputs, writeJson } from "./output.ts";
import { namedSource, type SubjectOptions, subjectWords } from "./source.ts";
import { reviewTeller, type TellOptions } from "./tell-review.ts";
import { print } from "./terminal.ts";

interface Options extends SubjectOptions, ReviewOptions, TellOptions {
  readonly shard?: ShardNumber;
}

const EXAMPLE = `
Examples:
  sysram-verify review                          our own driver, which keeps every property
  sysram-verify review first-draft.mbox         the driver that a patch adds
  sysram-verify review 0001.patch 0002.patch    a series, applied in its order
  curl -s LINK/raw | sysram-verify review -     a mail from standard input
  sysram-verify review --tasks 2 first-draft.mbox
                                                two commands at a time, each interrupted anywhere
  sysram-verify review --engine random --seed 1 first-draft.mbox
                                                long runs, drawn at random, the same for the same seed
  sysram-verify review --shard 2/4 --json shard-2.json v4-24of27.mbox
                                                a share of the search, for sysram-verify merge
`;

/** Adds \`review\`: the C of a patch, searched for everything that can go wrong. */
export const addReview = (program: Command): void => {
  const command = program
    .command("review")
    .summary("review the C of a patch")
    .description("Runs the driver that a patch adds in a modelled kernel, through everything that can happen there.")
    .argument("[patch...]", "mail, mbox or diff; several are a series; - for standard input; none for our own driver")
    .addHelpText("after", EXAMPLE);
  withOptions(command, "engine", "seed", "runs", "maxCommands");
  withOptions(command, "source", "tree", "faults", "tasks", "preemptions", "interruptAt", "regions", "blocks");
  withOptions(command, "boundStates", "boundDepth", "boundTime", "boundMemory", "workers", "visited");
  withOptions(command, "checkpoint", "checkpointEvery", "resume", "policy");
  withOptions(command, "corpus", "require", "shard", "json", "annotate", "github", "quiet", "verbose", "noColor");
  command.action(async (patches: readonly string[], options: Options) => {
    const given = givenOptions(command);
    process.exitCode = await (options.shard === undefined
      ? reviewNamed(patches, options, given)
      : reviewShare(patches, { ...options, shard: options.shard }, given));
  });
};

const reviewNamed = async (patches: readonly string[], options: Options, given: Given): Promise<number> => {
  const tell = await reviewTeller(options);
  const source = await namedSource(patches, options);
  const reviewed = await interruptible(options, (followed) =>
    review(source, { ...options, ...followed, isAnnotated: options.annotate !== undefined }),
  );
  return tell(reviewed, { given, inputs: subjectWords(patches, options) });
};

/** Options that are about the share, and not about the search. */
const OF_SHARE: readonly string[] = ["--shard", "--json"];

/** Searches a share; its exit code says whether that was done, and that of `merge` what came of it. */
const reviewShare = async (
  patches: readonly string[],
  { corpus, annotate, github, json, require, ...options }: Options & { readonly shard: ShardNumber },
  given: Given,
): Promise<number> => {
  const ofMerge = Object.entries({
    "--corpus": corpus,
    "--annotate": annotate,
    "--github": github,
    "--require": require,
  });
  for (const [name, value] of ofMerge) {
    if (value === undefined) continue;
    const what = `${name} is about a whole search, and --shard searches a share`;
    throw new VerifyError("usage", what, name === "--corpus" ? "leave it out" : "give it to sysram-verify merge");
  }
  if (json === undefined) {
    throw new VerifyError("usage", "--shard needs a file to write what it found", "name it with --json FILE");
  }
  await checkOutputs([{ file: json, what: "shard" }]);
  const source = await namedSource(patches, options);
  const invocation = {
    given: [...given]
      .filter(([name]) => !OF_SHARE.includes(name))
      .map(([name, value]) => (value === undefined ? ([name] as const) : ([name, value] as const))),
    inputs: subjectWords(patches, options),
  };
  const { number, of } = options.shard;
  const { shard, states, findings, isInterrupted } = await interruptible(options, ({ onFinding: _, ...watching }) =>
    reviewShard(source, { number, of }, { ...options, ...watching, invocation }),
  );
  await writeJson(shard, json, "shard");
  if (json !== "-") {
    const found = `${count(states, "state")}, ${count(findings, "finding")} by itself`;
    await print(`shard ${number} of ${of}  ${found}: sysram-verify merge reports on all of them\n`);
  }
  return isInterrupted ? EXIT.interrupted : EXIT.clean;
};
