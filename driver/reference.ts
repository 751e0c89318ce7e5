import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../abi/package-root.ts";
import { hashFiles, numbered, type Subject, type SubjectFile } from "./patch/subject-file.ts";

const FOLDER = "driver/reference";

const text = (name: string): string => readFileSync(join(packageRoot, FOLDER, name), "utf8");

/** Our own driver for the same device, which keeps every property: what a review looks at when no patch is named. */
export const readReference = (): Subject => {
  const driver = text("region_sysram.c");
  const additions = text("cxl-additions.h");
  const files: readonly SubjectFile[] = [
    { path: `${FOLDER}/region_sysram.c`, role: "driver", text: driver, lines: numbered(driver.split("\n")) },
    {
      path: "drivers/cxl/cxl.h",
      role: "header additions",
      text: `#line 1 "${FOLDER}/cxl-additions.h"\n${additions}`,
      lines: numbered(additions.split("\n")),
    },
  ];
  return {
    kind: "builtin",
    name: "the reference driver",
    sha256: hashFiles(files),
    files,
    notes: [],
  };
};
