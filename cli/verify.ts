import { writeFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import { machineSubject } from "../harness/machine-driver/subject.ts";
import { edgeCoverage, lifeAlone } from "../harness/riders.ts";
import { sysramSystem } from "../harness/sysram-system.ts";
import { MACHINES, RULES, tableOf } from "../machines/index.ts";
import { edgesOf, nodesOf } from "../machines/listing.ts";
import { POLICIES, type Policy } from "../machines/policy.ts";
import { keptBy } from "../machines/rule-check.ts";
import { printableJson } from "../report/printable.ts";
import { progressReporter } from "../report/progress.ts";
import type { Report } from "../report/report.ts";
import { renderReport } from "../report/terminal.ts";
import { composeReport } from "./compose-report.ts";
import { checkEngine, type EngineOptions, search } from "./engine.ts";
import { CommandError, EXIT } from "./exit.ts";
import { asSubject } from "./machine-subject.ts";
import { OPTIONS } from "./options.ts";
import { PROGRAM, print, terminalOf } from "./terminal.ts";
import { compactReport, compactRule } from "./verify-text.ts";

interface VerifyOptions extends EngineOptions {
  readonly policy: Policy | "all";
  readonly machine: string;
  readonly regions: number;
  readonly blocks: number;
  readonly require?: "holds";
  readonly json?: string;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly color?: boolean;
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
  const { engine, seed, runs, maxCommands, faults, regions, boundStates, boundDepth, boundTime, boundMemory } = OPTIONS;
  const { require, json, quiet, verbose, noColor } = OPTIONS;
  for (const option of [engine, seed, runs, maxCommands, faults, regions]) command.addOption(option());
  // One block shows all that the policies differ in, and takes a third of the time of two.
  command.addOption(OPTIONS.blocks().default(1));
  for (const option of [boundStates, boundDepth, boundTime, boundMemory]) command.addOption(option());
  for (const option of [require, json, quiet, verbose, noColor]) command.addOption(option());
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
  for (const policy of policies) {
    const { report, ending } = await verifyPolicy(policy, options);
    reports.push(report);
    if (options.json !== "-") await print(textOf(report, options, reports.length > 1));
    if (ending === "interrupted") {
      isInterrupted = true;
      break;
    }
  }
  await writeJson(reports.length === 1 ? reports[0]! : reports, options.json);
  if (isInterrupted) return EXIT.interrupted;
  if (reports.some(({ verdict }) => verdict === "violated")) return EXIT.violated;
  const isHolding = reports.every(({ verdict }) => verdict === "holds");
  return options.require === "holds" && !isHolding ? EXIT.notAllHolds : EXIT.clean;
};

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

const verifyPolicy = async (policy: Policy, options: VerifyOptions) => {
  const machine = machineSubject(policy);
  const configuration = { regions: options.regions, blocks: options.blocks };
  const riders = lifeAlone(policy);
  const system = sysramSystem(machine.driver(), configuration, { riders });
  const interrupt = new AbortController();
  const onInterrupt = (): void => interrupt.abort();
  process.once("SIGINT", onInterrupt);
  const progress = progressReporter(process.stderr, { isQuiet: options.quiet === true });
  const { exploration, statistics, ...searched } = await search(system, options, {
    first: [],
    signal: interrupt.signal,
    onProgress: progress.update,
  });
  progress.clear();
  process.off("SIGINT", onInterrupt);
  const { table, taken } = riders.lives[0]!;
  const report = composeReport({
    subject: asSubject(machine),
    system,
    configuration,
    exploration,
    statistics,
    machine: edgeCoverage(table, taken),
    options: { ...searched.options, policy, regions: options.regions, blocks: options.blocks },
  });
  return { report, ending: exploration.ending };
};

/** A rule is held against the life cycles as far as it speaks of their calls; one that does not is only described. */
const verifyRule = async (options: VerifyOptions, policies: readonly Policy[]): Promise<number> => {
  const rule = MACHINES.find(({ name }) => name === options.machine)!;
  const table = tableOf(rule);
  const speaks = RULES.includes(rule);
  const outcomes = speaks ? policies.map((policy) => ({ policy, ...keptBy(policy, table) })) : [];
  const size = { states: nodesOf(table).length, transitions: edgesOf(table).length };
  if (options.json === undefined || options.json !== "-") {
    await print(compactRule({ name: rule.name, title: rule.title, ...size, outcomes }, terminalOf(options)));
  }
  await writeJson({ machine: rule.name, ...size, outcomes }, options.json);
  return outcomes.some(({ breach }) => breach !== undefined) ? EXIT.violated : EXIT.clean;
};

const writeJson = async (content: unknown, file: string | undefined): Promise<void> => {
  if (file === undefined) return;
  const text = `${printableJson(content)}\n`;
  if (file === "-") return print(text);
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new CommandError(`cannot write the report to ${file}: ${(error as Error).message}`, "name another file");
  }
};
