import { count } from "./layout.ts";
import { printable } from "./printable.ts";

/** A file of the subject, as the patch leaves it, with what a search has run of it. */
export interface AnnotatedFile {
  readonly path: string;
  /** The lines that are known, by their numbers. */
  readonly text: ReadonlyMap<number, string>;
  readonly lines: readonly { readonly line: number; readonly hits: number; readonly because: string }[];
  readonly ways: readonly {
    readonly line: number;
    readonly way: string;
    readonly hits: number;
    readonly because: string;
  }[];
  readonly outcomes: readonly {
    readonly line: number;
    readonly question: string;
    readonly label: string;
    readonly given: number;
  }[];
}

/** Columns of a hit count, and of a line number. */
const COUNT = 10;
const LINE = 6;
const GUTTER = " ".repeat(COUNT + LINE + 2);
const TAB = 8;

/** A line of C with its tabs as spaces, so that what stands before it moves none of it. */
const expanded = (text: string): string => {
  let line = "";
  for (const part of text.split(/(\t)/)) line += part === "\t" ? " ".repeat(TAB - (line.length % TAB)) : part;
  return printable(line);
};

/** Adds up what is told of one thing in several places. */
const summed = <T>(list: readonly T[], nameOf: (item: T) => string, countOf: (item: T) => number) => {
  const totals = new Map<string, number>();
  for (const item of list) totals.set(nameOf(item), (totals.get(nameOf(item)) ?? 0) + countOf(item));
  return totals;
};

const notesOf = (file: AnnotatedFile, line: number): readonly string[] => {
  const here = <T extends { readonly line: number }>(list: readonly T[]): readonly T[] =>
    list.filter((each) => each.line === line);
  const code = here(file.lines)[0];
  const outcomes = here(file.outcomes);
  const questions = [...new Set(outcomes.map(({ question }) => question))];
  return [
    ...(code?.hits === 0 ? [`not run: ${code.because}`] : []),
    ...questions.map((question) => {
      const answers = outcomes.filter((each) => each.question === question);
      const told = [
        ...summed(
          answers,
          ({ label }) => label,
          ({ given }) => given,
        ),
      ];
      return `${question}: ${told.map(([label, given]) => (given === 0 ? `${label} never` : `${label} ${given}`)).join(", ")}`;
    }),
    ...here(file.ways)
      .filter(({ hits }) => hits === 0 && code?.hits !== 0)
      .map(({ way, because }) => `never ${way}${because === "" ? "" : `: ${because}`}`),
  ];
};

const fileText = (file: AnnotatedFile): string => {
  const hits = new Map(file.lines.map((each) => [each.line, each.hits]));
  const numbers = [...file.text.keys()].sort((one, other) => one - other);
  const rows = numbers.flatMap((line) => {
    const times = hits.get(line);
    const margin = `${(times === undefined ? "" : String(times)).padStart(COUNT)}${String(line).padStart(LINE)}`;
    return [
      `${margin}  ${expanded(file.text.get(line)!)}`.trimEnd(),
      ...notesOf(file, line).map((note) => `${GUTTER}^ ${printable(note)}`),
    ];
  });
  const run = file.lines.filter(({ hits: times }) => times > 0).length;
  const title = `${printable(file.path)}: ${run} of ${count(file.lines.length, "line")} run`;
  return [title, "", ...rows, ""].join("\n");
};

/**
 * The files of a subject as text: beside each line how often it was run, beneath it what each call there was answered, and
 * why what was not run was not.
 *
 * A count is of every step that the search took, so it tells what is common from what is rare and nothing of the speed.
 */
export const annotatedListing = (files: readonly AnnotatedFile[]): string => files.map(fileText).join("\n");
