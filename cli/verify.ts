import { type Command, Option } from "commander";
import { type Blueprint, systemFrom } from "../harness/blueprint.ts";
import { machineSubject } from "../harness/machine-driver/subject.ts";
import { edgeCoverage } from "../harness/riders.ts";
import { MACHINES, RULES, tableOf } from "../machines/index.ts";
import { edgesOf, nodesOf } from "../machines/listing.ts";
import { POLICIES, type Policy } from "../machines/policy.ts";
import { keptBy } from "../machines/rule-check.ts";
import { progressReporter } from "../report/progress.ts";
import type { Report } from "../report/report.ts";
import { renderReport } from "../report/terminal.ts";
import { composeReport } from "../verify/compose-report.ts";
import { recallCorpus, saveCorpus } from "../verify/corpus.ts";
import { checkEngine, type EngineOptions, search } from "../verify/engine.ts";
import { asSubject } from "../verify/machine-subject.ts";
import { sourceOf } from "../verify/search-parts.ts";
import { EXIT } from "./exit.ts";
import { interruptible } from "./interruptible.ts";
import { OPTIONS, type ReportOptions, type SizeOptions } from "./options.ts";
import { warn, writeJson } from "./output.ts";
import { PROGRAM, print, terminalOf } from "./terminal.ts";
import { compactReport, compactRule } from "./verify-text.ts";

interface VerifyOptions extends EngineOptions, SizeOptions, ReportOptions {
  readonly policy: Policy | "all";
  readonly machine: string;
  readonly corpus?: string;
  readonly require?: "holds";
}

const EXAMPLE = `
Examples:
  sysram-verify verify                          the life cycle as posted, and as intended
  sysram-verify verify --policy intended        the one that keeps every property: exits 0
  sysram-verify verify --machine memory-group   one rule, held against both
`;

/** Adds \`verify\`: the life-cycle machines, verified on the spot, without a patch and without a compiler. */
export const addVerify = (program: Command): void => {
  const command = program
    .command("verify")
    .summary("verify the life-cycle machines")
    .description(
      "Runs the life-cycle machine as a driver in the modelled kernel, through everything that can happen there.",
    )
    .addHelpText("after", EXAMPLE)
    .addOption(
      new Option("--policy <name>", "which life cycle: as posted, as intended, or both")
        .choices([...POLICIES, "all"])
        .default("all"),
    )
    .addOption(
      new Option("--machine <name>", "the machine to verify")
        .choices(MACHINES.map(({ name }) => name))
        .default("sysram"),
    );
  const { engine, seed, runs, maxCommands, faults, regions } = OPTIONS;
  const { boundStates, boundDepth, boundTime, boundMemory, workers, visited } = OPTIONS;
  const { corpus, require, json, quiet, verbose, noColor } = OPTIONS;
  for (const option of [engine, seed, runs, maxCommands, faults, regions]) command.addOption(option());
  // One block shows all that the policies differ in, and takes a third of the time of two.
  command.addOption(OPTIONS.blocks().default(1));
  for (const option of [boundStates, boundDepth, boundTime, boundMemory, workers, visited]) command.addOption(option());
  for (const option of [corpus, require, json, quiet, verbose, noColor]) command.addOption(option());
  command.action(async (options: VerifyOptions) => {
    process.exitCode = await verify(options);
  });
};

const verify = async (options: VerifyOptions): Promise<number> => {
  checkEngine(options);
  const policies = options.policy === "all" ? POLICIES : [options.policy];
  if (options.machine !== "sysram") return verifyRule(options, policies);
  const reports: Report[] = [];
  let isInterrupted = false;
  let hasDamage = false;
  for (const policy of policies) {
    // A damaged file belongs to no policy: one warning is enough.
    const { report, ending, ...known } = await verifyPolicy(policy, options, reports.length === 0);
    hasDamage ||= known.hasDamage;
    reports.push(report);
    if (options.json !== "-") await print(textOf(report, options, reports.length > 1));
    if (ending === "interrupted") {
      isInterrupted = true;
      break;
    }
  }
  await writeJson(options.policy === "all" ? asReports(reports) : reports[0], options.json, "report");
  if (isInterrupted) return EXIT.interrupted;
  if (reports.some(({ verdict }) => verdict === "violated")) return EXIT.violated;
  if (hasDamage) return EXIT.usage;
  const isHolding = reports.every(({ verdict }) => verdict === "holds");
  return options.require === "holds" && !isHolding ? EXIT.notAllHolds : EXIT.clean;
};

/** Several reports as one value: report/reports.schema.json describes it. */
const asReports = (reports: readonly Report[]) => ({ format: "sysram-verify/reports", version: 1, reports });

/** One policy alone is shown in full; both are shown side by side, in short. */
const textOf = (report: Report, options: VerifyOptions, isLater: boolean): string => {
  const look = terminalOf(options);
  if (options.policy === "all" && options.verbose !== true) {
    return `${isLater ? "\n" : ""}${compactReport(report, look, PROGRAM)}`;
  }
  return renderReport(report, {
    ...look,
    isVerbose: options.verbose === true,
    command: { program: PROGRAM, inputs: [] },
  });
};

const verifyPolicy = async (policy: Policy, options: VerifyOptions, warns: boolean) => {
  const machine = machineSubject(policy);
  const configuration = { regions: options.regions, blocks: options.blocks };
  const blueprint: Blueprint = { driver: { kind: "machine", policy }, configuration };
  const whole = systemFrom(blueprint);
  const { system, riders } = whole;
  const known = await recallCorpus(options.corpus, system, machine.sha256, warns ? warn : undefined);
  const progress = progressReporter(process.stderr, { isQuiet: options.quiet === true });
  const { exploration, statistics, ...searched } = await interruptible((signal) =>
    search(sourceOf(blueprint), options, { whole, known, signal, onProgress: progress.update }),
  );
  progress.clear();
  const { table, taken } = riders.lives[0]!;
  const subject = asSubject(machine);
  const report = composeReport({
    subject: { ...subject, notes: [...subject.notes, ...known.notes] },
    system: searched.system,
    configuration,
    exploration,
    statistics,
    machine: edgeCoverage(table, taken),
    options: { ...searched.options, policy, regions: options.regions, blocks: options.blocks },
  });
  await saveCorpus(options.corpus, searched.system, exploration.findings, machine.sha256, configuration);
  return { report, ending: exploration.ending, hasDamage: known.hasDamage };
};

/** A rule is held against the life cycles as far as it speaks of their calls; one that does not is only described. */
const verifyRule = async (options: VerifyOptions, policies: readonly Policy[]): Promise<number> => {
  const rule = MACHINES.find(({ name }) => name === options.machine)!;
  const table = tableOf(rule);
  const speaks = RULES.includes(rule);
  const outcomes = speaks ? policies.map((policy) => ({ policy, ...keptBy(policy, table) })) : [];
  const size = { states: nodesOf(table).length, transitions: edgesOf(table).length };
  if (options.json !== "-") {
    await print(compactRule({ name: rule.name, title: rule.title, ...size, outcomes }, terminalOf(options)));
  }
  const verified = { format: "sysram-verify/rule", version: 1, machine: rule.name, ...size, outcomes };
  await writeJson(verified, options.json, "report");
  return outcomes.some(({ breach }) => breach !== undefined) ? EXIT.violated : EXIT.clean;
};
