import { readFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import type { MonitorPolicy } from "../harness/monitor-policy.ts";
import { FORMAT_NAMES, type FormatName } from "../logs/event.ts";
import { notJudgedLines } from "../report/not-judged-text.ts";
import { printable } from "../report/printable.ts";
import { renderTrace } from "../report/trace-text.ts";
import { VerifyError } from "../verify/error.ts";
import { replay } from "../verify/replay.ts";
import { EXIT } from "./exit.ts";
import { OPTIONS } from "./options.ts";
import { telling } from "./output.ts";
import { namedSource, type SubjectOptions } from "./source.ts";
import { print, terminalOf } from "./terminal.ts";

interface ReplayOptions extends SubjectOptions {
  readonly log?: FormatName;
  readonly policy?: MonitorPolicy;
  readonly quiet?: boolean;
  readonly color?: boolean;
}

const EXAMPLE = `
Examples:
  sysram-verify replay sv2-... first-draft.mbox
  sysram-verify replay sv2-... first-draft.mbox --log function_graph | sysram-verify trace -
`;

/** Adds \`replay\`: one run again, step by step. */
export const addReplay = (program: Command): void => {
  program
    .command("replay")
    .summary("take one run again, step by step")
    .description("Takes the run of a token again and shows every call of it.")
    .argument("<token>", "the token beneath a finding, or a file that holds it")
    .argument("[patch...]", "the patch that the finding is of; none for our own driver")
    .addOption(OPTIONS.source())
    .addOption(OPTIONS.tree())
    .addOption(OPTIONS.policy())
    .addOption(
      new Option("--log <format>", "write the run as the log that a tracer would write, and nothing else").choices(
        FORMAT_NAMES,
      ),
    )
    .addOption(OPTIONS.quiet())
    .addOption(OPTIONS.noColor())
    .addHelpText("after", EXAMPLE)
    .action(async (token: string, patches: readonly string[], options: ReplayOptions) => {
      process.exitCode = await replayRun(token, patches, options);
    });
};

const replayRun = async (argument: string, patches: readonly string[], options: ReplayOptions): Promise<number> => {
  const { log: format, policy } = options;
  const token = argument.startsWith("sv") ? argument : await tokenIn(argument);
  const isUnnamed = patches.length === 0 && options.source === undefined && options.tree === undefined;
  const source = isUnnamed ? undefined : await namedSource(patches, options);
  const onStage = telling(options.quiet === true);
  const { subject, initial, steps, state, broken, notJudged, log } = await replay(token, source, {
    policy,
    log: format,
    onStage,
  });
  await print(
    log ??
      [
        `${printable(subject.name)}, ${initial}`,
        "",
        renderTrace(steps, { ...terminalOf(options), shows: "all" }),
        "at the end",
        ...state.map((line) => `      ${printable(line)}`),
        ...notJudgedLines(notJudged, terminalOf(options)),
        "",
      ].join("\n"),
  );
  return broken.length > 0 ? EXIT.violated : EXIT.clean;
};

const tokenIn = async (file: string): Promise<string> => {
  try {
    return (await readFile(file, "utf8")).slice(0, 100_000);
  } catch {
    throw new VerifyError(
      "not-found",
      `${file} is neither a replay token nor a file that can be read`,
      "a token begins with sv2-",
    );
  }
};
