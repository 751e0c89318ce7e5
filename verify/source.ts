import type { DriverImage } from "../driver/compile/image.ts";
import { type Input, readFiles, readPatches, readSource, readTree, type Subject } from "../driver/patch/subject.ts";
import { readReference } from "../driver/reference.ts";
import { buildFor, buildSubject } from "../harness/build-subject.ts";
import type { Configuration } from "../harness/configuration.ts";

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
 * @throws InputError where it cannot be read
 */
export const readSubject = async (source: Source): Promise<Subject> => {
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
};

/**
 * Builds a subject for a configuration.
 *
 * @param onStage - is told what takes long
 * @throws Refusal where it cannot be built
 */
export const build = async (
  subject: Subject,
  onStage: ((what: string) => void) | undefined,
  configuration: Pick<Configuration, "interruptAt"> = {},
): Promise<DriverImage> => buildSubject(subject, onStage, buildFor(configuration));

/** The text of a line of the subject. */
export const sourceLines =
  (subject: Subject) =>
  (file: string, line: number): string | undefined =>
    subject.files.find(({ path }) => path === file)?.lines.get(line);
