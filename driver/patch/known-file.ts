import { count } from "../../abi/count.ts";
import type { Hunk } from "./diff.ts";
import type { Where } from "./frame.ts";
import { InputError } from "./input-error.ts";
import { quoted } from "./sanitise.ts";

/**
 * A file of which only some lines may be known: those that the hunks of the patches so far have shown.
 *
 * A file that a patch made is known whole. Of any other, each hunk shows a few lines, and moves those behind it.
 * Removed lines stay in the list, without a number of their own, so that the old file can be read off too.
 */
export interface KnownFile {
  readonly isWhole: boolean;
  /** White space was lost on the way, so it does not count in comparisons. */
  readonly isMended: boolean;
  /** In the order of the file; by `now` where a line is still there, by `before` where it was there at first. */
  readonly lines: readonly KnownLine[];
}

/** One line, with its 1-based number before all patches and now; undefined where it was not there, or is no longer. */
export interface KnownLine {
  readonly text: string;
  readonly before: number | undefined;
  readonly now: number | undefined;
}

/** A file that was there before the patches, of which nothing is known yet. */
export const unknownFile: KnownFile = { isWhole: false, isMended: false, lines: [] };

/** A file that is not there yet. */
export const newFile: KnownFile = { isWhole: true, isMended: false, lines: [] };

/** The lines that are there now. */
export const presentLines = (file: KnownFile): readonly (KnownLine & { readonly now: number })[] =>
  file.lines.flatMap(({ text, before, now }) => (now === undefined ? [] : [{ text, before, now }]));

/**
 * The file as the hunks leave it. Each hunk must fit exactly where its header says; what is known must agree.
 *
 * @param place - how a line of the patch is called, and the path, for messages
 * @param isMended - the hunks have lost their white space
 */
export const applyHunks = (
  file: KnownFile,
  hunks: readonly Hunk[],
  place: { readonly where: Where; readonly path: string },
  isMended: boolean,
): KnownFile => {
  const isLoose = isMended || file.isMended;
  const same = (one: string, other: string): boolean => (isLoose ? collapsed(one) === collapsed(other) : one === other);
  const result: KnownLine[] = [];
  let lastNow = 0;
  let next = 0;
  // How far a line's number now is ahead of its number before the patches; and after this patch, of that before it.
  let shift = 0;
  let move = 0;
  let reached = 0;

  const put = (line: KnownLine): void => {
    result.push(line);
    lastNow = line.now ?? lastNow;
  };
  const pass = (): void => {
    const line = file.lines[next];
    next += 1;
    if (line === undefined) return;
    if (line.before === undefined) shift += 1;
    if (line.now === undefined) shift -= 1;
    put(line.now === undefined ? line : { ...line, now: line.now + move });
  };

  for (const [which, hunk] of hunks.entries()) {
    const refuse = (problem: string): InputError =>
      new InputError(
        "does-not-apply",
        `${place.where(hunk.start)}: hunk ${which + 1} of ${place.path} (${hunk.header}) does not apply: ${problem}`,
        "give the patches that it builds on as well, in order",
      );
    if (hunk.oldStart <= reached) throw refuse("it begins before the end of the one above it");
    while (next < file.lines.length && isAhead(file.lines[next], hunk.oldStart, shift)) pass();
    if (file.isWhole && hunk.oldStart > file.lines.length + 1) {
      throw refuse(`the file has only ${count(file.lines.length, "line")}`);
    }
    if (!file.isWhole) {
      move = hunk.newStart - hunk.oldStart;
      if (hunk.newStart <= lastNow) throw refuse("its place in the new file is already taken");
    }

    let at = hunk.oldStart;
    for (const marked of hunk.lines) {
      const text = marked.slice(1);
      if (marked.startsWith("\\")) continue;
      if (marked.startsWith("+")) {
        put({ text, before: undefined, now: at + move });
        move += 1;
        continue;
      }
      while (next < file.lines.length && isGone(file.lines[next], at, shift)) pass();
      const known = file.lines[next]?.now === at ? file.lines[next] : undefined;
      if (known === undefined && file.isWhole) {
        throw refuse(
          `line ${at} should read ${quoted(text)}, but the file has only ${count(file.lines.length, "line")}`,
        );
      }
      if (known !== undefined && !same(known.text, text)) {
        throw refuse(`line ${at} should read ${quoted(text)}, but it reads ${quoted(known.text)}`);
      }
      const line = known ?? { text, before: at - shift, now: at };
      if (known !== undefined) next += 1;
      if (line.before === undefined) shift += 1;
      if (marked.startsWith("-")) {
        // A line that an earlier patch added and this one takes away was never there.
        if (line.before !== undefined) put({ ...line, now: undefined });
        move -= 1;
      } else {
        put({ ...line, now: at + move });
      }
      at += 1;
    }
    reached = at - 1;
  }
  while (next < file.lines.length) pass();
  return { isWhole: file.isWhole, isMended: isLoose, lines: result };
};

/** Whether a known line lies before the line with this number; a removed one does if the lines around it do. */
const isAhead = (line: KnownLine | undefined, start: number, shift: number): boolean => {
  if (line === undefined) return false;
  return line.now === undefined ? isGone(line, start, shift) : line.now < start;
};

/** Whether a line is a removed one that once stood before the line that is number `at` now. */
const isGone = (line: KnownLine | undefined, at: number, shift: number): boolean =>
  line !== undefined && line.now === undefined && (line.before ?? 0) <= at - shift;

const collapsed = (text: string): string => text.replace(/\s+/g, " ").trim();
