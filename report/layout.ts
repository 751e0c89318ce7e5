/**
 * Lays out text for a terminal: wraps it, sets it in columns, and paints it.
 *
 * All text passes through here on its way to a terminal, and is made printable here: nothing else has to think of it.
 */
import picocolors from "picocolors";
import { printable } from "./printable.ts";

/** What a piece of text means for the reader; without colour it has to be clear from the words alone. */
export type Paint = "plain" | "heading" | "faint" | "bad" | "good" | "warning" | "call";

/** A piece of text with its meaning. */
export interface Span {
  readonly text: string;
  readonly paint?: Paint;
  /** Not broken at its spaces. */
  readonly isWhole?: boolean;
}

/** Text as the callers write it: a bare string is plain. */
export type Text = string | Span | readonly (string | Span)[];

/** One cell of a row. */
export interface Cell {
  readonly text: Text;
  /** In columns; the one cell of a row without a width takes what is left. */
  readonly width?: number;
  /** Continued lines stand this much further to the right, in columns. */
  readonly hang?: number;
  readonly isRight?: boolean;
}

/** How text is shown. */
export interface Look {
  /** Columns of the terminal. */
  readonly width: number;
  readonly isColour: boolean;
}

/** Text in one paint. */
interface Piece {
  readonly text: string;
  readonly paint: Paint;
}

/** What wrapping does not break. */
interface Word {
  readonly pieces: Piece[];
  /** The width of the space before it, where it does not begin a line. */
  readonly gap: number;
}

interface Line {
  readonly pieces: readonly Piece[];
  readonly columns: number;
}

const NO_LINE: Line = { pieces: [], columns: 0 };

/** Letters that terminals show two columns wide, and marks that take none. */
const wide =
  /[\u1100-\u115f\u231a-\u231b\u23e9-\u23f3\u25fd-\u25fe\u2614-\u27bf\u2b1b-\u2b55\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18fff}\u{1aff0}-\u{1b2ff}\u{1f000}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const mark = /\p{M}/u;

const columnsOfLetter = (letter: string): number => {
  if (letter >= " " && letter <= "~") return 1;
  return wide.test(letter) ? 2 : mark.test(letter) ? 0 : 1;
};

/** How many columns printable text takes. */
export const columnsOf = (text: string): number => {
  let columns = 0;
  for (const letter of text) columns += columnsOfLetter(letter);
  return columns;
};

const spansOf = (text: Text): readonly Span[] => {
  const list = typeof text === "string" || "text" in text ? [text] : text;
  return list.map((piece) => (typeof piece === "string" ? { text: piece } : piece));
};

/** The words of a text. What follows without a space belongs to the word before, also in another paint. */
const wordsOf = (text: Text): readonly Word[] => {
  const words: Word[] = [];
  let gap = 0;
  let isNew = true;
  for (const { text: raw, paint = "plain", isWhole = false } of spansOf(text)) {
    const shown = printable(raw);
    for (const piece of isWhole ? [shown] : shown.split(/( +)/)) {
      if (piece === "") continue;
      if (/^ +$/.test(piece)) {
        gap += piece.length;
        isNew = true;
      } else if (isNew) {
        words.push({ pieces: [{ text: piece, paint }], gap });
        gap = 0;
        isNew = false;
      } else words.at(-1)!.pieces.push({ text: piece, paint });
    }
  }
  return words;
};

const painter = (isColour: boolean): ((text: string, paint: Paint) => string) => {
  const { bold, dim, red, green, yellow, cyan } = picocolors.createColors(isColour);
  const paints: Readonly<Record<Paint, (text: string) => string>> = {
    plain: (text) => text,
    heading: bold,
    faint: dim,
    bad: (text) => bold(red(text)),
    good: green,
    warning: yellow,
    call: cyan,
  };
  return (text, paint) => paints[paint](text);
};

/** The most letters from the start of `text` that fit into `columns`. */
const fitting = (text: string, columns: number): string => {
  let end = 0;
  let used = 0;
  for (const letter of text) {
    used += columnsOfLetter(letter);
    if (used > columns) break;
    end += letter.length;
  }
  return text.slice(0, end);
};

const firstLetter = (text: string): string => String.fromCodePoint(text.codePointAt(0)!);

/** Breaks text into lines at its spaces, and within a word only where the word alone is too long. */
const wrap = (text: Text, width: number, hang: number): readonly Line[] => {
  const lines: Line[] = [];
  let pieces: Piece[] = [];
  let columns = 0;
  let isEmpty = true;
  const add = (piece: string, paint: Paint): void => {
    const last = pieces.at(-1);
    if (last?.paint === paint) pieces[pieces.length - 1] = { text: last.text + piece, paint };
    else pieces.push({ text: piece, paint });
    columns += columnsOf(piece);
    isEmpty = false;
  };
  const breakLine = (): void => {
    lines.push({ pieces, columns });
    pieces = hang === 0 ? [] : [{ text: " ".repeat(hang), paint: "plain" }];
    columns = hang;
    isEmpty = true;
  };

  for (const word of wordsOf(text)) {
    if (!isEmpty) {
      const needed = word.pieces.reduce((sum, piece) => sum + columnsOf(piece.text), word.gap);
      if (columns + needed > width) breakLine();
      else add(" ".repeat(word.gap), pieces.at(-1)!.paint === word.pieces[0]!.paint ? word.pieces[0]!.paint : "plain");
    }
    for (const { text: whole, paint } of word.pieces) {
      for (let rest = whole; rest !== ""; ) {
        const part = fitting(rest, width - columns);
        if (part === "" && !isEmpty) {
          breakLine();
          continue;
        }
        const taken = part === "" ? firstLetter(rest) : part;
        add(taken, paint);
        rest = rest.slice(taken.length);
      }
    }
  }
  if (!isEmpty) lines.push({ pieces, columns });
  return lines;
};

/** The narrowest terminal that is laid out for, and the widest that is used. */
const NARROWEST = 64;
const WIDEST = 120;

/** The width to lay out for: a line that is too long is as hard to read as one that is too short. */
export const readableWidth = (width: number): number => Math.min(Math.max(Math.floor(width) || 80, NARROWEST), WIDEST);

/** The lines of one row of cells, side by side, without spaces at their ends. */
export const row = ({ width, isColour }: Look, cells: readonly Cell[]): readonly string[] => {
  const paint = painter(isColour);
  const fixed = cells.reduce((sum, cell) => sum + (cell.width ?? 0), 0);
  const rest = Math.max(readableWidth(width) - fixed, 10);
  const blocks = cells.map((cell) => {
    const cellWidth = cell.width ?? rest;
    return { cellWidth, isRight: cell.isRight === true, lines: wrap(cell.text, cellWidth, cell.hang ?? 0) };
  });
  const height = Math.max(0, ...blocks.map(({ lines }) => lines.length));
  return Array.from({ length: height }, (_, at) => {
    let line = "";
    let spaces = 0;
    for (const { cellWidth, isRight, lines } of blocks) {
      const { pieces, columns } = lines[at] ?? NO_LINE;
      const free = Math.max(cellWidth - columns, 0);
      if (columns === 0) spaces += cellWidth;
      else {
        const painted = pieces.map((piece) => paint(piece.text, piece.paint)).join("");
        line += " ".repeat(spaces + (isRight ? free : 0)) + painted;
        spaces = isRight ? 0 : free;
      }
    }
    return line;
  });
};

const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** `1,204` */
export const formatNumber = (value: number): string => grouped.format(value);

/** `1,204 states`, `1 state` */
export const count = (number: number, noun: string, plural = `${noun}s`): string =>
  `${formatNumber(number)} ${number === 1 ? noun : plural}`;

/** `740 ms`, `3.2 s`, `2 min 5 s`, `1 h 3 min` */
export const formatDuration = (milliseconds: number): string => {
  const ms = Math.max(0, Math.round(milliseconds));
  if (ms < 1000) return `${ms} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${formatNumber(Math.floor(minutes / 60))} h ${minutes % 60} min`;
};

/** `1, 2 and 3` */
export const listed = (items: readonly (string | number)[]): string => {
  if (items.length < 2) return items.join("");
  return `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
};

/** A line that is never broken, because it is to be copied as it stands. */
export const unbroken = ({ isColour }: Look, indent: number, { text, paint = "plain" }: Span): string =>
  " ".repeat(indent) + painter(isColour)(printable(text), paint);

/** Text with the same space before each line; continued lines stand `hang` columns further to the right. */
export const paragraph = (look: Look, indent: number, text: Text, hang = 0): readonly string[] =>
  row(look, [
    { text: "", width: indent },
    { text, hang },
  ]);

/** Columns of the label before a paragraph. */
export const LABEL = 11;

/** A name behind some space, in so many columns, and a paragraph beside it. */
export const beside = (look: Look, indent: number, name: Cell, text: Text, hang = 2): readonly string[] =>
  row(look, [{ text: "", width: indent }, name, { text, hang }]);

/** A label, and a paragraph beside it. */
export const labelled = (look: Look, label: string, text: Text, hang = 0): readonly string[] =>
  beside(look, 2, { text: { text: label, paint: "faint" }, width: LABEL }, text, hang);

/** Paragraphs with one label before the first. */
export const labelledList = (look: Look, label: string, texts: readonly Text[]): readonly string[] =>
  texts.flatMap((text, at) => labelled(look, at === 0 ? label : "", text, 2));

/** Lines as one text. */
export const joined = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");
