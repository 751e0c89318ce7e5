/**
 * Saved failures: runs that once broke a property, as files, to be taken again before anything is drawn.
 *
 * A file (report/corpus.schema.json) holds a run by value, in the words of initial configuration, commands, questions
 * and answers, so it outlives changes of this tool and of the driver's text. One file that cannot be read says so, and
 * hides none of the others.
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Refusal } from "../abi/refusal.ts";
import { formOf } from "../abi/schema.ts";
import { findSchedule } from "../checker/find-schedule.ts";
import { labelsOf, replay, type Schedule } from "../checker/schedule.ts";
import type { Configuration } from "./configuration.ts";
import type { ExtraInputs } from "./extra-inputs/extra-inputs.ts";
import type { SysramSystem } from "./sysram-system.ts";

export const CORPUS_FORMAT = "sysram-verify/corpus";
export const CORPUS_VERSION = 1;

/** One question of a step, and what it was answered. */
export interface SavedAnswer {
  readonly question: string;
  readonly answer: string;
}

/** One step of a saved run. */
export interface SavedStep {
  readonly command: string;
  readonly answers: readonly SavedAnswer[];
}

/** A run that once broke a property. */
export interface SavedRun {
  /** The first digits of the SHA-256 of what was verified. */
  readonly subject: string;
  /** Without the number of tasks where a former version wrote it. */
  readonly configuration: Configuration;
  readonly property: string;
  readonly object: string;
  /** What was wrong at its end. */
  readonly detail: string;
  /** The initial configuration that it begins in. */
  readonly situation: string;
  readonly steps: readonly SavedStep[];
  /** Other runs, where it is wrong only together with them. */
  readonly besides?: readonly SavedBeside[];
}

/** A run that is wrong only together with another one. */
export type SavedBeside = Pick<SavedRun, "situation" | "steps">;

/** A saved run with the file that it stands in. */
export interface CorpusEntry {
  readonly file: string;
  readonly run: SavedRun;
}

/** A file that holds no saved run for this search, and why. */
export interface CorpusRemark {
  readonly file: string;
  readonly reason: string;
}

/** What a corpus folder holds. */
export interface Corpus {
  /** The saved runs of the subject, in the order of the names of their files. */
  readonly entries: readonly CorpusEntry[];
  /** Files that cannot be read as what they should be. */
  readonly damaged: readonly CorpusRemark[];
  /** Files that are in order, and meant for another version or another subject. */
  readonly passedOver: readonly CorpusRemark[];
}

/** A folder that cannot be used as a corpus. */
export class CorpusError extends Refusal {
  constructor(message: string) {
    super(message, "name a folder; one that is not there yet is made");
  }
}

const SUBJECT_DIGITS = 8;

/** No saved run is nearly as large. */
const MAX_BYTES = 4 * 2 ** 20;

const subjectName = (sha256: string): string => sha256.slice(0, SUBJECT_DIGITS);

/** What is to be saved of a finding. */
export interface Failure {
  readonly property: string;
  readonly object: string;
  readonly detail: string;
  readonly counterexample: Schedule;
  /** The other runs of what only several runs together show. */
  readonly besides?: readonly { readonly run: Schedule }[] | undefined;
}

/** A finding's counterexample by value. */
export const savedRun = (
  system: SysramSystem,
  { property, object, detail, counterexample, besides = [] }: Failure,
  sha256: string,
  { regions, blocks, tasks = 1, interruptAt = "calls" }: Configuration,
): SavedRun => {
  const byValue = (run: Schedule): SavedBeside => {
    const { initial, steps } = labelsOf(system, replay(system, run));
    return {
      situation: system.initialConfigurations[initial]!.label,
      steps: steps.map(({ action, questions }) => ({ command: action, answers: questions })),
    };
  };
  return {
    subject: subjectName(sha256),
    configuration: { regions, blocks, tasks, ...(interruptAt === "calls" ? {} : { interruptAt }) },
    property,
    object,
    detail,
    ...byValue(counterexample),
    ...(besides.length === 0 ? {} : { besides: besides.map(({ run }) => byValue(run)) }),
  };
};

/** The name of a saved run's file: one run of one finding always has the same. */
const fileName = ({ subject, property, object, situation, steps }: SavedRun): string => {
  const hash = createHash("sha256").update(JSON.stringify([object, situation, steps]));
  return `${subject}-${property}-${hash.digest("hex").slice(0, 6)}.json`;
};

const errorCode = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

/**
 * Writes runs into a corpus folder, which is made where it is not there.
 *
 * @throws CorpusError where that cannot be done
 */
export const writeCorpus = async (folder: string, runs: readonly SavedRun[]): Promise<void> => {
  try {
    await mkdir(folder, { recursive: true });
    for (const run of runs) {
      const content = { format: CORPUS_FORMAT, version: CORPUS_VERSION, ...run };
      await writeFile(join(folder, fileName(run)), `${JSON.stringify(content, null, 2)}\n`);
    }
  } catch (error) {
    throw new CorpusError(`cannot write to the corpus ${folder} (${errorCode(error)})`);
  }
};

const complaintAbout = formOf("report/corpus.schema.json");

type Read =
  | { readonly kind: "saved"; readonly run: SavedRun }
  | { readonly kind: "damaged" | "passed over"; readonly reason: string };

/** Reads the text of one file of a corpus. */
const parseSavedRun = (text: string, subject: string): Read => {
  const damaged = (reason: string): Read => ({ kind: "damaged", reason });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return damaged("it is no JSON");
  }
  const { format, version } = (value ?? {}) as { readonly format?: unknown; readonly version?: unknown };
  if (format !== CORPUS_FORMAT) return damaged(`its format is not ${CORPUS_FORMAT}`);
  if (Number.isInteger(version) && version !== CORPUS_VERSION) {
    return {
      kind: "passed over",
      reason: `it is of version ${version}, and this tool reads version ${CORPUS_VERSION}`,
    };
  }
  const complaint = complaintAbout(value);
  if (complaint !== undefined) return damaged(complaint);
  const run = value as SavedRun;
  if (run.subject !== subject) return { kind: "passed over", reason: `it is of another subject, ${run.subject}` };
  return { kind: "saved", run };
};

const readText = async (path: string): Promise<string> => {
  const bytes = await readFile(path);
  if (bytes.length > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES / 2 ** 20} MiB`);
  return bytes.toString("utf8");
};

/**
 * Reads every `.json` file of a folder; one that is not there is empty.
 *
 * @throws CorpusError where the folder is none
 */
export const readCorpus = async (folder: string, sha256: string): Promise<Corpus> => {
  let names: readonly string[];
  try {
    names = (await readdir(folder)).filter((name) => name.endsWith(".json")).sort();
  } catch (error) {
    if (errorCode(error) === "ENOENT") return { entries: [], damaged: [], passedOver: [] };
    throw new CorpusError(`cannot read the corpus ${folder} (${errorCode(error)})`);
  }
  const entries: CorpusEntry[] = [];
  const damaged: CorpusRemark[] = [];
  const passedOver: CorpusRemark[] = [];
  for (const name of names) {
    const file = join(folder, name);
    let read: Read;
    try {
      read = parseSavedRun(await readText(file), subjectName(sha256));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      read = { kind: "damaged", reason: code === undefined ? message : `it cannot be read (${code})` };
    }
    if (read.kind === "saved") entries.push({ file, run: read.run });
    else (read.kind === "damaged" ? damaged : passedOver).push({ file, reason: read.reason });
  }
  return { entries, damaged, passedOver };
};

/** The extra inputs of a saved run; a system that has them may be able to take it. */
export const extraInputsOfSaved = ({ situation, steps, besides = [] }: SavedRun): ExtraInputs => ({
  initialConfigurations: [situation, ...besides.map((other) => other.situation)],
  commands: [steps, ...besides.map((other) => other.steps)].flat().map(({ command }) => command),
});

/** What a saved run stands for in a system: its run, and the others that it is wrong with; or why there is none. */
type RecalledRun = { readonly schedule: Schedule; readonly besides: readonly Schedule[] } | { readonly reason: string };

/** The runs of a system that a saved one stands for, or why there are none. */
export const recall = (system: SysramSystem, saved: SavedRun): RecalledRun => {
  const { configuration, besides = [] } = saved;
  const { interruptAt = "calls", tasks = 1 } = configuration;
  const { tasks: most = 1 } = system.configuration;
  if (tasks > most) return { reason: `it has ${tasks} tasks, and this search has ${most} (--tasks ${tasks})` };
  // The places where a task can be interrupted are told by their numbers among all of them.
  if (interruptAt !== (system.configuration.interruptAt ?? "calls")) {
    return { reason: `its tasks are interrupted at ${interruptAt}` };
  }
  const found = [saved, ...besides].map((run) => recalled(system, run));
  const reason = found.find((one) => typeof one === "string");
  if (reason !== undefined) return { reason };
  const [schedule, ...others] = found as [Schedule, ...Schedule[]];
  return { schedule, besides: others };
};

/** The run that these words stand for; in words, why there is none. */
const recalled = (system: SysramSystem, { situation, steps }: SavedBeside): Schedule | string => {
  const initial = system.initialConfigurations.findIndex(({ label }) => label === situation);
  if (initial === -1) return `there is no initial configuration "${situation}"`;
  const labels = steps.map(({ command, answers }) => ({ action: command, questions: answers }));
  const found = findSchedule(system, { initial, steps: labels });
  return found.kind === "found" ? found.schedule : `step ${found.step}: ${found.reason}`;
};
