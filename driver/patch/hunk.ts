import { count } from "../../abi/count.ts";
import { restoreHunk } from "./archive-page.ts";
import type { InputError } from "./input-error.ts";
import { quoted } from "./sanitise.ts";

/** The numbers of a hunk's header, and the header in its full form. */
export interface HunkHeader {
  readonly text: string;
  readonly oldStart: number;
  readonly oldLines: number;
  readonly newStart: number;
  readonly newLines: number;
}

/** The lines of a hunk, each with its mark, and the line behind its last. */
export interface HunkBody {
  readonly body: readonly string[];
  readonly after: number;
}

/** Refuses a hunk for what is wrong at a line of the text. */
export type Refuse = (code: "truncated-hunk" | "hunk-count-mismatch", at: number, problem: string) => InputError;

/** Reads the lines of a hunk whose header is the line above `start`. */
export type ReadHunk = (lines: readonly string[], start: number, header: HunkHeader, refuse: Refuse) => HunkBody;

const hunkHeader = /^@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@/;

/** Reads a line as the header of a hunk; undefined where it is none. */
export const headerOf = (line: string): HunkHeader | undefined => {
  const [, oldStart, oldLines = "1", newStart, newLines = "1"] = hunkHeader.exec(line) ?? [];
  if (oldStart === undefined || newStart === undefined) return undefined;
  return {
    text: `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`,
    oldStart: Number(oldStart),
    oldLines: Number(oldLines),
    newStart: Number(newStart),
    newLines: Number(newLines),
  };
};

/** Whether a line and the one below it name a file before and after. */
export const isFileHeader = (lines: readonly string[], at: number): boolean =>
  /^--- \S/.test(lines[at] ?? "") && /^\+\+\+ \S/.test(lines[at + 1] ?? "");

/** The end of a mail's text, by a mark that a hunk may hold too: here it counts only with git's version, or nothing, under it. */
export const isSignature = (lines: readonly string[], at: number): boolean =>
  /^-- ?$/.test(lines[at] ?? "") && /^(?:\d+\.\d+.*)?$/.test(lines[at + 1] ?? "") && /^\s*$/.test(lines[at + 2] ?? "");

/** What other tools write between files, and what ends a mail's text. */
const mayFollow = /^(?:diff |Index: |Only in |Binary files |Property changes |commit |From |-- ?$|[=_]{10,}$)/;

/** Whether a line may stand right behind the last line of a hunk; a blank one may always. */
export const mayFollowHunk = (line: string): boolean => mayFollow.test(line);

const missing = (
  lines: readonly string[],
  [start, at]: readonly [start: number, at: number],
  refuse: Refuse,
  hunk: HunkHeader,
  body: readonly string[],
): InputError => {
  const has = count(body.filter((line) => !line.startsWith("\\")).length, "line");
  const counts = `its header counts ${hunk.oldLines} old and ${hunk.newLines} new ones`;
  return lines[at] === undefined || isSignature(lines, at)
    ? refuse("truncated-hunk", start - 1, `is cut off after ${has}: ${counts}`)
    : refuse("hunk-count-mismatch", at, `has ${has}, but ${counts}`);
};

/** A hunk that came unharmed. A line without its mark may be empty, or begin with the tab that followed the mark. */
export const exactHunk: ReadHunk = (lines, start, hunk, refuse) => {
  const body: string[] = [];
  let { oldLines, newLines } = hunk;
  let at = start;
  for (; oldLines > 0 || newLines > 0 || lines[at]?.startsWith("\\ ") === true; at += 1) {
    const line = lines[at];
    if (line === undefined || isSignature(lines, at)) throw missing(lines, [start, at], refuse, hunk, body);
    const marked = line === "" || line.startsWith("\t") ? ` ${line}` : line;
    if (!/^(?:[ +-]|\\ )/.test(marked)) throw missing(lines, [start, at], refuse, hunk, body);
    if (!/^[+\\]/.test(marked)) oldLines -= 1;
    if (!/^[-\\]/.test(marked)) newLines -= 1;
    if (oldLines < 0 || newLines < 0) {
      throw refuse(
        "hunk-count-mismatch",
        at,
        `has other lines than its header counts: ${quoted(line)} is one too many`,
      );
    }
    body.push(marked);
  }
  if (lines[at - 1] === "" && isBlankBelow(lines, at)) {
    throw missing(lines, [start, at - 1], refuse, hunk, body.slice(0, -1));
  }
  return { body, after: at };
};

/**
 * Whether the empty line that a hunk ends with is no context whose mark was trimmed, but the blank line below a hunk that
 * has lost one of its lines: prose goes on below it, or blank context elsewhere has kept its mark.
 */
const isBlankBelow = (lines: readonly string[], after: number): boolean => {
  const next = lines[after];
  if (next === undefined || next === "") return lines.includes(" ");
  return !mayFollowHunk(next) && headerOf(next) === undefined && !isFileHeader(lines, after);
};

const endsBody = (lines: readonly string[], at: number): boolean => {
  const line = lines[at];
  return line === undefined || line.startsWith("diff --git ") || headerOf(line) !== undefined || isSignature(lines, at);
};

/** A hunk from an archive's web page. */
export const mendedHunk: ReadHunk = (lines, start, hunk, refuse) => {
  let end = start;
  // A hunk has at most as many lines as both its counts together, and notes that a file ends without a newline.
  const limit = start + hunk.oldLines + hunk.newLines + 2;
  while (end < limit && !endsBody(lines, end) && !isFileHeaderAfterHunk(lines, end)) end += 1;
  const body = restoreHunk(lines.slice(start, end), hunk);
  if (body === undefined) {
    throw endsBody(lines, end) && (lines[end] === undefined || isSignature(lines, end))
      ? missing(lines, [start, end], refuse, hunk, lines.slice(start, end))
      : refuse("hunk-count-mismatch", start - 1, "does not match the counts in its header");
  }
  return { body, after: start + body.length };
};

/** A file header right behind a hunk: the three lines that only a diff without `diff --git` lines has there. */
const isFileHeaderAfterHunk = (lines: readonly string[], at: number): boolean =>
  isFileHeader(lines, at) && headerOf(lines[at + 2] ?? "") !== undefined;

/** The lines under each hunk header, as many as its larger count says, for a look at their state. */
export function* roughBodies(lines: readonly string[]): Generator<readonly string[]> {
  for (let at = 0; at < lines.length; at += 1) {
    const hunk = headerOf(lines[at] ?? "");
    if (hunk === undefined) continue;
    let end = at + 1;
    while (end <= at + Math.max(hunk.oldLines, hunk.newLines) && !endsBody(lines, end)) end += 1;
    yield lines.slice(at + 1, end);
    at = end - 1;
  }
}
