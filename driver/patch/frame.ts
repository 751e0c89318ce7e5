import { count } from "../../abi/count.ts";
import { hasLostBlanks, hasLostContext, restoreHunk } from "./archive-page.ts";
import { InputError, saveRawMail } from "./input-error.ts";
import { cleanPath, quoted } from "./sanitise.ts";

/**
 * The tolerant pass before the diff parser.
 *
 * It takes from a text only what belongs to a diff, by the counts in each hunk's header, and leaves prose,
 * signatures and the footers of mailing lists behind. What it hands on is strict, whatever the text went through;
 * what it cannot make strict it refuses by file and hunk.
 */

/** The part of a diff that speaks of one file. */
export interface FramedFile {
  /** `diff --git`, git's extended header lines, and the two file header lines. */
  readonly header: readonly string[];
  readonly hunks: readonly FramedHunk[];
  readonly isBinary: boolean;
}

/** One hunk: its header in the full form, and as many lines as that counts. */
export interface FramedHunk {
  readonly header: string;
  readonly lines: readonly string[];
}

/** What the pass took from a text. */
export interface Framed {
  readonly files: readonly FramedFile[];
  /** The text is an archive's web page: white space is lost, context must be compared without it. */
  readonly isMended: boolean;
}

/**
 * Takes the diff out of a text.
 *
 * @param label - the input's name for messages
 */
export const frameDiff = (label: string, lines: readonly string[]): Framed => {
  const exact = (): Framed => ({ files: frame(label, lines, exactHunk), isMended: hasLostBlanks(roughBodies(lines)) });
  if (!hasLostContext(roughBodies(lines))) return exact();
  try {
    return exact();
  } catch {
    const spaced = lines.map((line) => line.replaceAll("\u00a0", " "));
    return { files: frame(label, spaced, mendedHunk), isMended: true };
  }
};

interface OpenFile {
  readonly header: string[];
  readonly hunks: FramedHunk[];
  isBinary: boolean;
  hasNames: boolean;
}

interface HunkHeader {
  readonly text: string;
  readonly oldLines: number;
  readonly newLines: number;
}

/** Reads the lines of a hunk from `start` on; `after` is the line behind its last. */
type ReadHunk = (
  lines: readonly string[],
  start: number,
  header: HunkHeader,
  refuse: Refuse,
) => { readonly body: readonly string[]; readonly after: number };

type Refuse = (code: "truncated-hunk" | "hunk-count-mismatch", problem: string) => InputError;

const extendedHeader =
  /^(?:index |old mode |new mode |new file mode |deleted file mode |similarity index |dissimilarity index |rename |copy )/;
const binaryMark = /^(?:GIT binary patch$|Binary files .* differ$)/;
/** What other tools write between files, and what ends a mail's text. */
const mayFollowHunk = /^(?:diff |Index: |Only in |Binary files |Property changes |commit |From |-- ?$|[=_]{10,}$)/;
/** Whether a line below a hunk and a blank line is no part of the hunk. */
const isProse = (line: string): boolean => !/^(?:\+|-[^ -])/.test(line);
const hunkHeader = /^@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@/;

const frame = (label: string, lines: readonly string[], readHunk: ReadHunk): readonly FramedFile[] => {
  const files: OpenFile[] = [];
  const open = (): OpenFile => {
    const file: OpenFile = { header: [], hunks: [], isBinary: false, hasNames: false };
    files.push(file);
    return file;
  };

  let isBehindHunk = false;
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? "";
    const file = files.at(-1);
    const hunk = headerOf(line);
    if (line.startsWith("diff --git ")) {
      open().header.push(line);
    } else if (isFileHeader(lines, at)) {
      const named = file === undefined || file.hasNames || file.hunks.length > 0 ? open() : file;
      named.header.push(withoutDate(line), withoutDate(lines[at + 1] ?? ""));
      named.hasNames = true;
      at += 1;
    } else if (hunk !== undefined) {
      if (file?.hasNames !== true) {
        throw new InputError(
          "malformed-diff",
          `${label}: the hunk ${quoted(line)} stands under no file name`,
          saveRawMail,
        );
      }
      const { body, after } = readHunk(lines, at + 1, hunk, refusal(label, file, hunk));
      file.hunks.push({ header: hunk.text, lines: body });
      at = after - 1;
      isBehindHunk = true;
      continue;
    } else if (file !== undefined && !file.hasNames && file.hunks.length === 0 && extendedHeader.test(line)) {
      file.header.push(line);
    } else if (file !== undefined && file.hunks.length === 0 && binaryMark.test(line)) {
      file.isBinary = true;
    } else if (isBehindHunk && line === "") {
      continue;
    } else if (
      isBehindHunk &&
      file !== undefined &&
      !(lines[at - 1] === "" ? isProse(line) : mayFollowHunk.test(line))
    ) {
      const last = headerOf(file.hunks.at(-1)?.header ?? "");
      const problem = `is followed by ${quoted(line)}: its header counts too few lines, or a long line was wrapped`;
      throw refusal(label, file, last, 0)("hunk-count-mismatch", problem);
    }
    isBehindHunk = false;
  }
  return files;
};

const headerOf = (line: string): HunkHeader | undefined => {
  const [, oldStart, oldLines = "1", newStart, newLines = "1"] = hunkHeader.exec(line) ?? [];
  if (oldStart === undefined || newStart === undefined) return undefined;
  const text = `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`;
  return { text, oldLines: Number(oldLines), newLines: Number(newLines) };
};

const isFileHeader = (lines: readonly string[], at: number): boolean =>
  /^--- \S/.test(lines[at] ?? "") && /^\+\+\+ \S/.test(lines[at + 1] ?? "");

/** A file header line without the time that plain `diff` writes behind the name, be it behind a tab or, on a page, a space. */
const withoutDate = (line: string): string => line.replace(/[\t ]\d{4}-\d\d-\d\d[ T]\d\d:.*$/, "");

/** The end of a mail's text, by a mark that a hunk may hold too: here it counts only with git's version, or nothing, under it. */
const isSignature = (lines: readonly string[], at: number): boolean =>
  /^-- ?$/.test(lines[at] ?? "") && /^(?:\d+\.\d+.*)?$/.test(lines[at + 1] ?? "") && /^\s*$/.test(lines[at + 2] ?? "");

const endsBody = (lines: readonly string[], at: number): boolean => {
  const line = lines[at];
  return line === undefined || line.startsWith("diff --git ") || headerOf(line) !== undefined || isSignature(lines, at);
};

const refusal =
  (label: string, file: OpenFile, hunk: HunkHeader | undefined, ahead = 1): Refuse =>
  (code, problem) => {
    const number = file.hunks.length + ahead;
    return new InputError(
      code,
      `${label}: hunk ${number} of ${nameOf(file)} (${hunk?.text ?? ""}) ${problem}`,
      saveRawMail,
    );
  };

const nameOf = (file: OpenFile): string => {
  const names = file.header.flatMap((line) => /^(?:\+\+\+|---) ([^\t]+)/.exec(line)?.[1] ?? []);
  return cleanPath(names.reverse().find((name) => name !== "/dev/null") ?? "unnamed");
};

const missing = (
  lines: readonly string[],
  at: number,
  refuse: Refuse,
  hunk: HunkHeader,
  body: readonly string[],
): InputError => {
  const has = count(body.filter((line) => !line.startsWith("\\")).length, "line");
  const counts = `its header counts ${hunk.oldLines} old and ${hunk.newLines} new ones`;
  return lines[at] === undefined || isSignature(lines, at)
    ? refuse("truncated-hunk", `is cut off after ${has}: ${counts}`)
    : refuse("hunk-count-mismatch", `has ${has}, but ${counts}`);
};

/** A hunk that came unharmed. A line without its mark may be empty, or begin with the tab that followed the mark. */
const exactHunk: ReadHunk = (lines, start, hunk, refuse) => {
  const body: string[] = [];
  let { oldLines, newLines } = hunk;
  let at = start;
  for (; oldLines > 0 || newLines > 0 || lines[at]?.startsWith("\\ ") === true; at += 1) {
    const line = lines[at];
    if (line === undefined || isSignature(lines, at)) throw missing(lines, at, refuse, hunk, body);
    const marked = line === "" || line.startsWith("\t") ? ` ${line}` : line;
    if (!/^[ +\-\\]/.test(marked)) throw missing(lines, at, refuse, hunk, body);
    if (!/^[+\\]/.test(marked)) oldLines -= 1;
    if (!/^[-\\]/.test(marked)) newLines -= 1;
    if (oldLines < 0 || newLines < 0) {
      throw refuse("hunk-count-mismatch", `has other lines than its header counts: ${quoted(line)} is one too many`);
    }
    body.push(marked);
  }
  return { body, after: at };
};

/** A hunk from an archive's web page. */
const mendedHunk: ReadHunk = (lines, start, hunk, refuse) => {
  let end = start;
  // A hunk has at most as many lines as both its counts together, and notes that a file ends without a newline.
  const limit = start + hunk.oldLines + hunk.newLines + 2;
  while (end < limit && !endsBody(lines, end) && !isFileHeaderAfterHunk(lines, end)) end += 1;
  const body = restoreHunk(lines.slice(start, end), hunk);
  if (body === undefined) {
    throw endsBody(lines, end) && (lines[end] === undefined || isSignature(lines, end))
      ? missing(lines, end, refuse, hunk, lines.slice(start, end))
      : refuse("hunk-count-mismatch", "does not match the counts in its header");
  }
  return { body, after: start + body.length };
};

/** A file header right behind a hunk: the three lines that only a diff without `diff --git` lines has there. */
const isFileHeaderAfterHunk = (lines: readonly string[], at: number): boolean =>
  isFileHeader(lines, at) && headerOf(lines[at + 2] ?? "") !== undefined;

/** The lines under each hunk header, as many as its larger count says, for a look at their state. */
function* roughBodies(lines: readonly string[]): Generator<readonly string[]> {
  for (let at = 0; at < lines.length; at += 1) {
    const hunk = headerOf(lines[at] ?? "");
    if (hunk === undefined) continue;
    let end = at + 1;
    while (end <= at + Math.max(hunk.oldLines, hunk.newLines) && !endsBody(lines, end)) end += 1;
    yield lines.slice(at + 1, end);
    at = end - 1;
  }
}
