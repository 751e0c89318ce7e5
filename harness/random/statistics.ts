import type { Answer } from "../../checker/chooser.ts";
import type { Statistics } from "../../report/report.ts";
import type { SysramAction, SysramState } from "../state.ts";
import type { SysramSystem } from "../sysram-system.ts";
import type { Run, WatchedStep } from "./run.ts";

/** What drawn runs were made of; none of their steps is skipped, because they are drawn from what is possible. */
export type DrawnStatistics = Omit<Statistics, "warnings">;

interface Count {
  enabled: number;
  executed: number;
  refused: number;
  failed: number;
}

interface FaultCount {
  readonly function: string;
  readonly result: string;
  offered: number;
  given: number;
}

/** Columns of the histogram. */
const BUCKETS = 10;

/** Counts what runs are made of, while they are drawn. */
export class StatisticsCounter {
  readonly #system: SysramSystem;
  /** By the number of the command; those of one family share one count. */
  readonly #commands: Count[] = [];
  readonly #byName = new Map<string, Count>();
  /** The counts behind each list of answers, by question, so that nothing is put together on the way. */
  readonly #offers = new Map<string, Map<readonly Answer[], readonly (FaultCount | undefined)[]>>();
  readonly #faults = new Map<string, FaultCount>();
  readonly #lengths: number[] = [];
  /** Tasks that sleep, and in whose command something has failed already. */
  readonly #failing = new Set<number>();

  constructor(system: SysramSystem) {
    this.#system = system;
    for (const number of system.commands.keys()) this.#countOf(number);
  }

  /** Counts one step of the run that is being drawn. */
  step({ before, enabled, action, offers, result, after }: WatchedStep): void {
    for (const candidate of enabled) if (candidate.kind === "start") this.#countOf(candidate.command).enabled += 1;
    const counts = this.#countOf(commandOf(action, before));
    if (action.kind === "start") counts.executed += 1;
    if (result !== undefined && result < 0) counts.refused += 1;

    let hasFault = false;
    for (const { question, answers, answer } of offers) {
      const rows = this.#rowsOf(question, answers);
      for (let at = 0; at < answers.length; at += 1) {
        const row = rows[at];
        if (row === undefined) continue;
        row.offered += 1;
        if (answers[at] !== answer) continue;
        row.given += 1;
        hasFault = true;
      }
    }
    const task = action.kind !== "start" ? action.task : startedBy(before, after);
    if (hasFault && !(task !== undefined && this.#failing.has(task))) {
      counts.failed += 1;
      if (task !== undefined) this.#failing.add(task);
    }
    if (task !== undefined && !after.tasks.some(({ id }) => id === task)) this.#failing.delete(task);
  }

  /** Counts a run that has come to its end. */
  run({ steps }: Run): void {
    this.#failing.clear();
    this.#lengths.push(steps.length);
  }

  /** @param maxCommands - how long a run could become */
  report(maxCommands: number): DrawnStatistics {
    const width = Math.max(1, Math.ceil(maxCommands / BUCKETS));
    const buckets = Math.ceil(maxCommands / width);
    return {
      runs: this.#lengths.length,
      skipped: 0,
      commands: [...this.#byName].map(([command, count]) => ({ command, ...count })),
      faults: [...this.#faults.values()].map((count) => ({ ...count })),
      lengths: Array.from({ length: buckets }, (_, at) => {
        const [from, to] = [at === 0 ? 0 : at * width + 1, Math.min((at + 1) * width, maxCommands)];
        return { from, to, runs: this.#lengths.filter((length) => length >= from && length <= to).length };
      }),
    };
  }

  #countOf(number: number): Count {
    const known = this.#commands[number];
    if (known !== undefined) return known;
    const { label, family = label } = this.#system.commands[number]!;
    const count = this.#byName.get(family) ?? { enabled: 0, executed: 0, refused: 0, failed: 0 };
    this.#commands[number] = count;
    this.#byName.set(family, count);
    return count;
  }

  #rowsOf(question: string, answers: readonly Answer[]): readonly (FaultCount | undefined)[] {
    let lists = this.#offers.get(question);
    if (lists === undefined) {
      lists = new Map();
      this.#offers.set(question, lists);
    }
    let rows = lists.get(answers);
    if (rows === undefined) {
      rows = answers.map(({ label, fault }) => (fault === undefined ? undefined : this.#faultCount(question, label)));
      lists.set(answers, rows);
    }
    return rows;
  }

  #faultCount(question: string, answer: string): FaultCount {
    const key = `${question} = ${answer}`;
    const known = this.#faults.get(key);
    if (known !== undefined) return known;
    const count: FaultCount = { function: question, result: answer, offered: 0, given: 0 };
    this.#faults.set(key, count);
    return count;
  }
}

const commandOf = (action: SysramAction, { tasks }: SysramState): number =>
  action.kind === "start" ? action.command : tasks.find(({ id }) => id === action.task)!.command;

/** The task that began in this step and sleeps now. */
const startedBy = (before: SysramState, after: SysramState): number | undefined =>
  after.tasks.find(({ id }) => !before.tasks.some((task) => task.id === id))?.id;
