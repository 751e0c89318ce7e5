import { replay, type Schedule } from "../../checker/schedule.ts";
import type { SysramSystem } from "../../harness/sysram-system.ts";
import { type Judgement, type JudgeOptions, judge } from "../../logs/judge.ts";
import { type RecordedEvent, recorded } from "../../logs/record.ts";
import type { LogSource } from "../../logs/source.ts";
import { DRIVER_NAMES, driverNames } from "../../logs/spoken.ts";

/** A log in memory. */
const sourceOf = (text: string): LogSource => ({
  name: "the log",
  lines: async (onLine) => {
    const lines = text.split("\n").slice(0, -1);
    for (const [index, line] of lines.entries()) if (!onLine(line, index + 1)) return;
  },
  close: async () => {},
});

const DEFAULTS: JudgeOptions = {
  format: undefined,
  policy: "intended",
  machine: undefined,
  driver: driverNames(new RegExp(DRIVER_NAMES)),
  knowledge: {},
  untraced: [],
};

/** Holds a text against the machines. */
export const judged = (text: string, options: Partial<JudgeOptions> = {}): Promise<Judgement> =>
  judge(sourceOf(text), { ...DEFAULTS, ...options });

/** What was called in a run. */
export const eventsOf = (system: SysramSystem, schedule: Schedule): readonly RecordedEvent[] =>
  recorded(system, () => replay(system, schedule));
