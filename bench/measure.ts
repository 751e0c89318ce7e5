import { performance } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Exploration, Progress } from "../checker/explore.ts";

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

/** Bytes for each state that a search has met, when it was looked at last: what it keeps of states, and of those that wait. */
export const bytesAState = async (
  run: (onProgress: (progress: Progress) => void) => Promise<unknown>,
): Promise<number> => {
  const before = alive();
  let reports = 0;
  let bytes = Number.NaN;
  await run(({ states }) => {
    reports += 1;
    if (reports % REPORTS === 0) bytes = (alive() - before) / states;
  });
  return bytes;
};
