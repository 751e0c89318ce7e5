/** A run of several tasks: one column for each task, time running downwards. */
import { type Cell, columnsOf, type Look, paragraph, readableWidth, row, type Span, type Text } from "./layout.ts";
import { printableSource } from "./printable.ts";
import { isCall, isFailure } from "./relevance.ts";
import type { ReportStep } from "./report.ts";

/** Columns before the columns of the tasks. */
const INDENT = 4;
const GAP = 3;
/** Nesting beyond this depth is not shown by indentation. */
const DEEPEST = 3;

const EVERYBODY = "the environment";

/** The tasks that commands of a run belong to, in the order of their names. */
const tasksIn = (steps: readonly ReportStep[]): readonly string[] =>
  [...new Set(steps.filter(({ kind }) => kind === "command").map(({ task }) => task))]
    .filter((task) => task !== EVERYBODY)
    .sort();

const NARROWEST_COLUMN = 32;

const widthOfColumns = (tasks: number, look: Look): number =>
  Math.floor((readableWidth(look.width) - INDENT - GAP * (tasks - 1)) / tasks);

/** Whether a run has several tasks that do commands, and there is room for a column for each. */
export const hasColumns = (steps: readonly ReportStep[], look: Look): boolean => {
  const { length } = tasksIn(steps);
  return length > 1 && widthOfColumns(length, look) >= NARROWEST_COLUMN;
};

/** The line of the subject alone: the run is that of one driver, and its file is named in the finding's place. */
const lineOf = ({ line }: ReportStep): string => (line === undefined ? "" : `:${line} `);

const callOf = ({ function: name = "", arguments: values = [] }: ReportStep): string => `${name}(${values.join(", ")})`;

const resultOf = ({ result }: ReportStep): readonly Span[] =>
  result === undefined ? [] : [{ text: ` = ${result}`, paint: isFailure(result) ? "warning" : "plain" }];

/** The start of a text that fits into so many columns. */
const shortened = (text: string, columns: number): string => {
  if (columnsOf(text) <= columns) return text;
  let start = text;
  while (columnsOf(start) > Math.max(columns - 3, 0)) start = start.slice(0, -1);
  return `${start}...`;
};

/**
 * The calls on both sides of each point where a task gave way: the last one before it, and the first one behind.
 */
export const aroundSwitches = (steps: readonly ReportStep[]): ReadonlySet<ReportStep> => {
  const found = new Set<ReportStep>();
  for (const [at, step] of steps.entries()) {
    const next = steps[at + 1];
    if (next === undefined || next.task === step.task) continue;
    const before = steps.slice(0, at + 1).findLast((each) => each.task === step.task && isCall(each));
    const after = steps.slice(at + 1).find((each) => each.task === step.task && isCall(each));
    if (before !== undefined) found.add(before);
    if (after !== undefined) found.add(after);
  }
  return found;
};

const bodyOf = (step: ReportStep): Text => {
  switch (step.kind) {
    case "command":
      return { text: step.what ?? callOf(step), paint: "heading" };
    case "call":
    case "fault": {
      return [
        ...(step.text === undefined ? [{ text: lineOf(step), paint: "faint" } as const] : ["=> "]),
        { text: step.text === undefined ? callOf(step) : `${step.function ?? ""}()`, paint: "call" },
        ...resultOf(step),
        ...(step.kind === "fault" ? [{ text: "  <-- made to fail", paint: "warning" } as const] : []),
      ];
    }
    case "callback":
      return [{ text: lineOf(step), paint: "faint" }, `the kernel calls ${step.function ?? ""}()`];
    case "return":
      return `${step.function ?? "it"}() returns ${step.result ?? ""}`;
    case "note":
      return { text: `-- ${step.what ?? ""}`, paint: "warning" };
    case "violation":
      return { text: `!! ${step.what ?? "here the claim is broken"}`, paint: "bad" };
  }
};

/**
 * The lines of a run, each step in the column of its task.
 *
 * What stands between two steps that are shown and is not is counted in the column of its task.
 */
export const columnLines = (
  steps: readonly ReportStep[],
  isShown: (step: ReportStep) => boolean,
  look: Look,
): readonly string[] => {
  const tasks = tasksIn(steps);
  const width = widthOfColumns(tasks.length, look);
  const inColumn = (task: string, text: Text, nesting = 0): readonly string[] => {
    const cells: Cell[] = [{ text: "", width: INDENT }];
    for (const [index, each] of tasks.entries()) {
      if (index > 0) cells.push({ text: "", width: GAP });
      if (each === task && nesting > 0) cells.push({ text: "", width: nesting });
      cells.push({ text: each === task ? text : "", width: width - (each === task ? nesting : 0), hang: 4 });
    }
    return row(look, cells);
  };
  const lines: string[] = [];
  let hidden = 0;
  let hiddenTask = "";
  const settle = (): void => {
    if (hidden > 0) {
      lines.push(...inColumn(hiddenTask, { text: `... ${hidden} call${hidden === 1 ? "" : "s"}`, paint: "faint" }, 2));
    }
    hidden = 0;
  };
  lines.push(
    ...row(look, [
      { text: "", width: INDENT },
      ...tasks.flatMap((task, index): readonly Cell[] => [
        ...(index > 0 ? [{ text: "", width: GAP }] : []),
        { text: { text: task, paint: "faint" }, width },
      ]),
    ]),
  );
  for (const step of steps) {
    if (!isShown(step) && isCall(step)) {
      if (hiddenTask !== step.task) settle();
      hiddenTask = step.task;
      hidden += 1;
      continue;
    }
    if (!isShown(step)) continue;
    settle();
    if (step.task === EVERYBODY) lines.push(...paragraph(look, INDENT, bodyOf(step), 3));
    else {
      const nesting = 2 * Math.min(step.depth, DEEPEST);
      if ((isCall(step) || step.kind === "note") && step.text !== undefined) {
        const source = shortened(`${lineOf(step)}${printableSource(step.text).trim()}`, width - nesting);
        lines.push(...inColumn(step.task, { text: source, paint: "faint", isWhole: true }, nesting));
        lines.push(...inColumn(step.task, bodyOf(step), nesting + 2));
      } else lines.push(...inColumn(step.task, bodyOf(step), nesting));
    }
  }
  settle();
  return lines;
};
