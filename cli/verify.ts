import { type Command, Option } from "commander";
import { MACHINES } from "../machines/index.ts";
import { POLICIES, type Policy } from "../machines/policy.ts";
import type { Given } from "../report/next.ts";
import type { Report } from "../report/report.ts";
import { renderReport } from "../report/terminal.ts";
import { type VerifyOptions, verify, verifyRule } from "../verify/verify.ts";
import { EXIT } from "./exit.ts";
import { givenOptions } from "./given.ts";
import { interruptible } from "./interruptible.ts";
import { OPTIONS, type ReportOptions, withOptions } from "./options.ts";
import { checkOutputs, writeJson } from "./output.ts";
import { PROGRAM, print, terminalOf } from "./terminal.ts";
import { compactReport, compactRule } from "./verify-text.ts";

interface Options extends VerifyOptions, ReportOptions {
  readonly policy: Policy | "all";
  readonly machine: string;
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
  withOptions(command, "engine", "seed", "runs", "maxCommands", "faultsOfOneTask", "regions");
  // One block shows all that the policies differ in, and takes a third of the time of two.
  command.addOption(OPTIONS.blocks().default(1));
  withOptions(command, "boundStates", "boundDepth", "boundTime", "boundMemory", "workers", "visited");
  withOptions(command, "corpus", "require", "json", "quiet", "verbose", "noColor");
  command.action(async (options: Options) => {
    process.exitCode = await verifyMachine(options, givenOptions(command));
  });
};

const verifyMachine = async (options: Options, given: Given): Promise<number> => {
  await checkOutputs([{ file: options.json, what: "report" }]);
  if (options.machine !== "sysram") return verifyRuleNamed(options);
  let shown = 0;
  const reviews = await interruptible(options, ({ clear, ...followed }) =>
    verify({
      ...{ ...options, ...followed },
      onReview: async ({ report }) => {
        clear();
        shown += 1;
        if (options.json !== "-") await print(textOf(report, options, given, shown > 1));
      },
    }),
  );
  const reports = reviews.map(({ report }) => report);
  await writeJson(options.policy === "all" ? asReports(reports) : reports[0], options.json, "report");
  if (reviews.some(({ exploration }) => exploration.ending === "interrupted")) return EXIT.interrupted;
  if (reports.some(({ verdict }) => verdict === "violated")) return EXIT.violated;
  if (reviews.some(({ damaged }) => damaged.length > 0)) return EXIT.usage;
  const isHolding = reports.every(({ verdict }) => verdict === "holds");
  return options.require === "holds" && !isHolding ? EXIT.notAllHolds : EXIT.clean;
};

/** Several reports as one value: report/reports.schema.json describes it. */
const asReports = (reports: readonly Report[]) => ({ format: "sysram-verify/reports", version: 1, reports });

/** One policy alone is shown in full; both are shown side by side, in short. */
const textOf = (report: Report, options: Options, given: Given, isLater: boolean): string => {
  const look = terminalOf(options);
  if (options.policy === "all" && options.verbose !== true) {
    return `${isLater ? "\n" : ""}${compactReport(report, look, PROGRAM)}`;
  }
  return renderReport(report, {
    ...look,
    isVerbose: options.verbose === true,
    command: { program: PROGRAM, command: "verify", given, inputs: [] },
  });
};

const verifyRuleNamed = async (options: Options): Promise<number> => {
  const rule = verifyRule(options.machine, options.policy);
  const { title } = MACHINES.find(({ name }) => name === rule.machine)!;
  if (options.json !== "-") {
    await print(compactRule({ ...rule, name: rule.machine, title }, terminalOf(options)));
  }
  await writeJson(rule, options.json, "report");
  return rule.outcomes.some(({ breach }) => breach !== undefined) ? EXIT.violated : EXIT.clean;
};
