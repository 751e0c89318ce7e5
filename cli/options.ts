import { type Command, InvalidArgumentError, Option } from "commander";
import { VISITED } from "../checker/visited.ts";
import { MONITOR_POLICIES } from "../harness/monitor-policy.ts";
import type { ShardNumber } from "../verify/shard.ts";

/** Parses a whole number in a range. */
const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most) {
      throw new InvalidArgumentError(`give a whole number from ${least} to ${most}`);
    }
    return value;
  };

const numberOrAuto = (text: string): number | "auto" => {
  const value = Number(text);
  if (text === "auto") return "auto";
  if (/^\d+$/.test(text) && value >= 1 && value <= MOST_WORKERS) return value;
  throw new InvalidArgumentError(`give a whole number from 1 to ${MOST_WORKERS}, or auto`);
};

/** More threads than any machine has cores to run them. */
const MOST_WORKERS = 256;

const numberOrAll = (text: string): number | "all" => (text === "all" ? "all" : wholeNumber(0, 1000)(text));

const shardNumber = (text: string): ShardNumber => {
  const [, number, of] = /^([1-9]\d{0,3})\/([1-9]\d{0,3})$/.exec(text) ?? [];
  if (number !== undefined && Number(number) <= Number(of)) return { number: Number(number), of: Number(of) };
  throw new InvalidArgumentError("give which of how many, such as 2/4");
};

/** How the user wants to be told what came of a search. */
export interface ReportOptions {
  readonly json?: string;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly color?: boolean;
}

/** Options that several commands share, each made anew for a command of its own. */
export const OPTIONS = {
  source: () => new Option("--source <file>", "review a C file, with the headers beside it, instead of a patch"),
  tree: () => new Option("--tree <folder>", "review the driver in a kernel tree"),
  faults: () =>
    new Option(
      "--faults <n>",
      "the most faults in one run: a number, or all (default: all; with --tasks 2 or 3, 0)",
    ).argParser(numberOrAll),
  /** For a command that has no --tasks. */
  faultsOfOneTask: () =>
    new Option("--faults <n>", "the most faults in one run: a number, or all (default: all)").argParser(numberOrAll),
  regions: () => new Option("--regions <n>", "CXL regions").argParser(wholeNumber(1, 4)).default(1),
  blocks: () => new Option("--blocks <n>", "memory blocks in a region").argParser(wholeNumber(1, 8)).default(2),
  tasks: () =>
    new Option(
      "--tasks <n>",
      "commands that may be under way at one time; more than one is searched for 150 s unless bounded",
    )
      .argParser(wholeNumber(1, 3))
      .default(1),
  preemptions: () =>
    new Option(
      "--preemptions <n>",
      "with --tasks: how often one run may interrupt a task that could go on: a number, or all (default: 2)",
    ).argParser(numberOrAll),
  interruptAt: () =>
    new Option(
      "--interrupt-at <points>",
      "with --tasks: interrupt a task only at its calls of the kernel, or before each load and store of its own C too (default: calls)",
    ).choices(["calls", "accesses"]),
  engine: () =>
    new Option("--engine <engine>", "search everything, or draw runs at random")
      .choices(["exhaustive", "random"])
      .default("exhaustive"),
  seed: () =>
    new Option(
      "--seed <n>",
      "with --engine random: the same seed draws the same runs (default: a fresh one)",
    ).argParser(wholeNumber(0, 2 ** 31 - 1)),
  runs: () =>
    new Option("--runs <n>", "with --engine random: how many runs to draw (default: 1000)").argParser(
      wholeNumber(1, 1e9),
    ),
  maxCommands: () =>
    new Option("--max-commands <n>", "with --engine random: the most commands in one run (default: 200)").argParser(
      wholeNumber(1, 1e5),
    ),
  corpus: () =>
    new Option("--corpus <folder>", "save each counterexample there, and take the saved ones first the next time"),
  boundStates: () => new Option("--bound-states <n>", "stop after so many states").argParser(wholeNumber(1, 1e9)),
  boundDepth: () => new Option("--bound-depth <n>", "follow no run for more steps").argParser(wholeNumber(1, 1e6)),
  boundTime: () => new Option("--bound-time <seconds>", "stop after so many seconds").argParser(wholeNumber(1, 1e7)),
  boundMemory: () => new Option("--bound-memory <MiB>", "stop at so much memory").argParser(wholeNumber(64, 1e6)),
  visited: () =>
    new Option(
      "--visited <form>",
      "know a state again by all of it, or by a hash of 64 bits; with hashes the report says the odds that one was missed",
    )
      .choices(VISITED)
      .default("exact"),
  checkpoint: () =>
    new Option(
      "--checkpoint <folder>",
      "keep the search there while it runs, and where Ctrl-C or a bound on time or memory ends it",
    ),
  checkpointEvery: () =>
    new Option("--checkpoint-every <seconds>", "with --checkpoint: how often to keep it (default: 30)").argParser(
      wholeNumber(1, 86_400),
    ),
  resume: () => new Option("--resume", "with --checkpoint: go on with the search that is kept there"),
  workers: () =>
    new Option(
      "--workers <n>",
      "search in so many threads, with the same result: a number, or auto (default: one for each core, as far as memory allows)",
    ).argParser(numberOrAuto),
  policy: () =>
    new Option(
      "--policy <name>",
      "the life cycle that monitors the driver (default: any; for our own driver, intended)",
    ).choices(MONITOR_POLICIES),
  require: () => new Option("--require <verdict>", "exit 3 unless every property has this verdict").choices(["holds"]),
  annotate: () =>
    new Option(
      "--annotate <file>",
      "write the driver with how often each line was run, and what each call was answered",
    ),
  shard: () =>
    new Option(
      "--shard <i/n>",
      "search only the i-th of n shares, and write it with --json for sysram-verify merge",
    ).argParser(shardNumber),
  github: () => new Option("--github", "annotate the findings in GitHub Actions, and write the summary of the step"),
  json: () => new Option("--json <file>", "write the report as JSON; - for standard output"),
  quiet: () => new Option("-q, --quiet", "no progress"),
  verbose: () => new Option("-v, --verbose", "every call of every run"),
  noColor: () => new Option("--no-color", "no colour, whatever the terminal can do"),
} as const;

/** Adds options of `OPTIONS` to a command, in this order. */
export const withOptions = (command: Command, ...names: readonly (keyof typeof OPTIONS)[]): Command => {
  for (const name of names) command.addOption(OPTIONS[name]());
  return command;
};
