import { change, creation } from "../driver/patch/small-patch.ts";
import { type Edit, referenceSubject } from "./review.ts";

export const DRIVER_PATH = "drivers/cxl/core/region_sysram.c";

/** A patch that adds a driver, and declarations to the header of its subsystem, as `git diff` prints it. */
export const patchOf = (text: string, additions: string, path: string = DRIVER_PATH): string => {
  const added = additions.trimEnd().split("\n");
  const hunk = [
    `@@ -600,2 +600,${added.length + 2} @@ struct cxl_port {`,
    " };",
    ...added.map((line) => `+${line}`),
    " struct cxl_after {",
  ];
  return creation(path, text.trimEnd().split("\n")) + change("drivers/cxl/cxl.h", hunk);
};

/** The reference driver as a patch, with some of its text replaced. */
export const referencePatch = (...edits: readonly Edit[]): string => {
  const { files } = referenceSubject(...edits);
  const textOf = (wanted: string): string => files.find(({ role }) => role === wanted)!.text;
  // A patch to a header has no guard of its own around what it adds.
  const additions = textOf("header additions").replaceAll(/^#(?:line|ifndef|endif|define SYSRAM_REFERENCE).*\n?/gm, "");
  return patchOf(textOf("driver"), additions);
};
