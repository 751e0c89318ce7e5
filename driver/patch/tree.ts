import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { readBytes } from "./bytes.ts";
import { chooseDriver, includesOf, likelihoodOf, neededBy, type Source } from "./driver.ts";
import { InputError } from "./input-error.ts";
import { isOfKernel, kernelHeader, wordsFor } from "./kernel-header.ts";
import { cleanPath, printable } from "./sanitise.ts";
import { hashFiles, numbered, type Subject, type SubjectFile } from "./subject-file.ts";
import { decodeText, linesOf, textOf } from "./text.ts";

const core = "drivers/cxl/core";

/** The headers of the kernel that may speak of the driver. */
const kernelHeaders: readonly string[] = [`${core}/core.h`, "drivers/cxl/cxl.h", "drivers/cxl/cxlmem.h"];

/**
 * Reads the driver from a kernel tree that already has it.
 *
 * Of the kernel's headers only the declarations that speak of the driver are taken, in the branch for a kernel that
 * has the feature; for the rest the stand-in headers have their own words.
 */
export const readTree = async (root: string): Promise<Subject> => {
  const names = await filesOfCore(root);
  const read = async (path: string): Promise<Source> => ({
    path,
    text: textOf(linesOf(decodeText(await readBytes(join(root, path))))),
  });
  const sources: Source[] = [];
  for (const name of names.filter((name) => name.endsWith(".c"))) {
    const source = await read(`${core}/${name}`).catch(skipEmpty);
    if (source !== undefined) sources.push({ ...source, path: cleanPath(source.path) });
  }

  const driver = chooseDriver(root, sources, "hot-plugs memory");
  if (driver === undefined) {
    throw new InputError(
      "no-driver",
      `${root}: no file in ${core} defines devm_cxl_add_sysram(struct cxl_region *, ...) or a relative of it`,
      "apply the patch to the tree, or give the patch instead of the tree",
    );
  }
  const words = wordsFor(driver.text);
  // The rest of the core is the kernel around the driver; only files named like the driver may be a part of it.
  const named = sources.filter((source) => source !== driver && words.test(basename(source.path)));
  const needed = neededBy(
    driver,
    named.filter(({ text }) => likelihoodOf(text) === undefined),
  );
  const built = [driver, ...needed.map(({ source }) => source)];

  const files: SubjectFile[] = built.map(({ path, text }) => ({
    path,
    role: "driver",
    text,
    lines: numbered(linesOf(text)),
  }));
  const notes: string[] = needed.map(
    ({ source, because }) => `${source.path}: compiled too, since the driver needs ${because} from it`,
  );
  const own = new Set(
    built.flatMap(({ text }) => includesOf(text)).filter((name) => basename(name) === name && words.test(name)),
  );
  const headers = [...kernelHeaders, ...[...own].flatMap((name) => [`${core}/${name}`, `drivers/cxl/${name}`])];
  for (const path of headers) {
    const header = await read(path).catch(() => undefined);
    if (header === undefined) continue;
    const lines = linesOf(header.text);
    if (!kernelHeaders.includes(path) && !isOfKernel(lines)) {
      files.push({ path: cleanPath(path), role: "header", text: header.text, lines: numbered(lines) });
      continue;
    }
    const { file, notes: said } = kernelHeader(path, lines, words);
    if (file.text !== "") files.push(file);
    notes.push(...said);
  }
  return {
    kind: "tree",
    name: printable(root),
    sha256: hashFiles(files),
    files,
    notes: notes.map(printable),
  };
};

const skipEmpty = (error: unknown): undefined => {
  if (error instanceof InputError && error.code === "empty-file") return undefined;
  throw error;
};

const filesOfCore = async (root: string): Promise<readonly string[]> => {
  const found = await stat(root).catch(() => undefined);
  if (found === undefined)
    throw new InputError("no-such-file", `${root}: no such directory`, "give the top directory of a kernel tree");
  if (!found.isDirectory()) {
    throw new InputError(
      "not-a-directory",
      `${root}: not a directory`,
      "--tree takes the top directory of a kernel tree; give a patch without it",
    );
  }
  try {
    return (await readdir(join(root, core))).toSorted();
  } catch {
    throw new InputError("not-a-kernel-tree", `${root}: no ${core} in it`, "give the top directory of a kernel tree");
  }
};
