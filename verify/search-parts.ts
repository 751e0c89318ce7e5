import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { getHeapStatistics } from "node:v8";
import type { Exploration } from "../checker/explore.ts";
import type { Finding } from "../checker/finding.ts";
import type { Bounds, Progress } from "../checker/pace.ts";
import { mergeParts, sharesOf } from "../checker/parts.ts";
import type { Visited } from "../checker/visited.ts";
import { type Blueprint, type MonitoredSystem, systemFrom } from "../harness/blueprint.ts";
import { addCounts } from "../harness/run-counts.ts";
import type { MakeSystem, PartResult } from "../harness/search-part.ts";
import type { CheckpointFolder } from "./checkpoint.ts";
import { VerifyError } from "./error.ts";
import { boardMemory, type PartBoard, partBoard } from "./part-board.ts";
import { type PartAnswer, type PartRequest, searchRequested, type ThreadStart } from "./part-request.ts";

/** Where the parts of a search get their systems from. */
export interface SystemSource {
  readonly make: MakeSystem;
  /** How another thread makes the same; where there is none, everything is done in this one. */
  readonly blueprint?: Blueprint | undefined;
}

/** The systems of a blueprint. */
export const sourceOf = (blueprint: Blueprint): SystemSource => ({
  blueprint,
  make: (options) => systemFrom(blueprint, options),
});

/** How to search all parts. */
export interface PartsOptions {
  readonly faults: number | "all";
  readonly preemptions: number | "all";
  /** Of all parts together. */
  readonly bounds: Bounds;
  /** The most threads to search in; "auto" for as many as there are cores, parts, and memory for them. */
  readonly workers: number | "auto";
  /** How states are known again; exactly where it is left out. */
  readonly visited?: Visited | undefined;
  /** Where to keep the search while it runs, and to go on with one that is kept there. */
  readonly checkpoint?: CheckpointFolder | undefined;
  /** Whether to search a part, by its place; all of them where it is left out. What bounds states is shared among all. */
  readonly isWanted?: ((part: number) => boolean) | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  /** Is told of what is wrong when a part first comes to it, in runs of the whole system; several parts may come to the same. */
  readonly onFinding?: ((finding: Finding) => void) | undefined;
}

/** What came of some parts of a search, in the order of the initial configurations. */
export interface SearchedParts {
  readonly results: readonly PartResult[];
  /** How long all of them took, in milliseconds. */
  readonly elapsedMs: number;
}

/**
 * Searches everything that a system can come to, one part for each initial configuration that it begins in.
 *
 * The parts are searched one by one or in several threads, and come to the same: each is bounded by its own share of the
 * states, has a system of its own, and the results are put together in the order of the initial configurations. What
 * they have covered is added to what `whole` has counted.
 *
 * @returns schedules are runs of the whole system in which tasks are interrupted anywhere
 */
export const searchInParts = async (
  source: SystemSource,
  whole: MonitoredSystem,
  options: Omit<PartsOptions, "isWanted">,
): Promise<Exploration> =>
  mergedInto(whole, await searchParts(source, whole, options), { maxStates: options.bounds.maxStates });

/** What all parts of a system came to, as one; what they have covered is added to what `whole` has counted. */
export const mergedInto = (
  { system, monitors }: MonitoredSystem,
  { results, elapsedMs }: SearchedParts,
  { maxStates }: { readonly maxStates: number | undefined },
): Exploration => {
  for (const { counts } of results) addCounts(system, monitors, counts);
  return mergeParts(results, { maxStates, elapsedMs });
};

/** Searches the parts of a system that are wanted, each as it would be among all of them. */
export const searchParts = async (
  { make, blueprint }: SystemSource,
  { system }: MonitoredSystem,
  {
    faults,
    preemptions,
    bounds,
    workers: asked,
    visited = "exact",
    checkpoint,
    isWanted = () => true,
    signal,
    onProgress,
    onFinding,
  }: PartsOptions,
): Promise<SearchedParts> => {
  const start = performance.now();
  const all = system.initialConfigurations.length;
  const parts = Array.from({ length: all }, (_, part) => part).filter(isWanted);
  const workers =
    blueprint === undefined || !existsSync(WORKER) ? 1 : workersFor(asked, parts.length, bounds.maxHeapBytes);
  const { maxStates, maxMillis, maxHeapBytes, ...others } = bounds;
  const shares = maxStates === undefined ? undefined : sharesOf(maxStates, all);
  const deadline = maxMillis === undefined ? undefined : Date.now() + maxMillis;
  const requests = parts.map(
    (part): PartRequest => ({
      ...{ part, faults, preemptions, deadline, visited, checkpoint },
      tellsFindings: onFinding !== undefined,
      bounds: {
        ...others,
        maxStates: shares?.[part],
        maxHeapBytes: maxHeapBytes === undefined ? undefined : Math.floor(maxHeapBytes / workers),
      },
    }),
  );
  // Where time is bounded the parts of a thread take turns, so that the first of them does not use up all of it.
  const atOnce = deadline === undefined ? 1 : Math.ceil(parts.length / workers);
  const board = partBoard(boardMemory(all));
  const hear = (finding: Finding): void => onFinding?.(finding);
  const results = await telling(board, { start, signal, onProgress }, () =>
    workers === 1
      ? inThisThread(requests, atOnce, (request) => searchRequested(make, request, board, hear))
      : inThreads(requests, atOnce, workers, { blueprint: blueprint!, board: board.memory }, hear),
  );
  return { results, elapsedMs: performance.now() - start };
};

/** The module of a thread, beside the bundle that this is part of; code that runs from its sources has none. */
const WORKER = fileURLToPath(new URL("../verify/part-worker.js", import.meta.url));

/** What a thread is given at least, in bytes: its own code, and a part of some ten thousand states. */
const LEAST_MEMORY = 512 * 2 ** 20;

const workersFor = (asked: number | "auto", parts: number, maxHeapBytes: number | undefined): number => {
  if (asked !== "auto") return Math.min(asked, parts);
  const fitting = Math.floor(
    Math.min(process.availableMemory(), maxHeapBytes ?? Number.POSITIVE_INFINITY) / LEAST_MEMORY,
  );
  return Math.max(Math.min(availableParallelism(), parts, fitting), 1);
};

/** How often the sum of all parts is told, in milliseconds. */
const TELL_MILLIS = 200;

/** The rate is that of so many of the latest intervals: each part reports when it likes. */
const RATE_INTERVALS = 5;

/** Tells how all parts get on, and passes an interruption on to them. */
const telling = async <T>(
  board: PartBoard,
  { start, signal, onProgress }: Pick<PartsOptions, "signal" | "onProgress"> & { readonly start: number },
  run: () => Promise<T>,
): Promise<T> => {
  const told = [{ at: start, transitions: 0 }];
  const tell = (): void => {
    const at = performance.now();
    const total = board.total();
    const [before] = told;
    const rate = Math.max(((total.transitions - before!.transitions) / (at - before!.at)) * 1000, 0);
    told.push({ at, transitions: total.transitions });
    if (told.length > RATE_INTERVALS) told.shift();
    onProgress({ ...total, elapsedMs: at - start, rate });
  };
  const interrupt = (): void => board.interrupt();
  const timer = setInterval(tell, TELL_MILLIS);
  signal.addEventListener("abort", interrupt);
  if (signal.aborted) interrupt();
  try {
    return await run();
  } catch (error) {
    interrupt(); // Nobody waits for the other parts any more.
    throw error;
  } finally {
    clearInterval(timer);
    signal.removeEventListener("abort", interrupt);
  }
};

const inThisThread = async (
  requests: readonly PartRequest[],
  atOnce: number,
  search: (request: PartRequest) => Promise<PartResult>,
): Promise<readonly PartResult[]> => {
  if (atOnce > 1) return Promise.all(requests.map(search));
  const results: PartResult[] = [];
  for (const request of requests) results.push(await search(request));
  return results;
};

const resultOf = (answer: PartAnswer): PartResult => {
  if (answer.kind === "searched") return answer.result;
  throw new VerifyError(answer.code, answer.message, answer.hint);
};

/** The first initial configuration has by far the most states, and is begun first. */
const inThreads = async (
  requests: readonly PartRequest[],
  atOnce: number,
  workers: number,
  workerData: ThreadStart,
  hear: (finding: Finding) => void,
): Promise<readonly PartResult[]> => {
  const { Piscina } = await import("piscina");
  const memory = Math.min(getHeapStatistics().heap_size_limit, process.availableMemory() / workers);
  const pool = new Piscina<PartRequest, PartAnswer>({
    filename: WORKER,
    minThreads: workers,
    maxThreads: workers,
    concurrentTasksPerWorker: atOnce,
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: Math.floor(memory / 2 ** 20) },
    recordTiming: false,
  });
  let isOver = false;
  // What a thread says once nobody waits for it is of no interest.
  pool.on("error", (error) => {
    if (!isOver) throw error;
  });
  const unheard = new Promise<never>((_, reject) => {
    pool.on("message", (finding: Finding) => {
      try {
        if (!isOver) hear(finding);
      } catch (error) {
        reject(error);
      }
    });
  });
  try {
    return await Promise.race([
      unheard,
      Promise.all(requests.map(async (request) => resultOf(await pool.run(request)))),
    ]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_WORKER_OUT_OF_MEMORY") throw error;
    throw new VerifyError(
      "memory",
      "a thread of the search ran out of memory",
      "bound it, with --bound-memory or --bound-states",
    );
  } finally {
    isOver = true;
    await pool.destroy();
  }
};
