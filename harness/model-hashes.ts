import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { packageRoot } from "../abi/package-root.ts";

/**
 * What a verdict rests on beside the subject: SHA-256, hexadecimal, of the sources of each part.
 *
 * The search itself is in none of them, because another search has to come to the same verdict.
 */
export interface ModelHashes {
  /** The modelled kernel with its environment, and all that runs C in it. */
  readonly kernel: string;
  /** The machines that monitor a driver. */
  readonly machines: string;
  /** The claims. */
  readonly properties: string;
}

/** The folders of each part. */
const PARTS: Readonly<Record<keyof ModelHashes, readonly string[]>> = {
  kernel: ["abi", "models", "harness", "driver/include", "driver/compile", "driver/run"],
  machines: ["machines"],
  properties: ["properties"],
};

/** Lies beside the bundled code, written when that is built: the sources of a package that is installed are not there. */
const FILE = "model-hashes.json";

const filesIn = (folder: string): readonly string[] =>
  readdirSync(join(packageRoot, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return filesIn(path);
    return /\.(ts|h|c)$/.test(entry.name) ? [path] : [];
  });

const hashOf = (folders: readonly string[]): string => {
  const hash = createHash("sha256");
  for (const path of folders.flatMap(filesIn).sort()) {
    hash.update(JSON.stringify([path, readFileSync(join(packageRoot, path), "utf8")]));
  }
  return hash.digest("hex");
};

/** The hashes of the sources as they lie there now. */
export const hashesOfSources = (): ModelHashes => ({
  kernel: hashOf(PARTS.kernel),
  machines: hashOf(PARTS.machines),
  properties: hashOf(PARTS.properties),
});

/** Where the package that is installed has its code. */
const DIST = join(packageRoot, "dist");

/**
 * The hashes of the code that runs.
 *
 * Code in `dist/` may be older than the sources beside it, so it goes by what was noted when it was built.
 *
 * @throws Error where that note is not there
 */
export const modelHashes = (): ModelHashes => {
  const isBuilt = `${dirname(fileURLToPath(import.meta.url))}${sep}`.startsWith(`${DIST}${sep}`);
  if (!isBuilt) return hashesOfSources();
  return JSON.parse(readFileSync(join(DIST, FILE), "utf8")) as ModelHashes;
};
