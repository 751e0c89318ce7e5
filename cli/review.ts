import type { Command } from "commander";
import type { Given } from "../report/next.ts";
import { progressReporter } from "../report/progress.ts";
import { renderReport } from "../report/terminal.ts";
import { type ReviewOptions, review } from "../verify/review.ts";
import { EXIT } from "./exit.ts";
import { givenOptions } from "./given.ts";
import { interruptible } from "./interruptible.ts";
import { OPTIONS, type ReportOptions } from "./options.ts";
import { checkOutputs, telling, warn, writeJson, writeOutput } from "./output.ts";
import { namedSource, type SubjectOptions, subjectWords } from "./source.ts";
import { PROGRAM, print, terminalOf } from "./terminal.ts";

interface Options extends SubjectOptions, ReviewOptions, ReportOptions {
  readonly require?: "holds";
  readonly annotate?: string;
}

const EXAMPLE = `
Examples:
  sysram-verify review                          our own driver, which keeps every property
  sysram-verify review v4-24of27.mbox           the driver that a patch adds
  sysram-verify review 0001.patch 0002.patch    a series, applied in its order
  curl -s LINK/raw | sysram-verify review -     a mail from standard input
  sysram-verify review --tasks 2 v4-24of27.mbox two commands at a time, each interrupted anywhere
  sysram-verify review --engine random --seed 1 v4-24of27.mbox
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
  const { source, tree, faults, tasks, preemptions, interruptAt, regions, blocks } = OPTIONS;
  const { boundStates, boundDepth, boundTime, boundMemory, workers, visited } = OPTIONS;
  const { checkpoint, checkpointEvery, resume } = OPTIONS;
  const { engine, seed, runs, maxCommands, corpus, require, json, annotate, quiet, verbose, noColor } = OPTIONS;
  for (const option of [engine, seed, runs, maxCommands]) command.addOption(option());
  for (const option of [source, tree, faults, tasks, preemptions, interruptAt, regions, blocks])
    command.addOption(option());
  for (const option of [boundStates, boundDepth, boundTime, boundMemory, workers, visited]) command.addOption(option());
  for (const option of [checkpoint, checkpointEvery, resume]) command.addOption(option());
  command.addOption(OPTIONS.policy());
  for (const option of [corpus, require, json, annotate, quiet, verbose, noColor]) command.addOption(option());
  command.action(async (patches: readonly string[], options: Options) => {
    process.exitCode = await reviewNamed(patches, options, givenOptions(command));
  });
};

const reviewNamed = async (patches: readonly string[], options: Options, given: Given): Promise<number> => {
  const isQuiet = options.quiet === true;
  await checkOutputs([
    { file: options.json, what: "report" },
    { file: options.annotate, what: "listing" },
  ]);
  const source = await namedSource(patches, options);
  const progress = progressReporter(process.stderr, { isQuiet });
  const { report, exploration, listing, damaged } = await interruptible((signal) =>
    review(source, {
      ...{ ...options, isAnnotated: options.annotate !== undefined, signal },
      ...{ onProgress: progress.update, onFinding: progress.found, onStage: telling(isQuiet), onWarning: warn },
    }),
  ).finally(progress.clear);
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
