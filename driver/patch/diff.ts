import { parsePatch, type StructuredPatch } from "diff";
import { type FramedFile, frameDiff } from "./frame.ts";
import { InputError, saveRawMail } from "./input-error.ts";
import { cleanPath } from "./sanitise.ts";

/** What a patch does to one file. */
export interface FileDiff {
  readonly kind: "create" | "change" | "delete" | "rename" | "copy";
  /** The file before and after, as clean paths; the same for all but a rename and a copy. */
  readonly from: string;
  readonly path: string;
  readonly isBinary: boolean;
  readonly hunks: readonly Hunk[];
}

/** One hunk: where it begins in the old and the new file, and its lines with their marks. */
export interface Hunk {
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
}

/** Finds and reads the diffs in a text; other text around them does not matter. */
export const readDiff = (label: string, lines: readonly string[]): Diff => {
  const { files, isMended } = frameDiff(label, lines);
  return { files: files.flatMap((file) => fileDiff(label, file) ?? []), isMended };
};

const fileDiff = (label: string, framed: FramedFile): FileDiff | undefined => {
  const patch = parse(label, framed);
  const from = pathOf(patch?.oldFileName);
  const to = pathOf(patch?.newFileName);
  const path = to ?? from;
  if (patch === undefined || path === undefined) return undefined;
  return {
    kind: kindOf(framed, patch),
    from: from ?? path,
    path,
    isBinary: framed.isBinary || patch.isBinary === true,
    hunks: patch.hunks.map(({ oldStart, newStart, lines }, at) => ({
      header: framed.hunks[at]?.header ?? "",
      oldStart,
      newStart,
      lines,
    })),
  };
};

const parse = (label: string, { header, hunks }: FramedFile): StructuredPatch | undefined => {
  const text = [...header, ...hunks.flatMap((hunk) => [hunk.header, ...hunk.lines])].join("\n");
  try {
    return parsePatch(text)[0];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError("malformed-diff", `${label}: not a diff that can be read (${reason})`, saveRawMail);
  }
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
