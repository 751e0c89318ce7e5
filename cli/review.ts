import type { Command } from "commander";
import { type Blueprint, systemFrom } from "../harness/blueprint.ts";
import type { Configuration } from "../harness/configuration.ts";
import { type Company, edgeCoverage, mostTaken } from "../harness/riders.ts";
import { progressReporter } from "../report/progress.ts";
import { renderReport } from "../report/terminal.ts";
import { listingOf } from "../verify/annotate.ts";
import { companyOf } from "../verify/company.ts";
import { composeReport } from "../verify/compose-report.ts";
import { recallCorpus, saveCorpus } from "../verify/corpus.ts";
import { checkEngine, type EngineOptions, search } from "../verify/engine.ts";
import { sourceOf } from "../verify/search-parts.ts";
import { build, readSubject, type SubjectOptions, subjectWords } from "../verify/subject.ts";
import { EXIT } from "./exit.ts";
import { interruptible } from "./interruptible.ts";
import { OPTIONS, type ReportOptions, type SizeOptions } from "./options.ts";
import { telling, warn, writeJson, writeOutput } from "./output.ts";
import { PROGRAM, print, terminalOf } from "./terminal.ts";

interface ReviewOptions extends SubjectOptions, EngineOptions, SizeOptions, ReportOptions {
  readonly tasks: number;
  readonly corpus?: string;
  readonly policy?: Company;
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
  command.action(async (patches: readonly string[], options: ReviewOptions) => {
    process.exitCode = await review(patches, options);
  });
};

const review = async (patches: readonly string[], options: ReviewOptions): Promise<number> => {
  checkEngine(options);
  const isQuiet = options.quiet === true;
  const subject = await readSubject(patches, options);
  const { regions, blocks, tasks, interruptAt = "calls" } = options;
  const configuration: Configuration = { regions, blocks, tasks, interruptAt };
  const image = await build(subject, telling(isQuiet), configuration);
  const company = options.policy ?? companyOf(subject);
  const blueprint: Blueprint = { driver: { kind: "image", image, company }, configuration };
  const whole = systemFrom(blueprint, { isReduced: false });
  const { system, riders } = whole;

  const identity = {
    subject: subject.sha256,
    image: image.sha256,
    options: { regions, blocks, policy: company },
  };
  const known = await recallCorpus(options.corpus, system, subject.sha256, warn);

  const progress = progressReporter(process.stderr, { isQuiet });
  const searched = await interruptible((signal) =>
    search(sourceOf(blueprint), options, { whole, identity, known, signal, onProgress: progress.update }),
  );
  progress.clear();
  const { exploration, statistics, system: searchedSystem } = searched;

  // First what the search itself has run: describing findings runs the driver again.
  const listing = options.annotate === undefined ? undefined : listingOf(subject, searchedSystem);
  const watched = mostTaken(riders);
  const report = composeReport({
    subject: { ...subject, notes: [...subject.notes, ...known.notes] },
    system: searchedSystem,
    configuration,
    exploration,
    statistics,
    machine: watched === undefined ? undefined : edgeCoverage(watched.table, watched.taken),
    options: { ...searched.options, policy: company, regions: options.regions, blocks: options.blocks },
  });
  await saveCorpus(options.corpus, searchedSystem, exploration.findings, subject.sha256, configuration);
  if (options.json !== "-") {
    await print(
      renderReport(report, {
        ...terminalOf(options),
        isVerbose: options.verbose === true,
        command: { program: PROGRAM, inputs: subjectWords(patches, options) },
      }),
    );
  }
  // Last: where it cannot be written, what the search found has been told.
  await writeJson(report, options.json, "report");
  if (listing !== undefined) await writeOutput(listing, options.annotate!, "listing");
  if (exploration.ending === "interrupted") return EXIT.interrupted;
  if (report.verdict === "violated") return EXIT.violated;
  if (known.hasDamage) return EXIT.usage;
  return options.require === "holds" && report.verdict !== "holds" ? EXIT.notAllHolds : EXIT.clean;
};
