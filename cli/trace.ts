import { type Command, InvalidArgumentError, Option } from "commander";
import { FORMAT_NAMES } from "../logs/event.ts";
import { HELD } from "../logs/held-machine.ts";
import { DRIVER_NAMES } from "../logs/spoken.ts";
import { POLICIES } from "../machines/policy.ts";
import { logText } from "../report/log-text.ts";
import { type TraceOptions, trace } from "../verify/trace.ts";
import { EXIT } from "./exit.ts";
import { OPTIONS } from "./options.ts";
import { checkOutputs, writeJson } from "./output.ts";
import { print, terminalOf } from "./terminal.ts";

/** What the user asks of a log. */
interface Options extends TraceOptions {
  readonly json?: string;
  readonly require?: "accepted";
  readonly color?: boolean;
}

const EXAMPLE = `
Examples:
  sysram-verify trace trace.txt.gz                 a log of ftrace; its format is recognised
  trace-cmd report | sysram-verify trace -         what trace-cmd recorded
  sysram-verify trace --policy any trace.txt       held against what the posted driver does, too
  sysram-verify trace --machine memory-group log   held against one rule alone

Exit code 0: accepted, or inconclusive; 1: refused; 2: no log; 3: inconclusive, with --require accepted.
docs/trace.md says how to record a log that shows what is needed.
`;

/** Adds \`trace\`: the log of a real run against the machines. */
export const addTrace = (program: Command): void => {
  program
    .command("trace")
    .summary("hold the log of a real run against the machines")
    .description("Says whether the machines accept what a log of ftrace, trace-cmd or dmesg shows of a driver.")
    .argument("<log>", "the log, also with gzip; - for standard input")
    .addHelpText("after", EXAMPLE)
    .addOption(new Option("--format <format>", "its format").choices(["auto", ...FORMAT_NAMES]).default("auto"))
    .addOption(new Option("--policy <policy>", "whose life cycle").choices([...POLICIES, "any"]).default("intended"))
    .addOption(new Option("--machine <name>", "only this machine (default: all)").choices(HELD.map(({ name }) => name)))
    .addOption(
      new Option("--driver <pattern>", "a regular expression that the names of the driver's functions match").default(
        DRIVER_NAMES,
      ),
    )
    .addOption(
      new Option("--traced <file>", "the functions that the tracer was set to, as set_ftrace_filter lists them"),
    )
    .addOption(
      new Option("--untraced <names>", "functions that were not traced, with commas between them").argParser(
        (text): readonly string[] => text.split(",").map((name) => name.trim()),
      ),
    )
    .addOption(
      new Option("--devices-before <n>", "how many devices of the driver there were when the log began").argParser(
        (text): number => {
          if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError("give a whole number");
          return Number(text);
        },
      ),
    )
    .addOption(OPTIONS.json())
    .addOption(new Option("--require <verdict>", "exit 3 unless it is accepted").choices(["accepted"]))
    .addOption(OPTIONS.noColor())
    .action(async (path: string, options: Options) => {
      process.exitCode = await traceLog(path, options);
    });
};

const traceLog = async (path: string, options: Options): Promise<number> => {
  const { json, require } = options;
  await checkOutputs([{ file: json, what: "report" }]);
  const report = await trace(path === "-" ? process.stdin : path, options);
  await writeJson(report, json, "report");
  if (json !== "-") await print(logText(report, terminalOf(options)));
  if (report.verdict === "refused") return EXIT.violated;
  return require === "accepted" && report.verdict !== "accepted" ? EXIT.notAllHolds : EXIT.clean;
};
