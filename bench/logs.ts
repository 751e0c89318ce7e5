import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import type { Chooser } from "../checker/chooser.ts";
import type { SysramSystem } from "../harness/sysram-system.ts";
import { FORMAT_NAMES } from "../logs/event.ts";
import { judge } from "../logs/judge.ts";
import { type RecordedEvent, recorded } from "../logs/record.ts";
import { openLog } from "../logs/source.ts";
import { DRIVER_NAMES, driverNames } from "../logs/spoken.ts";
import { writeLog } from "../logs/write.ts";

/**
 * How fast a log is held against the machines: a million lines of each format, each of them of the driver's lives.
 *
 * In a real log most lines are of something else and are passed over, which is faster; dmesg is such a log here.
 */
export const measureLogs = async (system: SysramSystem): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "sysram-verify-bench-"));
  try {
    const events = oneLife(system);
    for (const format of FORMAT_NAMES) {
      const piece = writeLog(events, format, { hasValues: true });
      const file = join(folder, format);
      writeRepeated(file, piece, LINES);
      const start = performance.now();
      const log = await openLog(file, process.stdin);
      const { verdict, lines } = await judge(log, {
        format: undefined,
        policy: "intended",
        machine: undefined,
        driver: driverNames(new RegExp(DRIVER_NAMES)),
        knowledge: {},
        untraced: [],
      });
      await log.close();
      const seconds = (performance.now() - start) / 1000;
      const name = `trace: ${format}, ${verdict}`.padEnd(42);
      process.stdout.write(`${name}  ${lines} lines  ${Math.round(lines / seconds)}/s wall  ${seconds.toFixed(1)} s\n`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const LINES = 1_000_000;

const LIFE = [
  "probe region0, online_movable",
  "echo offline > sysram_region0/hotplug",
  "echo online > sysram_region0/hotplug",
  "unbind the driver of region0",
];

const fine: Chooser = { choose: (_, [first]) => first };

const oneLife = (system: SysramSystem): readonly RecordedEvent[] =>
  recorded(system, () => {
    let state = system.initial[0]!;
    for (const label of LIFE) {
      const action = system.actions(state).find((candidate) => system.describe(candidate) === label)!;
      state = system.step(state, action, fine).state;
    }
  });

/** Writes the lines of a text again and again, its head once. */
const writeRepeated = (file: string, text: string, lines: number): void => {
  const body = text.split(/(?<=\n)/).filter((line) => !/^(?:#|cpus=)/.test(line));
  writeFileSync(file, text);
  for (let left = lines; left > 0; left -= body.length * 100) appendFileSync(file, body.join("").repeat(100));
};
