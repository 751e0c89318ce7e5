import { type BuildKind, buildDriver, type OnBuildStep } from "../driver/compile/build.ts";
import type { DriverImage } from "../driver/compile/image.ts";
import type { Subject, SubjectFile } from "../driver/patch/subject-file.ts";
import { kernelFunctions } from "../models/index.ts";
import type { Configuration } from "./configuration.ts";
import { interfaceOf } from "./interface.ts";

/** The build that a configuration needs. */
export const buildFor = ({ interruptAt }: Pick<Configuration, "interruptAt">): BuildKind =>
  interruptAt === "accesses" ? "interruptible" : "checked";

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
  const files = (role: SubjectFile["role"]) =>
    subject.files.filter((file) => file.role === role).map(({ path, text }) => ({ path, text }));
  const image = await buildDriver(
    { sources: files("driver"), headers: files("header"), additions: files("header additions") },
    new Set(Object.keys(kernelFunctions)),
    onStep,
    undefined,
    kind,
  );
  interfaceOf(image);
  return image;
};
