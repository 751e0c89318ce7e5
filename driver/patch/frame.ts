import { hasLostBlanks, hasLostContext } from "./archive-page.ts";
import { binaryMark, headerComplaint, isExtendedHeader, keywordOf } from "./file-header.ts";
import {
  exactHunk,
  type HunkHeader,
  headerOf,
  isFileHeader,
  isSignature,
  mayFollowHunk,
  mendedHunk,
  type ReadHunk,
  type Refuse,
  roughBodies,
} from "./hunk.ts";
import { InputError, saveRawMail } from "./input-error.ts";
import { cleanPath, quoted } from "./sanitise.ts";

/**
 * The pass before the diff parser, tolerant of what is no patch and of nothing else.
 *
 * It takes from a text what belongs to a diff, by the counts in each hunk's header, and leaves prose, signatures and the
 * footers of mailing lists behind. What it hands on is strict, whatever the text went through. What looks like a part of
 * a patch and is not understood is refused with its line, or told in a note: never passed over.
 */

/** The part of a diff that speaks of one file. */
export interface FramedFile {
  /** Its first line, counted from 0. */
  readonly start: number;
  /** `diff --git`, git's extended header lines, and the two file header lines. */
  readonly header: readonly string[];
  readonly hunks: readonly FramedHunk[];
  readonly isBinary: boolean;
}

/** One hunk: its header in the full form, and as many lines as that counts. */
export interface FramedHunk {
  /** The line of its header, counted from 0. */
  readonly start: number;
  readonly header: string;
  readonly lines: readonly string[];
}

/** What the pass took from a text. */
export interface Framed {
  readonly files: readonly FramedFile[];
  /** The text is an archive's web page: white space is lost, context must be compared without it. */
  readonly isMended: boolean;
  /** What was left out, or reads as if it had been changed by hand; one sentence each. */
  readonly notes: readonly string[];
}

/** Names a line of the text, counted from 0, in a message: `v4.mbox:57, "[PATCH] ..."`. */
export type Where = (at: number) => string;

/** Takes the diff out of a text. */
export const frameDiff = (where: Where, lines: readonly string[]): Framed => {
  const exact = (): Framed => ({ ...frame(where, lines, exactHunk), isMended: hasLostBlanks(roughBodies(lines)) });
  if (!hasLostContext(roughBodies(lines))) return exact();
  try {
    return exact();
  } catch {
    const spaced = lines.map((line) => line.replaceAll("\u00a0", " "));
    return { ...frame(where, spaced, mendedHunk), isMended: true };
  }
};

interface OpenFile {
  readonly start: number;
  readonly header: string[];
  readonly hunks: FramedHunk[];
  isBinary: boolean;
  /** How many lines the hunks so far add to the file. */
  growth: number;
}

/**
 * What the lines so far lead to: `prose` around diffs, the lines of a `header` behind `diff --git`, the first hunk behind
 * the `names`, and what may stand behind a `hunk`, or behind a hunk and a `blank` line.
 */
type Zone = "prose" | "header" | "names" | "hunk" | "blank";

/** How far the pass has come. */
interface Progress {
  readonly where: Where;
  readonly lines: readonly string[];
  readonly readHunk: ReadHunk;
  readonly files: OpenFile[];
  readonly notes: string[];
  zone: Zone;
  /** The next line. */
  at: number;
}

const frame = (
  where: Where,
  lines: readonly string[],
  readHunk: ReadHunk,
): { readonly files: readonly FramedFile[]; readonly notes: readonly string[] } => {
  const at = messageEnd(lines);
  const notes = hunksInProse(lines.slice(0, at)).map(
    ([first, header]) => `${where(first)}: the hunk ${header} stands in the message, above the patch, and is left out`,
  );
  const pass: Progress = { where, lines, readHunk, files: [], notes, zone: "prose", at };
  while (pass.at < lines.length) takeLine(pass);
  if (pass.zone === "names") throw refusal(pass, lines.length - 1, "the text ends where a hunk should begin");
  close(pass);
  return pass;
};

const takeLine = (pass: Progress): void => {
  const { lines, at, files, zone } = pass;
  const line = lines[at] ?? "";
  if (zone === "names") takeHunk(pass, files.at(-1));
  else if (line.startsWith("diff --git ")) {
    close(pass);
    open(pass).header.push(line);
    pass.zone = "header";
    pass.at += 1;
  } else if (isFileHeader(lines, at) && !(files.length === 0 && isProseAlone(lines, at))) takeNames(pass);
  else if (headerOf(line) !== undefined) takeHunk(pass, files.at(-1));
  else if (zone === "header" && !endsHeader(lines, at)) takeHeaderLine(pass, files.at(-1)!);
  else if ((zone === "hunk" || zone === "blank") && line === "") {
    pass.zone = "blank";
    pass.at += 1;
  } else takeProse(pass);
};

const open = ({ files, at }: Progress): OpenFile => {
  const file: OpenFile = { start: at, header: [], hunks: [], isBinary: false, growth: 0 };
  files.push(file);
  return file;
};

/** Refuses a file whose header, now that all of it is known, makes no sense. */
const close = (pass: Progress): void => {
  const file = pass.files.at(-1);
  if (file === undefined) return;
  const complaint = headerComplaint(file.header, file.isBinary || file.hunks.length > 0);
  if (complaint !== undefined) throw refusal(pass, file.start, `${quoted(pass.lines[file.start] ?? "")} ${complaint}`);
};

/** The two lines that name a file before and after: of the file that `diff --git` began, or of another. */
const takeNames = (pass: Progress): void => {
  const { lines, at, zone } = pass;
  const names = [lines[at] ?? "", lines[at + 1] ?? ""].map(withoutDate);
  if (zone === "header") pass.files.at(-1)?.header.push(...names);
  else {
    const above = pass.files.at(-1);
    if (
      above?.hunks.length === 0 &&
      !above.isBinary &&
      names.some((name) => above.header[0]?.includes(name.slice(4)))
    ) {
      throw refusal(
        pass,
        at,
        `${quoted(lines[at] ?? "")} stands apart from the \`diff --git\` line that it belongs to`,
      );
    }
    close(pass);
    open(pass).header.push(...names);
    pass.notes.push(...differentNames(names).map((note) => `${pass.where(at)}: ${note}`));
  }
  pass.zone = "names";
  pass.at += 2;
};

const takeHunk = (pass: Progress, file: OpenFile | undefined): void => {
  const { where, lines, at, zone } = pass;
  const line = lines[at] ?? "";
  const hunk = headerOf(line);
  if (hunk === undefined) {
    throw refusal(pass, at, `${quoted(line)} is no header of a hunk, and one should follow the names of a file`);
  }
  if (file === undefined || (zone !== "names" && zone !== "hunk")) {
    throw refusal(pass, at, `the hunk ${quoted(line)} stands under no file name`);
  }
  const { body, after } = pass.readHunk(lines, at + 1, hunk, hunkRefusal(where, file, hunk));
  pass.notes.push(...shifted(file, hunk).map((note) => `${where(at)}: ${note}`));
  file.hunks.push({ start: at, header: hunk.text, lines: body });
  file.growth += hunk.newLines - hunk.oldLines;
  pass.zone = "hunk";
  pass.at = after;
};

const takeHeaderLine = (pass: Progress, file: OpenFile): void => {
  const { lines, at } = pass;
  const line = lines[at] ?? "";
  pass.at += 1;
  if (binaryMark.test(line)) {
    file.isBinary = true;
    pass.zone = "prose";
    if (line.startsWith("GIT")) pass.at = behindBinary(lines, at + 1);
    return;
  }
  if (!isExtendedHeader(line))
    throw refusal(pass, at, `${quoted(line)} is not understood in the header of ${nameOf(file)}`);
  const isSaid = file.header.some((other) => other.startsWith(keywordOf(line)));
  if (isSaid) throw refusal(pass, at, `${quoted(line)} is the second of its kind in the header of ${nameOf(file)}`);
  file.header.push(line);
};

/** A line that belongs to no file, unless it should. */
const takeProse = (pass: Progress): void => {
  const { where, lines, at, zone, files } = pass;
  const line = lines[at] ?? "";
  const file = files.at(-1);
  if (file !== undefined && !mayStand(zone, line)) {
    const problem = `is followed by ${quoted(line)}: its header counts too few lines, or a long line was wrapped`;
    throw hunkRefusal(where, file, headerOf(file.hunks.at(-1)?.header ?? ""), 0)("hunk-count-mismatch", at, problem);
  }
  const complaint = proseComplaint(lines, at);
  if (complaint !== undefined) throw refusal(pass, at, complaint);
  if (isLeftOut(line)) pass.notes.push(`${where(at)}: ${quoted(line)}, left out`);
  pass.zone = "prose";
  pass.at += 1;
};

/** Where the message of a mail ends: at a line of three dashes, as git has it, that stands above any diff; 0 where none does. */
const messageEnd = (lines: readonly string[]): number => {
  for (const [at, line] of lines.entries()) {
    if (/^---\s*$/.test(line)) return at;
    if (line.startsWith("diff --git ") || (isFileHeader(lines, at) && !isProseAlone(lines, at))) return 0;
  }
  return 0;
};

/** Whole hunks that a message quotes, by their first lines: git takes them for words. */
const hunksInProse = (lines: readonly string[]): readonly (readonly [at: number, header: string])[] =>
  lines.flatMap((line, at) => {
    const hunk = headerOf(line);
    if (hunk === undefined) return [];
    try {
      exactHunk(lines, at + 1, hunk, (code, _, problem) => new InputError(code, problem, ""));
      return [[at, hunk.text] as const];
    } catch {
      return [];
    }
  });

/** Whether two lines that look like the names of a file are words, where no diff was before: no part of a patch follows. */
const isProseAlone = (lines: readonly string[], at: number): boolean =>
  !/^[ +\-@\\\t]/.test(lines[at + 2] ?? "") && !/^(?:diff|Index:|=)/.test(lines[at - 1] ?? "");

/** What may stand behind the header of a file that has no hunks. */
const endsHeader = (lines: readonly string[], at: number): boolean => {
  const line = lines[at] ?? "";
  if (/^-- ?$/.test(line)) return isSignature(lines, at);
  return line === "" || (mayFollowHunk(line) && !binaryMark.test(line));
};

/** Whether a line behind a hunk is none of its lines. */
const mayStand = (zone: Zone, line: string): boolean =>
  zone === "hunk" ? mayFollowHunk(line) : zone !== "blank" || !/^(?:\+|-[^ -])/.test(line);

/** What is wrong with a line between diffs that is none of their lines and looks as if it were one. */
const proseComplaint = (lines: readonly string[], at: number): string | undefined => {
  const line = lines[at] ?? "";
  const next = lines[at + 1] ?? "";
  if (isExtendedHeader(line)) return noGitLine(line);
  if (line === "GIT binary patch") return `${quoted(line)} stands under no \`diff --git\` line`;
  if (/^diff --(?:cc|combined) /.test(line))
    return `${quoted(line)} is a diff of a merge; give the patches that it merges`;
  if (line.startsWith("diff ") && isExtendedHeader(next))
    return `${quoted(line)} is no \`diff --git\` line, and one belongs there`;
  if (/^\*{15}$/.test(line) && /^\*\*\* \d+(?:,\d+)? \*{4}$/.test(next)) {
    return "a context diff is not read; make it with `diff -u`";
  }
  return undefined;
};

const noGitLine = (line: string): string => `${quoted(line)} stands under no \`diff --git\` line`;

/** What `diff -r` says of files in place of what is in them. */
const isLeftOut = (line: string): boolean => /^(?:Only in \S.*: \S|Binary files \S.* and \S.* differ$)/.test(line);

/** The line behind what git writes of a binary file: one or two blocks that end in a blank line. */
const behindBinary = (lines: readonly string[], start: number): number => {
  let at = start;
  while (/^(?:(?:literal|delta) \d+|[A-Za-z][!-~]+|)$/.test(lines[at] ?? "x")) at += 1;
  return at;
};

/** A file header line without the time that plain `diff` writes behind the name, be it behind a tab or, on a page, a space. */
const withoutDate = (line: string): string => line.replace(/[\t ]\d{4}-\d\d-\d\d[ T]\d\d:.*$/, "");

/** Says so where plain `diff` names two files, and nothing tells which is meant. */
const differentNames = (header: readonly string[]): readonly string[] => {
  const [from, to] = header.map((line) => line.slice(4).replace(/\t.*$/, "").trim());
  if (from === undefined || to === undefined || [from, to].includes("/dev/null")) return [];
  if (cleanPath(from) === cleanPath(to)) return [];
  return [`the patch calls one file ${quoted(from)} and ${quoted(to)}; the second is taken`];
};

/** Says so where a hunk claims another place in the new file than the hunks above it give it. */
const shifted = (file: OpenFile, hunk: HunkHeader): readonly string[] => {
  // Of no lines, a header names the line above them.
  const oldStart = hunk.oldStart + (hunk.oldLines === 0 ? 1 : 0);
  const newStart = hunk.newStart + (hunk.newLines === 0 ? 1 : 0);
  const expected = oldStart + file.growth;
  if (newStart === expected) return [];
  const which = `hunk ${file.hunks.length + 1} of ${nameOf(file)} (${hunk.text})`;
  return [
    `${which} says that it begins at line ${newStart} of the new file, and by the hunks above it, it is line ${expected}`,
  ];
};

const refusal = ({ where }: Progress, at: number, problem: string): InputError =>
  new InputError("malformed-diff", `${where(at)}: ${problem}`, saveRawMail);

const hunkRefusal =
  (where: Where, file: OpenFile, hunk: HunkHeader | undefined, ahead = 1): Refuse =>
  (code, at, problem) => {
    const number = file.hunks.length + ahead;
    return new InputError(
      code,
      `${where(at)}: hunk ${number} of ${nameOf(file)} (${hunk?.text ?? ""}) ${problem}`,
      saveRawMail,
    );
  };

const nameOf = (file: OpenFile): string => {
  const names = file.header.flatMap((line) => /^(?:\+\+\+|---) ([^\t]+)/.exec(line)?.[1] ?? []);
  const [git] = file.header.flatMap((line) => /^diff --git .* (\S+)$/.exec(line)?.[1] ?? []);
  return cleanPath(names.reverse().find((name) => name !== "/dev/null") ?? git ?? "unnamed");
};
