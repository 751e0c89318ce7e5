import { BuildError } from "../driver/compile/build-error.ts";
import type { DriverImage } from "../driver/compile/image.ts";
import { InputError, readInputs, readSource, readTree, type Subject } from "../driver/patch/subject.ts";
import { readReference } from "../driver/reference.ts";
import { buildFor, buildSubject } from "../harness/build-subject.ts";
import type { Configuration } from "../harness/configuration.ts";
import { NoEntryError } from "../harness/interface.ts";
import { VerifyError } from "./error.ts";

/** How the user names a subject. */
export interface SubjectOptions {
  readonly source?: string;
  readonly tree?: string;
}

/** Reads what is to be reviewed: patches, a C file, a kernel tree, or our own driver when nothing is named. */
export const readSubject = async (patches: readonly string[], { source, tree }: SubjectOptions): Promise<Subject> => {
  const ways = [patches.length > 0, source !== undefined, tree !== undefined].filter(Boolean).length;
  if (ways > 1) {
    throw new VerifyError(
      "usage",
      "a review has one subject",
      "name patches, or give --source, or give --tree, and only one of them",
    );
  }
  try {
    if (source !== undefined) return await readSource(source);
    if (tree !== undefined) return await readTree(tree);
    return patches.length === 0 ? readReference() : await readInputs(patches);
  } catch (error) {
    if (error instanceof InputError) throw new VerifyError("input", error.message, error.hint);
    throw error;
  }
};

/** The arguments that name the same subject again. */
export const subjectWords = (patches: readonly string[], { source, tree }: SubjectOptions): readonly string[] => {
  if (source !== undefined) return ["--source", source];
  return tree !== undefined ? ["--tree", tree] : patches;
};

/** Builds a subject for a configuration, or says in one line why that cannot be done. */
export const build = async (
  subject: Subject,
  tell: (what: string) => void,
  configuration: Pick<Configuration, "interruptAt"> = {},
): Promise<DriverImage> => {
  try {
    return await buildSubject(subject, tell, buildFor(configuration));
  } catch (error) {
    if (error instanceof BuildError) throw new VerifyError("input", error.message, error.hint);
    if (error instanceof NoEntryError)
      throw new VerifyError("input", error.message, "name the patch that adds the driver");
    throw error;
  }
};

/** The text of a line of the subject. */
export const sourceLines =
  (subject: Subject) =>
  (file: string, line: number): string | undefined =>
    subject.files.find(({ path }) => path === file)?.lines.get(line);
