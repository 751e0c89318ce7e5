import { parsePatch, type StructuredPatch } from "diff";
import { type FramedFile, frameDiff, type Where } from "./frame.ts";
import { InputError, saveRawMail } from "./input-error.ts";
import { cleanPath } from "./sanitise.ts";

/** What a patch does to one file. */
export interface FileDiff {
  /** Its first line in the text, counted from 0. */
  readonly start: number;
  readonly kind: "create" | "change" | "delete" | "rename" | "copy";
  /** The file before and after, as clean paths; the same for all but a rename and a copy. */
  readonly from: string;
  readonly path: string;
  readonly isBinary: boolean;
  readonly hunks: readonly Hunk[];
}

/** One hunk: where it begins in the old and the new file, and its lines with their marks. */
export interface Hunk {
  /** The line of its header in the text, counted from 0. */
  readonly start: number;
  readonly header: string;
  readonly oldStart: number;
  readonly newStart: number;
  readonly lines: readonly string[];
}

/** The diffs in a text, in order. */
export interface Diff {
  readonly files: readonly FileDiff[];
  /** The text came from an archive's web page, without its white space. */
  readonly isMended: boolean;
  /** What was left out, or reads as if it had been changed by hand; one sentence each. */
  readonly notes: readonly string[];
}

/** Finds and reads the diffs in a text; prose around them does not matter. */
export const readDiff = (where: Where, lines: readonly string[]): Diff => {
  const { files, isMended, notes } = frameDiff(where, lines);
  return { files: files.map((file) => fileDiff(where(file.start), file)), isMended, notes };
};

const malformed = (where: string, reason: string): InputError =>
  new InputError("malformed-diff", `${where}: not a diff that can be read (${reason})`, saveRawMail);

const fileDiff = (where: string, framed: FramedFile): FileDiff => {
  const patch = parse(where, framed);
  const from = pathOf(patch.oldFileName);
  const to = pathOf(patch.newFileName);
  const path = to ?? from;
  if (path === undefined) throw malformed(where, "it names no file");
  return {
    start: framed.start,
    kind: kindOf(framed, patch),
    from: from ?? path,
    path,
    isBinary: framed.isBinary || patch.isBinary === true,
    hunks: patch.hunks.map(({ oldStart, newStart, lines }, at) => ({
      start: framed.hunks[at]?.start ?? framed.start,
      header: framed.hunks[at]?.header ?? "",
      oldStart,
      newStart,
      lines,
    })),
  };
};

const parse = (where: string, { header, hunks }: FramedFile): StructuredPatch => {
  const text = [...header, ...hunks.flatMap((hunk) => [hunk.header, ...hunk.lines])].join("\n");
  try {
    const [patch, ...others] = parsePatch(text);
    if (patch !== undefined && others.length === 0) return patch;
  } catch (error) {
    throw malformed(where, error instanceof Error ? error.message : String(error));
  }
  throw malformed(where, "it does not speak of one file");
};

const pathOf = (name: string | undefined): string | undefined =>
  name === undefined || name === "" || name === "/dev/null" ? undefined : cleanPath(name);

const kindOf = (framed: FramedFile, patch: StructuredPatch): FileDiff["kind"] => {
  if (patch.isCreate === true || patch.oldFileName === "/dev/null") return "create";
  if (patch.isDelete === true || patch.newFileName === "/dev/null") return "delete";
  if (patch.isRename === true) return "rename";
  if (patch.isCopy === true) return "copy";
  // `diff -N` names a file that was not there like one that was; only its one hunk, from nothing, tells.
  const isFromNothing = framed.hunks.length === 1 && framed.hunks[0]?.header.startsWith("@@ -0,0 ") === true;
  return patch.isGit !== true && isFromNothing ? "create" : "change";
};
