/**
 * One run as numbered lines: what the environment does, and beneath it what the subject then asks of the kernel, the
 * subject's own line beside each call.
 */
import { aroundSwitches, columnLines, hasColumns } from "./columns-text.ts";
import { type Cell, columnsOf, count, joined, type Look, type Paint, row, type Span, type Text } from "./layout.ts";
import { placeText } from "./place-text.ts";
import { printable, printableSource } from "./printable.ts";
import { type Focus, isCall, isFailure, relevantSteps } from "./relevance.ts";
import type { ReportStep } from "./report.ts";

export interface TraceOptions extends Look {
  /** Every call, or those that matter with the number of the others. */
  readonly shows: "all" | "relevant";
  /** What is wrong, and where; decides which calls matter. */
  readonly focus?: Focus;
}

const NO_FOCUS: Focus = { place: null, state: [] };

/** A command of the environment and what came of it. */
interface Chapter {
  /** Undefined where steps stand before the first command. */
  readonly command: ReportStep | undefined;
  readonly steps: readonly ReportStep[];
}

/** What is printed in one place: a step, or the number of calls that are left out. */
type Item =
  | { readonly kind: "step"; readonly step: ReportStep; readonly isSourceKnown: boolean }
  | { readonly kind: "left out"; readonly calls: number; readonly depth: number };

/** Columns before the steps of a command. */
const INDENT = 6;
/** Nesting beyond this depth is not shown by indentation. */
const DEEPEST = 5;
/** Columns between two cells of a line. */
const GAP = 2;

const chaptersOf = (steps: readonly ReportStep[]): readonly Chapter[] => {
  const chapters: { command: ReportStep | undefined; steps: ReportStep[] }[] = [];
  for (const step of steps) {
    if (step.kind === "command") chapters.push({ command: step, steps: [] });
    else if (chapters.length === 0) chapters.push({ command: undefined, steps: [step] });
    else chapters.at(-1)!.steps.push(step);
  }
  return chapters;
};

/** What a step does, as it would stand in C: `kfree(0x41000)`. Lines break between arguments. */
const callText = ({ function: name, arguments: values = [], what }: ReportStep): readonly Span[] => {
  if (name === undefined) return [{ text: what ?? "something" }];
  const last = values.length - 1;
  const inside = values.flatMap((value, at): readonly Span[] => [
    { text: at === last ? value : `${value},`, paint: "call", isWhole: true },
    ...(at === last ? [] : [{ text: " " }]),
  ]);
  return [{ text: `${name}(`, paint: "call" }, ...inside, { text: ")", paint: "call" }];
};

/** What a step does in words, or as it would stand in C where there are none. */
const wordsText = (step: ReportStep, paint: Paint): readonly Span[] =>
  step.what === undefined ? callText(step) : [{ text: step.what, paint }];

const resultText = (result: string | undefined): readonly (string | Span)[] =>
  result === undefined
    ? []
    : [" ", { text: `= ${result}`, isWhole: true, paint: isFailure(result) ? "warning" : "plain" }];

const because = ({ why }: ReportStep): readonly Span[] =>
  why === undefined ? [] : [{ text: `  (${why})`, paint: "faint" }];

/** The step itself, without its source line. */
const bodyOf = (step: ReportStep): readonly (string | Span)[] => {
  switch (step.kind) {
    case "command":
      return [
        ...wordsText(step, "heading"),
        ...(step.result === undefined ? [] : [`: returns ${step.result}`]),
        ...because(step),
      ];
    case "call":
      return [...callText(step), ...resultText(step.result), ...because(step)];
    case "fault":
      return [
        ...callText(step),
        { text: "   " },
        {
          text: `<-- fails${step.result === undefined ? "" : ` with ${step.result}`}`,
          paint: "warning",
          isWhole: true,
        },
        ...because(step),
      ];
    case "callback":
      return [{ text: "the kernel calls " }, ...callText(step), ...resultText(step.result), ...because(step)];
    case "return":
      return [{ text: `${step.function ?? "it"}() returns ${step.result ?? ""}` }, ...because(step)];
    case "note":
      return [...wordsText(step, "plain"), ...because(step)];
    case "violation":
      return [{ text: `!! ${step.what ?? "here the claim is broken"}`, paint: "bad" }, ...because(step)];
  }
};

/** The columns that the widest of these texts takes, up to a limit. */
const widest = (texts: readonly string[], limit: number): number =>
  texts.reduce((most, text) => Math.min(Math.max(most, columnsOf(printable(text))), limit), 0);

/** The steps to print. A single call is printed rather than counted: that takes one line too. */
const itemsOf = (steps: readonly ReportStep[], isShown: (step: ReportStep) => boolean): readonly Item[] => {
  const items: Item[] = [];
  let hidden: ReportStep[] = [];
  let source = "";
  const show = (step: ReportStep): void => {
    const own = !isCall(step) || step.text === undefined ? "" : `${placeText(step)} ${step.text}`;
    items.push({ kind: "step", step, isSourceKnown: own !== "" && own === source });
    source = own;
  };
  const settle = (): void => {
    const calls = hidden.filter(isCall);
    if (calls.length === 1) show(calls[0]!);
    else if (calls.length > 1) {
      items.push({ kind: "left out", calls: calls.length, depth: Math.min(...calls.map(({ depth }) => depth)) });
      source = "";
    }
    hidden = [];
  };
  for (const step of steps) {
    if (!isShown(step)) hidden.push(step);
    else {
      settle();
      show(step);
    }
  }
  settle();
  return items;
};

/** The columns in which the steps of a command are set. */
interface Columns {
  readonly look: Look;
  /** Width of the column of tasks; 0 where one task does it all. */
  readonly task: number;
  readonly place: number;
}

/** Lines of one step. Beside the source line stands what was called, where it fits; else beneath it. */
const stepRows = ({ look, task, place }: Columns, item: Item, shallowest: number): readonly string[] => {
  const depth = item.kind === "step" ? item.step.depth : item.depth;
  const nesting = 2 * Math.min(Math.max(depth - shallowest, 0), DEEPEST);
  const line = (who: string, where: string | undefined, text: Text, hang: number): readonly string[] => {
    const gutter = where === undefined || place === 0 ? 0 : place + GAP;
    const cells: readonly Cell[] = [
      { text: "", width: INDENT },
      { text: who, width: task },
      { text: "", width: task === 0 ? 0 : GAP },
      { text: { text: where ?? "", paint: "faint" }, width: Math.max(gutter - GAP, 0) },
      { text: "", width: Math.min(gutter, GAP) + nesting },
      { text, hang },
    ];
    return row(
      look,
      cells.filter(({ width }) => width !== 0),
    );
  };
  if (item.kind === "left out") {
    return line("", "", { text: `... ${count(item.calls, "call")}, all succeed`, paint: "faint" }, 0);
  }
  const { step, isSourceKnown } = item;
  const body = bodyOf(step);
  if (isSourceKnown) return line("", "", ["=> ", ...body], 3);
  if (!isCall(step) || step.text === undefined) return line(step.task, placeText(step) || undefined, body, 3);
  const beside = line(step.task, placeText(step), [printableSource(step.text), "   => ", ...body], 0);
  if (beside.length === 1) return beside;
  return [...line(step.task, placeText(step), printableSource(step.text), 4), ...line("", "", ["=> ", ...body], 5)];
};

const tasksOf = (steps: readonly ReportStep[]): readonly string[] => [...new Set(steps.map(({ task }) => task))];

/** @param hasOthers - whether other tasks run elsewhere, so that this one has to be named */
const titleRows = (look: Look, number: number, { command, steps }: Chapter, hasOthers: boolean): readonly string[] => {
  if (command === undefined) return [];
  const [task, another] = tasksOf(steps);
  const body = bodyOf(command);
  const isNamed = task === undefined || another !== undefined || (command.what ?? "").includes(task);
  const name: readonly Span[] = hasOthers && !isNamed ? [{ text: `  [${task}]`, paint: "faint" }] : [];
  return row(look, [
    { text: `${number}.`, width: INDENT - 2, isRight: true },
    { text: "", width: 1 },
    { text: [...body, ...name], hang: 2 },
  ]);
};

/** The lines of a run. */
export const traceLines = (
  steps: readonly ReportStep[],
  { shows, focus = NO_FOCUS, ...look }: TraceOptions,
): readonly string[] => {
  const relevant = relevantSteps(steps, focus);
  const shown = new Set(steps.filter((_, at) => shows === "all" || relevant[at]));
  if (hasColumns(steps, look)) {
    const around = aroundSwitches(steps);
    return columnLines(steps, (step) => shown.has(step) || around.has(step), look);
  }
  const chapters = chaptersOf(steps);
  const hasOthers = tasksOf(chapters.flatMap((chapter) => chapter.steps)).length > 1;
  const place = widest(steps.map(placeText), 22);
  const first = chapters[0]?.command === undefined ? 0 : 1;
  return chapters.flatMap((chapter, at) => {
    const tasks = tasksOf(chapter.steps);
    const columns: Columns = { look, task: tasks.length > 1 ? widest(tasks, 12) : 0, place };
    const shallowest = Math.min(...chapter.steps.map(({ depth }) => depth));
    return [
      ...titleRows(look, at + first, chapter, hasOthers),
      ...itemsOf(chapter.steps, (step) => shown.has(step)).flatMap((item) => stepRows(columns, item, shallowest)),
    ];
  });
};

/** The run step by step, for a terminal. */
export const renderTrace = (steps: readonly ReportStep[], options: TraceOptions): string =>
  joined(traceLines(steps, options));
