import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const PACKAGE_NAME = "sysram-verify";

const nameOfPackageIn = (folder: string): unknown => {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return typeof manifest === "object" && manifest !== null && "name" in manifest ? manifest.name : undefined;
  } catch {
    return undefined; // no package.json here, or one that is not ours to complain about
  }
};

/**
 * The nearest folder at or above `start` whose package.json names this package.
 *
 * Files that are not TypeScript (C headers, JSON Schemas) are read relative to it. A bundle in `dist/` lies at another
 * depth than its source, so a path relative to the module would hold for only one of the two.
 */
export const packageRootAbove = (start: string): string => {
  for (let folder = start; ; folder = dirname(folder)) {
    if (nameOfPackageIn(folder) === PACKAGE_NAME) return folder;
    if (folder === dirname(folder)) {
      throw new Error(`no package.json named "${PACKAGE_NAME}" at or above ${start}: install the package again`);
    }
  }
};

/** The root folder of this package, from source and from `dist/` alike. */
export const packageRoot: string = packageRootAbove(dirname(fileURLToPath(import.meta.url)));
