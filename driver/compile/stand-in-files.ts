import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../abi/package-root.ts";

/** The C that stands in for the kernel's, by its path below `driver/include/`, in the order of the names. */
export const standInFiles = (): ReadonlyMap<string, string> => {
  const folder = join(packageRoot, "driver", "include");
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => /\.[ch]$/.test(path));
  return new Map(paths.sort().map((path) => [path, readFileSync(join(folder, path), "utf8")]));
};
