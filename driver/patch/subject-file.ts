import { createHash } from "node:crypto";
import { printable } from "./sanitise.ts";

/** One file of the subject, as the patch leaves it. */
export interface SubjectFile {
  /** Its path in the kernel tree, clean: relative, no `..`, nothing that a terminal or a compiler would misread. */
  readonly path: string;
  readonly role: "driver" | "header additions" | "header";
  /**
   * What the compiler is given, exactly as the input has it.
   *
   * Of a header that was there before, only the added declarations, with `#line` directives for its real line numbers.
   */
  readonly text: string;
  /** The known lines by 1-based number, safe to print: all of a new file, of a patched header those that hunks show. */
  readonly lines: ReadonlyMap<number, string>;
}

/** The C that is to be verified, and where it came from. */
export interface Subject {
  readonly kind: "patch" | "source" | "tree" | "builtin" | "machine";
  /** For display: file names as typed, or `standard input`. */
  readonly name: string;
  /** The subject line of the mail that adds the driver; nothing of a mail is there where none does. */
  readonly title?: string | undefined;
  readonly messageId?: string | undefined;
  readonly author?: string | undefined;
  readonly date?: string | undefined;
  /** The decoded text of that mail, safe to print, for quoting it in a reply. */
  readonly body?: string | undefined;
  /** Over the files alone, in hexadecimal: a mail and its copy with other headers agree. */
  readonly sha256: string;
  /** The driver first, then what else is compiled, then headers. */
  readonly files: readonly SubjectFile[];
  /** What was left out and why, one sentence each. */
  readonly notes: readonly string[];
}

/** The hash of the files of a subject, whatever their order. */
export const hashFiles = (files: readonly SubjectFile[]): string => {
  const hash = createHash("sha256");
  for (const { path, role, text } of files.toSorted((one, other) => (one.path < other.path ? -1 : 1))) {
    hash.update(JSON.stringify([path, role, text]));
  }
  return hash.digest("hex");
};

/** The known lines of a whole text by number, safe to print. */
export const numbered = (lines: readonly string[]): ReadonlyMap<number, string> =>
  new Map(lines.map((line, at) => [at + 1, printable(line)]));
