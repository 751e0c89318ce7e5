import { performance } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Exploration } from "../checker/explore.ts";
import type { Progress } from "../checker/pace.ts";

/** What a search cost. */
export interface Cost {
  readonly exploration: Exploration;
  /** Wall clock, in seconds. */
  readonly seconds: number;
  /** Of all threads, in seconds. */
  readonly cpu: number;
}

/** Runs a search, and says what it cost. */
export const costOf = async (run: () => Promise<Exploration>): Promise<Cost> => {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const exploration = await run();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { exploration, seconds, cpu: (user + system) / 1e6 };
};

/** Prints one line: a name, and columns behind it. */
export const print = (name: string, ...columns: readonly string[]): void => {
  process.stdout.write(`${[name.padEnd(44), ...columns].join("  ")}\n`);
};

/** `17,860 states  193,440 transitions  1,200 states/s  13,000 transitions/s  14.9 s  15.2 s CPU`. */
export const columnsOf = ({ exploration: { states, transitions }, seconds, cpu }: Cost): readonly string[] => [
  `${whole(states)} states`,
  `${whole(transitions)} transitions`,
  `${whole(states / seconds)} states/s`,
  `${whole(transitions / seconds)} transitions/s`,
  `${seconds.toFixed(1)} s`,
  `${cpu.toFixed(1)} s CPU`,
];

/** A number with its thousands told apart. */
export const whole = (value: number): string => Math.round(value).toLocaleString("en-US");

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** What is alive: the JavaScript heap, and the buffers outside it. A buffer goes when its owner has gone before. */
const alive = (): number => {
  collectGarbage();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

/** Memory is looked at each so many reports of progress: a collection takes a while. */
const REPORTS = 8;

/** What a search keeps of the states that it has met, when it was looked at last. */
export interface Kept {
  /** For each state, whether it waits or not. */
  readonly bytesAState: number;
  /** The share of the states that waited. */
  readonly waiting: number;
}

/**
 * What a search keeps that goes when it is over.
 *
 * @param run - a search that was done before with the same system: what states share is there then, and so is translated code
 */
export const keptBy = async (run: (onProgress: (progress: Progress) => void) => Promise<unknown>): Promise<Kept> => {
  let reports = 0;
  let last = { bytes: Number.NaN, states: 1, frontier: 0 };
  await run(({ states, frontier }) => {
    reports += 1;
    if (reports % REPORTS === 0) last = { bytes: alive(), states, frontier };
  });
  const { bytes, states, frontier } = last;
  return { bytesAState: (bytes - alive()) / states, waiting: frontier / states };
};

/** `61 bytes a state, of which 14 % wait`. */
export const keptText = ({ bytesAState, waiting }: Kept): string =>
  `${whole(bytesAState)} bytes a state, of which ${whole(100 * waiting)} % wait`;
