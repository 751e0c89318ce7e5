import type { Command } from "commander";
import type { Given } from "../report/next.ts";
import { renderReport } from "../report/terminal.ts";
import { type ReviewOptions, review } from "../verify/review.ts";
import { EXIT } from "./exit.ts";
import { givenOptions } from "./given.ts";
import { interruptible } from "./interruptible.ts";
import { type ReportOptions, withOptions } from "./options.ts";
import { checkOutputs, writeJson, writeOutput } from "./output.ts";
import { namedSource, type SubjectOptions, subjectWords } from "./source.ts";
import { PROGRAM, print, terminalOf } from "./terminal.ts";

interface Options extends SubjectOptions, ReviewOptions, ReportOptions {
  readonly require?: "holds";
  readonly annotate?: string;
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
  withOptions(command, "corpus", "require", "json", "annotate", "quiet", "verbose", "noColor");
  command.action(async (patches: readonly string[], options: Options) => {
    process.exitCode = await reviewNamed(patches, options, givenOptions(command));
  });
};

const reviewNamed = async (patches: readonly string[], options: Options, given: Given): Promise<number> => {
  await checkOutputs([
    { file: options.json, what: "report" },
    { file: options.annotate, what: "listing" },
  ]);
  const source = await namedSource(patches, options);
  const { report, exploration, listing, damaged } = await interruptible(options, (followed) =>
    review(source, { ...options, ...followed, isAnnotated: options.annotate !== undefined }),
  );
  if (options.json !== "-") {
    await print(
      renderReport(report, {
        ...terminalOf(options),
        isVerbose: options.verbose === true,
        command: { program: PROGRAM, command: "review", given, inputs: subjectWords(patches, options) },
      }),
    );
  }
  // Last: where it cannot be written, what the search found has been told.
  await writeJson(report, options.json, "report");
  if (listing !== undefined) await writeOutput(listing, options.annotate!, "listing");
  if (exploration.ending === "interrupted") return EXIT.interrupted;
  if (report.verdict === "violated") return EXIT.violated;
  if (damaged.length > 0) return EXIT.usage;
  return options.require === "holds" && report.verdict !== "holds" ? EXIT.notAllHolds : EXIT.clean;
};
