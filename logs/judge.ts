import { type CallLabel, callEvent, labelsOf, SPOKEN, WORD_PARSER } from "../machines/calls.ts";
import type { LogRefusal, LogReport } from "../report/log-report.ts";
import type { FormatName, Knowledge, LineReader, LogEvent, LogFormat } from "./event.ts";
import { formatNamed, formatShownBy } from "./formats/index.ts";
import { alternativesOf, type HeldPolicy } from "./held-machine.ts";
import { joint } from "./joint.ts";
import { type Shown, type Sighting, sightingsOf } from "./sightings.ts";
import { LogError, type LogSource } from "./source.ts";
import { type DriverNames, type Role, spokenName, symbolsOf } from "./spoken.ts";
import { commandsOf, tracker } from "./tracker.ts";

/**
 * Holds a log against the machines.
 *
 * The log is read twice. The first time tells what it can show: which functions occur in it, whether it has results.
 * The second time follows it. Where that ends with a refusal, and the log does not say what its tracer was set to, it is
 * read a third time: functions that occur nowhere in it may not have been traced, and devices may have been there before
 * it began. A refusal that these explain away is none; it is told, with what it hangs on.
 */
export interface JudgeOptions {
  readonly format: FormatName | undefined;
  readonly policy: HeldPolicy;
  /** The one machine that it is held against; undefined for all. */
  readonly machine: string | undefined;
  readonly driver: DriverNames;
  /** What the caller knows beside the log. */
  readonly knowledge: Knowledge;
  /** Functions that the caller says were not traced. */
  readonly untraced: readonly string[];
}

/** What a log came to. */
export interface Judgement
  extends Pick<LogReport, "verdict" | "doubt" | "holes" | "untraced" | "devices" | "unfollowed"> {
  readonly format: FormatName;
  readonly machines: readonly string[];
  readonly lines: number;
  /** How many events of the log are the driver's. */
  readonly sightings: number;
  /** The place where the log is refused; also where it is only unless `doubt` is so. */
  readonly refusal: RefusedPlace | null;
}

/** Where the machines no longer go along. */
interface RefusedPlace extends LogRefusal {
  /** The last line before it that showed something of the driver; 0 for none. */
  readonly lastAccepted: number;
}

/** How many holes are told one by one. */
const HOLES_TOLD = 20;

const HINT = "give --format, if it is a log: function, function_graph, trace-cmd, dmesg or json";

/** How many lines are looked at for the first one that shows a format. */
const LINES_SNIFFED = 10_000;

const sniff = async (source: LogSource): Promise<LogFormat> => {
  let found: LogFormat | undefined;
  await source.lines((line, number) => {
    found = formatShownBy(line);
    return found === undefined && number < LINES_SNIFFED;
  });
  if (found === undefined) throw new LogError(`no line of ${source.name} has the shape of a log`, HINT);
  return found;
};

/** No tracer writes longer lines of text; to look for a shape in them could take long. */
const LONGEST_WITH_SHAPE = 4_096;

const readerOf = (format: LogFormat, isSpokenOf: (name: string) => boolean): LineReader => {
  const read = format.reader(isSpokenOf);
  return format.name === "json" ? read : (line, tell) => line.length <= LONGEST_WITH_SHAPE && read(line, tell);
};

/** What the first reading tells. */
interface Survey {
  readonly lines: number;
  readonly knowledge: Knowledge;
  readonly occurs: ReadonlySet<string>;
  readonly roles: ReadonlySet<Role>;
  readonly shown: Shown;
  readonly holes: LogReport["holes"];
}

/** Whether a name is spoken of, remembered for each name: names are few, and their lines are many. */
const spokenOf = ({ isDriver }: DriverNames): ((name: string) => boolean) => {
  const known = new Map<string, boolean>();
  return (name) => {
    let is = known.get(name);
    if (is === undefined) {
      is = spokenName(name) !== undefined || isDriver(name);
      if (known.size > 100_000) known.clear();
      known.set(name, is);
    }
    return is;
  };
};

const survey = async (source: LogSource, format: LogFormat, { driver }: JudgeOptions): Promise<Survey> => {
  const occurs = new Set<string>();
  const roles = new Set<Role>();
  const returns = new Set<string>();
  const first: LogReport["holes"]["first"][number][] = [];
  let knowledge: Knowledge = {};
  let [lines, shapeless, holes, flat, nested] = [0, 0, 0, 0, 0];
  let events: number | null = 0;
  const isSpokenOf = spokenOf(driver);
  const read = readerOf(format, isSpokenOf);
  const tell = (event: LogEvent): void => {
    switch (event.kind) {
      case "enter": {
        if (event.caller === undefined) nested += 1;
        else flat += 1;
        if (!isSpokenOf(event.function)) return;
        const name = spokenName(event.function);
        if (name !== undefined) occurs.add(name);
        else roles.add(driver.roleOf(event.function, event.caller));
        return;
      }
      case "leave": {
        const name = event.function === undefined ? undefined : spokenName(event.function);
        if (name === undefined) return;
        occurs.add(name);
        if (event.depth === undefined) returns.add(name);
        return;
      }
      case "lost":
        holes += 1;
        events = events === null || event.events === undefined ? null : events + event.events;
        if (first.length < HOLES_TOLD) first.push({ line: lines, events: event.events ?? null, why: event.why });
        return;
      case "knows": {
        const { traced } = event.knowledge;
        const all = traced === undefined ? {} : { traced: [...(knowledge.traced ?? []), ...traced] };
        knowledge = { ...knowledge, ...event.knowledge, ...all };
        return;
      }
      case "named":
        return;
    }
  };
  let firstShapeless = 0;
  await source.lines((line, number) => {
    lines = number;
    if (!read(line, tell)) {
      shapeless += 1;
      if (shapeless === 1) firstShapeless = number;
    }
    return true;
  });
  if (shapeless * 2 > lines) {
    throw new LogError(
      `${source.name} is not ${format.title}: ${shapeless} of ${lines} lines have another shape, line ${firstShapeless} first`,
      HINT,
    );
  }
  return {
    lines,
    knowledge,
    occurs,
    roles,
    shown: { isFlat: flat > nested, returns },
    holes: { number: holes, events, first, shapeless },
  };
};

/** Whether a name is meant by a pattern of the tracer's filter: `*` stands for any letters, the rest for itself. */
const isMeantBy = (name: string, pattern: string): boolean => {
  const parts = pattern.split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(name);
};

/** A name such as a function of the driver has: a filter that means it means them. */
const ANY_DRIVERS = "cxl_sysram_release";

/** What a log cannot show. */
interface Hidden {
  readonly functions: readonly string[];
  readonly events: ReadonlySet<string>;
}

const ROLES: readonly Role[] = ["probe", "store", "use", "unbind", "release"];

/**
 * @param isDoubtful - whether what never occurs is taken for not traced
 */
const hiddenIn = (
  { occurs, roles }: Survey,
  traced: readonly string[] | undefined,
  { driver, untraced }: JudgeOptions,
  isDoubtful: boolean,
): Hidden => {
  const isTraced = (names: readonly string[]): boolean =>
    traced === undefined ? !isDoubtful : names.some((name) => traced.some((pattern) => isMeantBy(name, pattern)));
  const functions = SPOKEN.filter(
    (name) => name !== WORD_PARSER && (untraced.includes(name) || (!occurs.has(name) && !isTraced(symbolsOf(name)))),
  );
  const isDriverTraced =
    traced === undefined
      ? !isDoubtful && roles.size > 0
      : traced.some((pattern) => driver.isDriver(pattern) || isMeantBy(ANY_DRIVERS, pattern));
  const commands = ROLES.filter((role) => !roles.has(role) && !isDriverTraced).flatMap(commandsOf);
  const calls = functions
    .flatMap((name) => labelsOf(name))
    .flatMap((label: CallLabel) => [callEvent(label, true), callEvent(label, false)]);
  return { functions, events: new Set([...commands, ...calls]) };
};

type Outcome = Pick<Judgement, "refusal" | "devices" | "unfollowed" | "sightings">;

/** Reads the log once more, and follows the machines through it. */
const follow = async (
  source: LogSource,
  format: LogFormat,
  { shown }: Survey,
  { events: hidden }: Hidden,
  before: "none" | "at the beginning" | "any",
  { policy, machine, driver }: JudgeOptions,
): Promise<Outcome> => {
  let number = 0;
  let text = "";
  let lastAccepted = 0;
  let seen = 0;
  let refusal: Judgement["refusal"] = null;
  const follower = tracker(joint(alternativesOf(policy, machine), hidden), { line: () => number, hidden, before });
  const tell = (sighting: Sighting): void => {
    if (refusal !== null) return;
    const isEvent = sighting.kind !== "lost";
    if (isEvent) seen += 1;
    const refused = follower.sees(sighting);
    if (refused !== undefined) {
      const task = "task" in sighting ? sighting.task : undefined;
      refusal = {
        ...refused,
        line: number,
        text: asText(text),
        task: task === undefined ? null : asText(task),
        lastAccepted,
      };
    } else if (isEvent) lastAccepted = number;
  };
  const turn = sightingsOf(driver, shown, tell);
  const read = readerOf(format, spokenOf(driver));
  await source.lines((line, at) => {
    number = at;
    text = line;
    if (!read(line, turn)) turn({ kind: "lost", events: 1, why: "a line without the shape of the format" });
    return refusal === null;
  });
  return { refusal, devices: follower.devices(), unfollowed: follower.unfollowed(), sightings: seen };
};

/** Lines are passed on byte by byte; for a reader they are text again. */
const asText = (line: string): string => Buffer.from(line, "latin1").toString("utf8");

/** @throws LogError for what is no log */
export const judge = async (source: LogSource, options: JudgeOptions): Promise<Judgement> => {
  const format = options.format === undefined ? await sniff(source) : formatNamed(options.format);
  const found = await survey(source, format, options);
  const { traced: told, devicesBefore } = { ...found.knowledge, ...options.knowledge };
  const traced = format.isPartial ? undefined : told;
  const strictly = hiddenIn(found, traced, options, format.isPartial);
  const first = await follow(
    source,
    format,
    found,
    strictly,
    devicesBefore === 0 ? "none" : "at the beginning",
    options,
  );
  const result = {
    format: format.name,
    machines: alternativesOf(options.policy, options.machine)
      .flat()
      .map(({ title }) => title),
    lines: found.lines,
    holes: found.holes,
    untraced: strictly.functions,
  };
  if (first.refusal === null) {
    const verdict = first.sightings === 0 ? "inconclusive" : "accepted";
    return { ...result, ...first, verdict, doubt: null };
  }
  const loosely = hiddenIn(found, traced, options, true);
  const isInDoubt = loosely.events.size > strictly.events.size || devicesBefore === undefined;
  if (!isInDoubt) return { ...result, ...first, verdict: "refused", doubt: null };
  const second = await follow(source, format, found, loosely, devicesBefore === 0 ? "none" : "any", options);
  if (second.refusal !== null)
    return { ...result, ...second, untraced: loosely.functions, verdict: "refused", doubt: null };
  const untraced = loosely.functions.filter((name) => !strictly.functions.includes(name));
  return { ...result, ...first, verdict: "inconclusive", doubt: { untraced, before: devicesBefore === undefined } };
};
