import type { NotJudged } from "../checker/claims/claim.ts";
import { notJudgedBy } from "../checker/claims/panel.ts";
import { replay as replaySchedule, type Schedule } from "../checker/schedule.ts";
import type { Subject } from "../driver/patch/subject.ts";
import { loadDriver } from "../driver/run/driver.ts";
import { monitorsOf } from "../harness/alphabet.ts";
import { describeState } from "../harness/describe-state.ts";
import { machineNamed } from "../harness/machine-driver/subject.ts";
import type { MonitorPolicy } from "../harness/monitor-policy.ts";
import { NO_MONITORS } from "../harness/monitors.ts";
import { machineContext } from "../harness/offers.ts";
import type { SysramAction, SysramState } from "../harness/state.ts";
import { type SysramSystem, sysramSystem } from "../harness/sysram-system.ts";
import { findRun, parseToken } from "../harness/token.ts";
import { traceOf } from "../harness/trace.ts";
import type { FormatName } from "../logs/event.ts";
import { recorded } from "../logs/record.ts";
import { writeLog } from "../logs/write.ts";
import type { SysramEvent } from "../models/observation.ts";
import { claims } from "../properties/index.ts";
import type { ReportStep } from "../report/report.ts";
import { VerifyError } from "./error.ts";
import { explainedSteps, lineOf } from "./explained-steps.ts";
import { guarded } from "./guarded.ts";
import { asSubject } from "./machine-subject.ts";
import { defaultPolicy } from "./policy.ts";
import { build, readSubject, type Source, sourceLines } from "./source.ts";
import type { Watching } from "./watching.ts";

/** How to take a run again. */
export interface ReplayOptions extends Pick<Watching, "onStage"> {
  /** The life cycle that follows the driver; as for a review where it is left out. */
  readonly policy?: MonitorPolicy | undefined;
  /** Writes the run as the log of a tracer too. */
  readonly log?: FormatName | undefined;
}

/** What a run comes to. */
export interface Replayed {
  readonly subject: Pick<Subject, "kind" | "name" | "sha256">;
  /** How the machine is set up before it. */
  readonly initial: string;
  /** Every call of the run, and behind them what is wrong. */
  readonly steps: readonly ReportStep[];
  /** The machine at the end, one line a fact. */
  readonly state: readonly string[];
  /** Each claim that the run breaks, as often as it does. */
  readonly broken: readonly { readonly claim: string; readonly step: number; readonly detail: string }[];
  /** What a run of so many tasks cannot show. */
  readonly notJudged: readonly NotJudged[];
  /** The run as the log of a tracer, where one was asked for. */
  readonly log: string | undefined;
}

/**
 * Takes the run of a token again, and judges it.
 *
 * @param token - as it stands beneath a finding; spaces and lines around it are no matter
 * @param source - what the run is of; where it is left out, the machine that the token names, or our own driver
 * @throws VerifyError by its code: a token of another subject, or of a run that there is not, is `input`
 */
export const replay = guarded(async (text: string, source?: Source, options: ReplayOptions = {}): Promise<Replayed> => {
  const token = parseToken(text);
  const machine = source === undefined ? machineNamed(token.subject) : undefined;
  const subject = machine === undefined ? await readSubject(source ?? { kind: "reference" }) : asSubject(machine);
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
  const driver = machine?.driver() ?? loadDriver(await build(subject, options.onStage, token.configuration));
  const isFollowed = machine === undefined && token.configuration.tasks === 1;
  const monitors = isFollowed ? monitorsOf(driver.facts, options.policy ?? defaultPolicy(subject)) : NO_MONITORS;
  const { system, schedule } = findRun(
    sysramSystem(driver, token.configuration, { monitors, isReduced: false }),
    token,
  );
  return {
    subject,
    initial: system.initialConfigurations[schedule.initial]!.label,
    ...judged(system, schedule, subject, options),
  };
});

const judged = (
  system: SysramSystem,
  schedule: Schedule,
  subject: Subject,
  { log: format }: ReplayOptions,
): Omit<Replayed, "subject" | "initial"> => {
  const lines = sourceLines(subject);
  const run = replaySchedule<SysramState, SysramAction, SysramEvent>(system, schedule);
  const context = machineContext(system, claims);
  const broken = claims
    .flatMap((claim) => claim.shownIn(run, context).map((shown) => ({ claim: claim.claim, shown })))
    .sort((one, other) => one.shown.step - other.shown.step);
  const ends = broken.flatMap(({ claim, shown }): readonly ReportStep[] => [
    ...explainedSteps(system, schedule, shown, lines),
    lineOf("violation", `after command ${shown.step}: ${shown.violation.detail} (${claim})`),
  ]);
  const last = run.steps.at(-1)?.transition;
  const tracer = format === undefined ? undefined : recorded(system, () => replaySchedule(system, schedule));
  return {
    steps: [...traceOf(system, schedule, lines).steps, ...ends],
    state: [...describeState((last?.after ?? run.start).observation), ...claims.flatMap((claim) => claim.partsIn(run))],
    broken: broken.map(({ claim, shown: { step, violation } }) => ({ claim, step, detail: violation.detail })),
    notJudged: notJudgedBy(claims, context, "runs"),
    log: tracer && writeLog(tracer, format!, { hasValues: true, isTold: true }),
  };
};
