import { type BuildKind, buildDriver, type OnBuildStep } from "../driver/compile/build.ts";
import type { DriverImage } from "../driver/compile/image.ts";
import { missingHeaders } from "../driver/compile/missing-headers.ts";
import type { DriverSource } from "../driver/compile/source-text.ts";
import { standInFiles } from "../driver/compile/stand-in-files.ts";
import type { Subject, SubjectFile } from "../driver/patch/subject-file.ts";
import { kernelFunctions } from "../models/index.ts";
import type { Configuration } from "./configuration.ts";
import { interfaceOf } from "./interface.ts";

/** The build that a configuration needs. */
export const buildFor = ({ interruptAt }: Pick<Configuration, "interruptAt">): BuildKind =>
  interruptAt === "accesses" ? "interruptible" : "checked";

const sourceOf = ({ files }: Pick<Subject, "files">): DriverSource => {
  const textsOf = (role: SubjectFile["role"]) =>
    files.filter((file) => file.role === role).map(({ path, text }) => ({ path, text }));
  return { sources: textsOf("driver"), headers: textsOf("header"), additions: textsOf("header additions") };
};

/** What a build of a subject takes for granted, one sentence each. */
export const buildNotes = (subject: Pick<Subject, "files">): readonly string[] =>
  missingHeaders(sourceOf(subject), standInFiles()).map(
    (name) => `<${name}>: included, and there is no stand-in for it; taken as empty`,
  );

/**
 * Builds the driver of a subject for the kernel that is modelled.
 *
 * @throws BuildError with the place in the subject; NoEntryError where no region could be handed to it
 */
export const buildSubject = async (
  subject: Subject,
  onStep?: OnBuildStep,
  kind: BuildKind = "checked",
): Promise<DriverImage> => {
  const image = await buildDriver(sourceOf(subject), new Set(Object.keys(kernelFunctions)), onStep, undefined, kind);
  interfaceOf(image);
  return image;
};
