import { BuildError } from "../driver/compile/build-error.ts";
import type { DriverImage } from "../driver/compile/image.ts";
import {
  type Input,
  InputError,
  readFiles,
  readPatches,
  readSource,
  readTree,
  type Subject,
} from "../driver/patch/subject.ts";
import { readReference } from "../driver/reference.ts";
import { buildFor, buildSubject } from "../harness/build-subject.ts";
import type { Configuration } from "../harness/configuration.ts";
import { NoEntryError } from "../harness/interface.ts";
import { VerifyError } from "./error.ts";

/** What a command is about: the C of patches (paths, or what is in them), a C file, a kernel tree, or our own driver. */
export type Source =
  | { readonly kind: "patches"; readonly patches: readonly (string | Input)[] }
  | { readonly kind: "file"; readonly file: string }
  | { readonly kind: "tree"; readonly folder: string }
  | { readonly kind: "reference" }
  | { readonly kind: "subject"; readonly subject: Subject };

/**
 * Reads what a command is about.
 *
 * @throws VerifyError where it cannot be read
 */
export const readSubject = async (source: Source): Promise<Subject> => {
  try {
    switch (source.kind) {
      case "patches":
        return await readPatches(await readFiles(source.patches));
      case "file":
        return await readSource(source.file);
      case "tree":
        return await readTree(source.folder);
      case "reference":
        return readReference();
      case "subject":
        return source.subject;
    }
  } catch (error) {
    throw error instanceof InputError ? refusedInput(error) : error;
  }
};

/** The same of an input that the caller has read. */
export const refusedInput = ({ code, message, hint }: InputError): VerifyError =>
  new VerifyError(code === "no-such-file" ? "not-found" : "input", message, hint);

/**
 * Builds a subject for a configuration.
 *
 * @param onStage - is told what takes long
 * @throws VerifyError where it cannot be built
 */
export const build = async (
  subject: Subject,
  onStage: ((what: string) => void) | undefined,
  configuration: Pick<Configuration, "interruptAt"> = {},
): Promise<DriverImage> => {
  try {
    return await buildSubject(subject, onStage, buildFor(configuration));
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
