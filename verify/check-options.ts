import { listed } from "../report/layout.ts";
import type { EngineOptions, SearchOptions } from "./engine.ts";
import { VerifyError } from "./error.ts";

/** Those of some options that are given, by their names on the command line. */
const given = (options: Readonly<Record<string, unknown>>): readonly string[] =>
  Object.entries(options)
    .filter(([, value]) => value !== undefined && value !== false)
    .map(([name]) => name);

const isAre = (names: readonly string[]): string => (names.length === 1 ? "is" : "are");

const them = (names: readonly string[]): string => (names.length === 1 ? "it" : "them");

/**
 * Refuses to interrupt tasks where there is one.
 *
 * @throws VerifyError `usage`
 */
export const checkTasks = (options: Pick<SearchOptions, "tasks" | "preemptions" | "interruptAt">): void => {
  const { tasks = 1, preemptions, interruptAt } = options;
  const names = given({ "--preemptions": preemptions, "--interrupt-at": interruptAt });
  if (names.length === 0 || tasks > 1) return;
  const what = `${listed(names)} ${isAre(names)} about tasks that interrupt each other, and there is one`;
  throw new VerifyError("usage", what, "add --tasks 2");
};

/** What is said of an option that random search does not have. */
const INSTEAD: Readonly<Record<string, string>> = {
  "--checkpoint": "--seed N draws the same runs again",
  "--bound-depth": "--max-commands N bounds the runs",
};

/**
 * Refuses an option of one engine that is given to the other; all of them at once, so that no advice leads to the next refusal.
 *
 * @throws VerifyError `usage`
 */
export const checkEngine = (options: EngineOptions): void => {
  checkTasks(options);
  const { engine, seed, runs, maxCommands, boundDepth, checkpoint, checkpointEvery, resume, visited } = options;
  const ofRandom = given({ "--seed": seed, "--runs": runs, "--max-commands": maxCommands });
  const ofExhaustive = given({
    ...{ "--checkpoint": checkpoint, "--checkpoint-every": checkpointEvery, "--resume": resume },
    ...{ "--visited hashed": visited === "hashed" ? visited : undefined, "--bound-depth": boundDepth },
  });
  if (engine === "random") {
    if (ofExhaustive.length === 0) return;
    const what = `${listed(ofExhaustive)} ${isAre(ofExhaustive)} for the exhaustive search, and this one draws runs at random`;
    const instead = ofExhaustive.flatMap((name) => INSTEAD[name] ?? []);
    const more = instead.length === 0 ? "" : `: ${listed(instead)}`;
    throw new VerifyError("usage", what, `leave ${them(ofExhaustive)} out${more}`);
  }
  if (ofRandom.length > 0) {
    const what = `${listed(ofRandom)} ${isAre(ofRandom)} for random search, and this one is exhaustive`;
    const hint = ofExhaustive.length === 0 ? "add --engine random" : `leave ${them(ofRandom)} out`;
    throw new VerifyError("usage", what, hint);
  }
  const ofKept = given({ "--resume": resume, "--checkpoint-every": checkpointEvery });
  if (checkpoint !== undefined || ofKept.length === 0) return;
  const needs = `${listed(ofKept)} ${ofKept.length === 1 ? "needs" : "need"} the folder of a search`;
  throw new VerifyError("usage", needs, "name it with --checkpoint FOLDER");
};

/**
 * Refuses what cannot be shared among shards.
 *
 * @throws VerifyError `usage`
 */
export const checkShard = (
  { number, of }: { readonly number: number; readonly of: number },
  { engine }: Pick<EngineOptions, "engine">,
): void => {
  if (!(number >= 1 && number <= of)) {
    throw new VerifyError("usage", `there is no shard ${number} of ${of}`, `number them from 1 to ${of}`);
  }
  if (engine !== "random") return;
  const what = "--shard is for the exhaustive search, and this one draws runs at random";
  throw new VerifyError("usage", what, "leave it out, and give each machine a --seed of its own");
};
