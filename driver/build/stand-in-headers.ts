import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../abi/package-root.ts";

/** The headers that stand in for the kernel's, by their path below `driver/include/`, in the order of their names. */
export const standInHeaders = (): ReadonlyMap<string, string> => {
  const folder = join(packageRoot, "driver", "include");
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".h"));
  return new Map(paths.sort().map((path) => [path, readFileSync(join(folder, path), "utf8")]));
};
