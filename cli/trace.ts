import { readFile, writeFile } from "node:fs/promises";
import { type Command, InvalidArgumentError, Option } from "commander";
import { FORMAT_NAMES, type FormatName } from "../logs/event.ts";
import { tracedIn } from "../logs/formats/head.ts";
import { HELD, type HeldPolicy } from "../logs/held-machine.ts";
import { type Judgement, type JudgeOptions, judge } from "../logs/judge.ts";
import { LogError, openLog } from "../logs/source.ts";
import { DRIVER_NAMES, driverNames } from "../logs/spoken.ts";
import { POLICIES } from "../machines/policy.ts";
import { listed } from "../report/layout.ts";
import type { LogReport } from "../report/log-report.ts";
import { logText } from "../report/log-text.ts";
import { printableJson } from "../report/printable.ts";
import { VerifyError } from "../verify/error.ts";
import { EXIT } from "./exit.ts";
import { OPTIONS } from "./options.ts";
import { print, terminalOf } from "./terminal.ts";

/** What the user asks of a log. */
export interface TraceOptions {
  readonly format: FormatName | "auto";
  readonly policy: HeldPolicy;
  readonly machine?: string;
  readonly driver: string;
  readonly traced?: string;
  readonly untraced?: readonly string[];
  readonly devicesBefore?: number;
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
    .action(async (path: string, options: TraceOptions) => {
      process.exitCode = await traceLog(path, options, process.stdin);
    });
};

/**
 * @param input - what `-` stands for
 * @returns the exit code
 */
export const traceLog = async (path: string, options: TraceOptions, input: NodeJS.ReadableStream): Promise<number> => {
  const report = await reportOn(path, options, input);
  const { json, require } = options;
  if (json !== undefined) {
    const text = `${printableJson(report)}\n`;
    if (json === "-") await print(text);
    else await written(json, text);
  }
  if (json !== "-") await print(logText(report, terminalOf(options)));
  if (report.verdict === "refused") return EXIT.violated;
  return require === "accepted" && report.verdict !== "accepted" ? EXIT.notAllHolds : EXIT.clean;
};

/**
 * Reads a log, and says what it comes to.
 *
 * @throws VerifyError for what is no log
 */
export const reportOn = async (
  path: string,
  options: Omit<TraceOptions, "json" | "require" | "color">,
  input: NodeJS.ReadableStream,
): Promise<LogReport> => {
  const { format, policy, machine, devicesBefore, untraced = [] } = options;
  const traced = options.traced === undefined ? undefined : await namesIn(options.traced);
  const judging: JudgeOptions = {
    format: format === "auto" ? undefined : format,
    policy,
    machine,
    driver: driverNames(patternOf(options.driver)),
    knowledge: {
      ...(traced === undefined ? {} : { traced }),
      ...(devicesBefore === undefined ? {} : { devicesBefore }),
    },
    untraced,
  };
  try {
    const log = await openLog(path, input);
    try {
      return composed(log.name, policy, await judge(log, judging));
    } finally {
      await log.close();
    }
  } catch (error) {
    if (error instanceof LogError) throw new VerifyError("input", error.message, error.hint);
    throw error;
  }
};

const patternOf = (text: string): RegExp => {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new VerifyError(
      "usage",
      `--driver is no regular expression: ${(error as Error).message}`,
      `the default is ${DRIVER_NAMES}`,
    );
  }
};

const namesIn = async (file: string): Promise<readonly string[]> => {
  const hint = "name a file with a function on each line, such as a copy of set_ftrace_filter";
  try {
    const names = tracedIn(await readFile(file, "utf8"));
    if (names.length > 0) return names;
  } catch (error) {
    throw new VerifyError("not-found", `cannot read ${file}: ${(error as Error).message}`, hint);
  }
  throw new VerifyError("input", `${file} names no function`, hint);
};

const written = async (file: string, text: string): Promise<void> => {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new VerifyError(
      "output",
      `cannot write the report to ${file}: ${(error as Error).message}`,
      "name another file",
    );
  }
};

const composed = (name: string, policy: HeldPolicy, judgement: Judgement): LogReport => {
  const { verdict, format, machines, lines, sightings, refusal, doubt, holes, untraced, devices, unfollowed } =
    judgement;
  return {
    format: "sysram-verify/trace",
    version: 1,
    log: { name, format, lines, events: sightings },
    heldAgainst: { policy, machines },
    verdict,
    because: becauseOf(judgement),
    prefix:
      refusal === undefined
        ? { lines, lastEvent: lines }
        : { lines: refusal.line - 1, lastEvent: refusal.lastAccepted },
    refusal:
      refusal === undefined
        ? null
        : {
            line: refusal.line,
            text: refusal.text,
            task: refusal.task ?? null,
            events: refusal.events,
            because: refusal.because ?? null,
            device: refusal.device ?? null,
            machines: refusal.machines.map(({ machine, states, edges }) => ({
              machine,
              states,
              edges: edges.map(({ guard, ...edge }) => ({ ...edge, guard: guard ?? null })),
            })),
            accepted: refusal.accepted,
          },
    doubt: doubt ?? null,
    holes: {
      ...holes,
      events: holes.events ?? null,
      first: holes.first.map((hole) => ({ ...hole, events: hole.events ?? null })),
    },
    untraced,
    devices,
    unfollowed,
  };
};

const becauseOf = ({ verdict, refusal, doubt, machines }: Judgement): string => {
  if (verdict === "accepted")
    return `${machines.length === 1 ? "the machine accepts" : "the machines accept"} all of it`;
  if (refusal === undefined) return "no line of it shows the driver; --driver says what its functions are called";
  const what = refusal.events.length === 0 ? "the driver is done too early" : "what no machine accepts there";
  if (verdict === "refused") return `line ${refusal.line} is refused: ${what}`;
  return `line ${refusal.line} is refused, unless ${listed(doubtsOf(doubt))}`;
};

const doubtsOf = (doubt: Judgement["doubt"]): readonly string[] => [
  ...(doubt === undefined || doubt.untraced.length === 0
    ? []
    : [
        `functions were not traced that occur nowhere in the log (${listed(doubt.untraced)}; --traced FILE says what was)`,
      ]),
  ...(doubt?.before === true
    ? ["a device was there before the log began (--devices-before 0 says there was none)"]
    : []),
];
