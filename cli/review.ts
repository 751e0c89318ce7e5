import { writeFile } from "node:fs/promises";
import type { Command } from "commander";
import { explore } from "../checker/explore.ts";
import { loadDriver } from "../driver/run/driver.ts";
import type { SysramAction, SysramState } from "../harness/state.ts";
import { sysramSystem } from "../harness/sysram-system.ts";
import type { SysramEvent } from "../models/observation.ts";
import { properties } from "../properties/index.ts";
import { progressReporter } from "../report/progress.ts";
import type { Report } from "../report/report.ts";
import { renderReport } from "../report/terminal.ts";
import { composeReport } from "./compose-report.ts";
import { CommandError, EXIT } from "./exit.ts";
import { OPTIONS } from "./options.ts";
import { build, readSubject, type SubjectOptions, subjectWords } from "./subject.ts";
import { PROGRAM, print, terminalOf } from "./terminal.ts";

interface ReviewOptions extends SubjectOptions {
  readonly faults: number | "all";
  readonly regions: number;
  readonly blocks: number;
  readonly boundStates?: number;
  readonly boundDepth?: number;
  readonly boundTime?: number;
  readonly boundMemory?: number;
  readonly require?: "holds";
  readonly json?: string;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly color?: boolean;
}

const EXAMPLE = `
Examples:
  sysram-verify review                          our own driver, which keeps every property
  sysram-verify review v4-24of27.mbox           the driver that a patch adds
  sysram-verify review 0001.patch 0002.patch    a series, applied in its order
  curl -s LINK/raw | sysram-verify review -     a mail from standard input
`;

/** Adds \`review\`: the C of a patch, searched for everything that can go wrong. */
export const addReview = (program: Command): void => {
  const command = program
    .command("review")
    .summary("review the C of a patch")
    .description("Runs the driver that a patch adds in a modelled kernel, through everything that can happen there.")
    .argument("[patch...]", "mail, mbox or diff; several are a series; - for standard input; none for our own driver")
    .addHelpText("after", EXAMPLE);
  const { source, tree, faults, regions, blocks, boundStates, boundDepth, boundTime, boundMemory } = OPTIONS;
  const { require, json, quiet, verbose, noColor } = OPTIONS;
  for (const option of [source, tree, faults, regions, blocks, boundStates, boundDepth, boundTime, boundMemory]) {
    command.addOption(option());
  }
  for (const option of [require, json, quiet, verbose, noColor]) command.addOption(option());
  command.action(async (patches: readonly string[], options: ReviewOptions) => {
    process.exitCode = await review(patches, options);
  });
};

const review = async (patches: readonly string[], options: ReviewOptions): Promise<number> => {
  const isQuiet = options.quiet === true;
  const subject = await readSubject(patches, options);
  const image = await build(subject, isQuiet);
  const configuration = { regions: options.regions, blocks: options.blocks };
  const system = sysramSystem(loadDriver(image), configuration);

  const interrupt = new AbortController();
  const onInterrupt = (): void => interrupt.abort();
  process.once("SIGINT", onInterrupt);
  const progress = progressReporter(process.stderr, { isQuiet });
  const exploration = await explore<SysramState, SysramAction, SysramEvent>(system, {
    properties,
    faults: options.faults,
    bounds: {
      maxStates: options.boundStates,
      maxDepth: options.boundDepth,
      maxMillis: options.boundTime === undefined ? undefined : options.boundTime * 1000,
      maxHeapBytes: options.boundMemory === undefined ? undefined : options.boundMemory * 2 ** 20,
    },
    signal: interrupt.signal,
    onProgress: progress.update,
  });
  progress.clear();
  process.off("SIGINT", onInterrupt);

  const report = composeReport({
    subject,
    system,
    configuration,
    exploration,
    options: {
      engine: "exhaustive",
      tasks: 1,
      faults: options.faults,
      regions: options.regions,
      blocks: options.blocks,
      boundStates: options.boundStates ?? null,
      boundDepth: options.boundDepth ?? null,
      boundTime: options.boundTime ?? null,
      boundMemory: options.boundMemory ?? null,
    },
  });
  await writeJson(report, options.json);
  if (options.json !== "-") {
    await print(
      renderReport(report, {
        ...terminalOf(options),
        isVerbose: options.verbose === true,
        command: { program: PROGRAM, inputs: subjectWords(patches, options) },
      }),
    );
  }
  if (exploration.ending === "interrupted") return EXIT.interrupted;
  if (report.verdict === "violated") return EXIT.violated;
  return options.require === "holds" && report.verdict !== "holds" ? EXIT.notAllHolds : EXIT.clean;
};

const writeJson = async (report: Report, file: string | undefined): Promise<void> => {
  if (file === undefined) return;
  const text = `${JSON.stringify(report, null, 2)}\n`;
  if (file === "-") return print(text);
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new CommandError(`cannot write the report to ${file}: ${(error as Error).message}`, "name another file");
  }
};
