import { printable } from "./sanitise.ts";

/**
 * A patch copied from a mail archive's web page.
 *
 * Such a page shows the mail as prose: each run of blanks became one space, the blanks at the start of a line
 * are gone, so a line of context has lost the mark that makes it one, and addresses are masked. Added and
 * removed lines keep their marks. What the C means survives, for white space means nothing to it outside a
 * string; which line is context follows from the counts in each hunk's header.
 */

/** What such a page tells above the text of the mail. */
export interface Preamble {
  readonly subject: string | undefined;
  readonly author: string | undefined;
  readonly date: string | undefined;
}

/** Reads the heading of an archive page: the subject as a line of its own, then `From:` and `Date:` between blank lines. */
export const readPreamble = (lines: readonly string[]): Preamble => {
  const heading = lines.slice(0, 20);
  const field = (name: string): string | undefined =>
    heading
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2)
      .trim();
  const subject = heading
    .find((line) => line.trim() !== "")
    ?.replace(/^Subject:\s*/, "")
    .trim();
  const shown = (text: string | undefined): string | undefined =>
    text === undefined || text === "" ? undefined : printable(text);
  return {
    subject: subject !== undefined && /\[[^\]]*PATCH[^\]]*\]/i.test(subject) ? shown(subject) : undefined,
    author: shown(field("From")),
    date: shown(field("Date")),
  };
};

/**
 * Whether the lines of some hunks show this damage: there is context that has lost its mark, and none that kept it.
 *
 * A patch with one stray line is not a page but a broken patch.
 */
export const hasLostContext = (bodies: Iterable<readonly string[]>): boolean => {
  let isLost = false;
  for (const body of bodies) {
    for (const line of body) {
      if (/^[ \t]\s*\S/.test(line)) return false;
      if (/^[^\s+\-\\]/.test(line)) isLost = true;
    }
  }
  return isLost;
};

/**
 * Whether added lines alone show the damage: C without one tab or two blanks in a row, and yet indented.
 */
export const hasLostBlanks = (bodies: Iterable<readonly string[]>): boolean => {
  let isIndented = false;
  for (const body of bodies) {
    for (const line of body) {
      if (/\t| {2}/.test(line)) return false;
      if (/^[+-] [^ *]/.test(line)) isIndented = true;
    }
  }
  return isIndented;
};

/**
 * Gives the lines of a damaged hunk their marks again.
 *
 * A line that begins with neither `+` nor `-` is context. One that does may be context too, if it began with that
 * sign behind its blanks; the counts tell when all such lines of one sign are meant, and otherwise the page does
 * not say enough.
 *
 * @param lines - all lines up to the next header
 * @returns the hunk, or undefined where the counts cannot be met in exactly one way
 */
export const restoreHunk = (
  lines: readonly string[],
  counts: { readonly oldLines: number; readonly newLines: number },
): readonly string[] | undefined => {
  const first = firstReading(lines, counts);
  if (first !== undefined) return first;

  const count = (sign: string): number => lines.filter((line) => line.startsWith(sign)).length;
  const [plus, minus, notes] = [count("+"), count("-"), count("\\")];
  const context = lines.length - plus - minus - notes;
  const plusAsContext = counts.oldLines - context - minus;
  const minusAsContext = counts.newLines - context - plus;
  const isAllOrNone = (part: number, all: number): boolean => part === 0 || part === all;
  if (!isAllOrNone(plusAsContext, plus) || !isAllOrNone(minusAsContext, minus)) return undefined;
  return lines.map((line) => {
    if (line.startsWith("\\")) return line;
    if (line.startsWith("+") && plusAsContext === 0) return line;
    if (line.startsWith("-") && minusAsContext === 0) return line;
    return ` ${line}`;
  });
};

/** Reads every sign as what it seems, and stops as soon as the counts are met. */
const firstReading = (
  lines: readonly string[],
  counts: { readonly oldLines: number; readonly newLines: number },
): readonly string[] | undefined => {
  const read: string[] = [];
  let { oldLines, newLines } = counts;
  for (const line of lines) {
    if (oldLines === 0 && newLines === 0 && !line.startsWith("\\")) return read;
    if (/^[+\-\\]/.test(line)) read.push(line);
    else read.push(` ${line}`);
    if (!line.startsWith("+") && !line.startsWith("\\")) oldLines -= 1;
    if (!line.startsWith("-") && !line.startsWith("\\")) newLines -= 1;
    if (oldLines < 0 || newLines < 0) return undefined;
  }
  return oldLines === 0 && newLines === 0 ? read : undefined;
};
