import { readFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import type { Transition } from "../checker/property.ts";
import { replay } from "../checker/schedule.ts";
import { loadDriver } from "../driver/run/driver.ts";
import { describeState } from "../harness/describe-state.ts";
import { machineNamed } from "../harness/machine-driver/subject.ts";
import { NO_RIDERS } from "../harness/ride.ts";
import { type Company, ridersFor } from "../harness/riders.ts";
import { sysramSystem } from "../harness/sysram-system.ts";
import { findRun, parseToken, TokenError } from "../harness/token.ts";
import { traceOf } from "../harness/trace.ts";
import { FORMAT_NAMES, type FormatName } from "../logs/event.ts";
import { recorded } from "../logs/record.ts";
import { writeLog } from "../logs/write.ts";
import type { SysramEvent } from "../models/observation.ts";
import {
  commandsAreLinearizable,
  graphClaims,
  type Observed,
  orderClaims,
  propertiesOfSeveral as properties,
} from "../properties/index.ts";
import { printable } from "../report/printable.ts";
import type { ReportStep } from "../report/report.ts";
import { renderTrace } from "../report/trace-text.ts";
import { companyOf } from "../verify/company.ts";
import { VerifyError } from "../verify/error.ts";
import { asSubject } from "../verify/machine-subject.ts";
import { overlappedIn, serialNotes } from "../verify/overlaps.ts";
import { build, readSubject, type SubjectOptions, sourceLines } from "../verify/subject.ts";
import { stepsInTrap, trappedIn } from "../verify/trapped-run.ts";
import { EXIT } from "./exit.ts";
import { OPTIONS } from "./options.ts";
import { telling } from "./output.ts";
import { print, terminalOf } from "./terminal.ts";

interface ReplayOptions extends SubjectOptions {
  readonly log?: FormatName;
  readonly policy?: Company;
  readonly quiet?: boolean;
  readonly color?: boolean;
}

const EXAMPLE = `
Examples:
  sysram-verify replay sv1-... v4-24of27.mbox
  sysram-verify replay sv1-... v4-24of27.mbox --log function_graph | sysram-verify trace -
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
  try {
    const token = parseToken(argument.startsWith("sv") ? argument : await tokenIn(argument));
    const isUnnamed = patches.length === 0 && options.source === undefined && options.tree === undefined;
    const machine = isUnnamed ? machineNamed(token.subject) : undefined;
    const subject = machine === undefined ? await readSubject(patches, options) : asSubject(machine);
    if (!subject.sha256.startsWith(token.subject)) {
      throw new VerifyError(
        "input",
        `the token belongs to another subject (${token.subject}, and this is ${subject.sha256.slice(0, 8)})`,
        "name the patch that the finding was reported for",
      );
    }
    if (machine !== undefined && token.configuration.interruptAt !== undefined) {
      throw new VerifyError(
        "input",
        "the token interrupts a machine at accesses, which it makes none of",
        "take a token as it was printed",
      );
    }
    const tell = telling(options.quiet === true);
    const driver = machine?.driver() ?? loadDriver(await build(subject, tell, token.configuration));
    const isFollowed = machine === undefined && token.configuration.tasks === 1;
    const riders = isFollowed ? ridersFor(options.policy ?? companyOf(subject)) : NO_RIDERS;
    const { system, schedule } = findRun(
      sysramSystem(driver, token.configuration, { riders, isReduced: false }),
      token,
    );
    const run = replay(system, schedule);
    const violations = run.steps.flatMap(({ transition }, index) =>
      properties.flatMap((property) =>
        property.violations(transition).map(({ detail }) => ({ step: index + 1, claim: property.claim, detail })),
      ),
    );
    if (options.log !== undefined) {
      const events = recorded(system, () => replay(system, schedule));
      await print(writeLog(events, options.log, { hasValues: true, isTold: true }));
      return violations.length > 0 ? EXIT.violated : EXIT.clean;
    }
    const { steps } = traceOf(system, schedule, sourceLines(subject));
    const ends: readonly ReportStep[] = violations.map(({ step, claim, detail }) => ({
      task: "the environment",
      kind: "violation",
      depth: 0,
      what: `after command ${step}: ${detail} (${claim})`,
    }));
    const last = run.steps.at(-1)?.transition.after ?? run.start;
    const traps = graphClaims.flatMap(({ claim }, at) => {
      const trapped = trappedIn(system, schedule, graphClaims[at]!);
      return trapped === undefined ? [] : [{ claim, trapped }];
    });
    const inTraps = traps.flatMap(({ claim, trapped }): readonly ReportStep[] => [
      ...stepsInTrap(system, schedule, trapped, sourceLines(subject)),
      {
        task: "the environment",
        kind: "violation",
        depth: 0,
        what: `after command ${run.steps.length}: ${trapped.detail} (${claim})`,
      },
    ]);
    const overlapped = overlappedIn(system, schedule);
    const unserializable: readonly ReportStep[] =
      overlapped === undefined
        ? []
        : [
            ...serialNotes(overlapped),
            {
              task: "the environment",
              kind: "violation",
              depth: 0,
              what: `after command ${run.steps.length}: ${overlapped.detail} (${commandsAreLinearizable.claim})`,
            },
          ];
    await print(
      [
        `${printable(subject.name)}, ${system.situations[schedule.initial]!.label}`,
        "",
        renderTrace([...steps, ...ends, ...inTraps, ...unserializable], { ...terminalOf(options), shows: "all" }),
        "at the end",
        ...describeState(last.observation).map((line) => `      ${printable(line)}`),
        ...ordersIn(run.steps.at(-1)?.transition).map((line) => `      ${printable(line)}`),
        "",
      ].join("\n"),
    );
    return violations.length + traps.length + unserializable.length > 0 ? EXIT.violated : EXIT.clean;
  } catch (error) {
    if (error instanceof TokenError) throw new VerifyError("input", error.message, error.hint);
    throw error;
  }
};

/** In which order the last command took what it took: half of what a finding on orders speaks of. */
const ordersIn = (last: Transition<Observed, SysramEvent> | undefined): readonly string[] =>
  last === undefined
    ? []
    : orderClaims.flatMap((claim) => [...new Set(claim.nestings(last).map((nesting) => claim.words(nesting)))]);

const tokenIn = async (file: string): Promise<string> => {
  try {
    return (await readFile(file, "utf8")).slice(0, 100_000);
  } catch {
    throw new VerifyError(
      "not-found",
      `${file} is neither a replay token nor a file that can be read`,
      "a token begins with sv1-",
    );
  }
};
