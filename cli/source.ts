import { withStandardInput } from "../driver/patch/subject.ts";
import { VerifyError } from "../verify/error.ts";
import type { Source } from "../verify/source.ts";
import { fileWords } from "./given.ts";

/** How the user names a subject. */
export interface SubjectOptions {
  readonly source?: string;
  readonly tree?: string;
}

/**
 * What the user means: patches, a C file, a kernel tree, or our own driver when nothing is named. Reads what comes from standard
 * input.
 */
export const namedSource = async (patches: readonly string[], { source, tree }: SubjectOptions): Promise<Source> => {
  const ways = [patches.length > 0, source !== undefined, tree !== undefined].filter(Boolean).length;
  if (ways > 1) {
    throw new VerifyError(
      "usage",
      "a review has one subject",
      "name patches, or give --source, or give --tree, and only one of them",
    );
  }
  if (source !== undefined) return { kind: "file", file: source };
  if (tree !== undefined) return { kind: "tree", folder: tree };
  if (patches.length === 0) return { kind: "reference" };
  return { kind: "patches", patches: await withStandardInput(patches) };
};

/** The arguments that name the same subject again. */
export const subjectWords = (patches: readonly string[], { source, tree }: SubjectOptions): readonly string[] => {
  if (source !== undefined) return ["--source", source];
  return tree !== undefined ? ["--tree", tree] : fileWords(patches);
};
