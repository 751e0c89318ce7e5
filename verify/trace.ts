import { readFile } from "node:fs/promises";
import { Readable } from "node:stream";
import type { FormatName } from "../logs/event.ts";
import { tracedIn } from "../logs/formats/head.ts";
import type { HeldPolicy } from "../logs/held-machine.ts";
import { type Judgement, judge } from "../logs/judge.ts";
import { openLog } from "../logs/source.ts";
import { DRIVER_NAMES, driverNames } from "../logs/spoken.ts";
import { listed } from "../report/layout.ts";
import type { LogReport } from "../report/log-report.ts";
import { VerifyError } from "./error.ts";
import { guarded } from "./guarded.ts";

/** What is known of a log, and what it is held against. */
export interface TraceOptions {
  /** "auto", or nothing, where it is to be recognised. */
  readonly format?: FormatName | "auto" | undefined;
  /** Whose life cycle; "intended" where it is left out. */
  readonly policy?: HeldPolicy | undefined;
  /** The one machine to hold it against; all where it is left out. */
  readonly machine?: string | undefined;
  /** A regular expression that the names of the driver's functions match. */
  readonly driver?: string | undefined;
  /** A file with the functions that the tracer was set to, as set_ftrace_filter lists them. */
  readonly traced?: string | undefined;
  /** Functions that were not traced. */
  readonly untraced?: readonly string[] | undefined;
  /** How many devices of the driver there were when the log began. */
  readonly devicesBefore?: number | undefined;
}

/**
 * Reads the log of a real run, and says whether the machines accept it.
 *
 * @param log - the name of a file, or a stream to be read to its end
 * @throws VerifyError `input` for what is no log
 */
export const trace = guarded(
  async (log: string | NodeJS.ReadableStream, options: TraceOptions = {}): Promise<LogReport> => {
    const { format = "auto", policy = "intended", machine, driver = DRIVER_NAMES } = options;
    const traced = options.traced === undefined ? undefined : await namesIn(options.traced);
    const { devicesBefore, untraced = [] } = options;
    const opened = typeof log === "string" ? await openLog(log, Readable.from([])) : await openLog("-", log);
    try {
      const judgement = await judge(opened, {
        ...{
          format: format === "auto" ? undefined : format,
          policy,
          machine,
          driver: driverNames(patternOf(driver)),
          untraced,
        },
        knowledge: {
          ...(traced === undefined ? {} : { traced }),
          ...(devicesBefore === undefined ? {} : { devicesBefore }),
        },
      });
      return composed(opened.name, policy, judgement);
    } finally {
      await opened.close();
    }
  },
);

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

const composed = (name: string, policy: HeldPolicy, judgement: Judgement): LogReport => {
  const { format, machines, lines, sightings, refusal: refused, ...told } = judgement;
  const { lastAccepted, ...refusal } = refused ?? { lastAccepted: lines };
  return {
    format: "sysram-verify/trace",
    version: 1,
    log: { name, format, lines, events: sightings },
    heldAgainst: { policy, machines },
    because: becauseOf(judgement),
    prefix: { lines: refused === null ? lines : refused.line - 1, lastEvent: lastAccepted },
    ...told,
    refusal: "line" in refusal ? refusal : null,
  };
};

const becauseOf = ({ verdict, refusal, doubt, machines }: Judgement): string => {
  if (verdict === "accepted")
    return `${machines.length === 1 ? "the machine accepts" : "the machines accept"} all of it`;
  if (refusal === null) return "no line of it shows the driver; --driver says what its functions are called";
  const what = refusal.events.length === 0 ? "the driver is done too early" : "what no machine accepts there";
  if (verdict === "refused") return `line ${refusal.line} is refused: ${what}`;
  return `line ${refusal.line} is refused, unless ${listed(doubtsOf(doubt))}`;
};

const doubtsOf = (doubt: Judgement["doubt"]): readonly string[] => [
  ...(doubt === null || doubt.untraced.length === 0
    ? []
    : [
        `functions were not traced that occur nowhere in the log (${listed(doubt.untraced)}; --traced FILE says what was)`,
      ]),
  ...(doubt?.before === true
    ? ["a device was there before the log began (--devices-before 0 says there was none)"]
    : []),
];
