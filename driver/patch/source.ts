import { readdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { readBytes } from "./bytes.ts";
import { chooseDriver, includesOf } from "./driver.ts";
import { InputError } from "./input-error.ts";
import { isOfKernel, kernelHeader, wordsFor } from "./kernel-header.ts";
import { cleanPath, printable } from "./sanitise.ts";
import { hashFiles, numbered, type Subject, type SubjectFile } from "./subject-file.ts";
import { decodeText, linesOf, textOf } from "./text.ts";

/**
 * Reads a driver from a C file, with those of the headers beside it that it includes.
 *
 * A header of the kernel's own, when the file lies in a kernel tree, gives only what it says of the driver.
 */
export const readSource = async (file: string): Promise<Subject> => {
  const lines = linesOf(decodeText(await readBytes(file)));
  const text = textOf(lines);
  const path = pathInTree(file);
  const driver = chooseDriver(file, [{ path, text }], "hands a region on");
  if (driver === undefined) {
    throw new InputError(
      "no-driver",
      `${file}: defines no devm_cxl_add_*(struct cxl_region *, ...)`,
      "give the C file of the driver; a patch is given without --source",
    );
  }

  const folder = dirname(file);
  const words = wordsFor(text);
  const beside = new Set(await readdir(folder).catch((): string[] => []));
  const headers = new Map<string, SubjectFile>();
  const notes: string[] = [];
  const visit = async (includer: string): Promise<void> => {
    for (const name of includesOf(includer)) {
      if (basename(name) !== name || !name.endsWith(".h") || headers.has(name)) continue;
      const found = [name, `../${name}`].find((at) =>
        at === name ? beside.has(name) : name === "cxl.h" && dirname(path) === "drivers/cxl/core",
      );
      if (found === undefined) continue;
      const header = await readHeader(join(folder, found)).catch(() => undefined);
      if (header === undefined) continue;
      const at = cleanPath(join(dirname(path), found));
      if (isOfKernel(header)) {
        const { file: additions, notes: said } = kernelHeader(at, header, words);
        headers.set(name, additions);
        notes.push(...said);
      } else {
        headers.set(name, { path: at, role: "header", text: textOf(header), lines: numbered(header) });
        await visit(textOf(header));
      }
    }
  };
  await visit(text);

  const files: readonly SubjectFile[] = [
    { path, role: "driver", text, lines: numbered(lines) },
    ...[...headers.values()].filter((header) => header.text !== ""),
  ];
  return {
    kind: "source",
    name: printable(file),
    sha256: hashFiles(files),
    files,
    notes: notes.map(printable),
  };
};

const readHeader = async (path: string): Promise<readonly string[]> => linesOf(decodeText(await readBytes(path)));

/** The path of a file in the kernel tree that it lies in, else its bare name. */
const pathInTree = (file: string): string => {
  const whole = resolve(file);
  const top = whole.lastIndexOf("/drivers/cxl/");
  return cleanPath(top < 0 ? basename(file) : whole.slice(top + 1));
};
