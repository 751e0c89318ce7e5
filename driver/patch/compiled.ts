import { basename } from "node:path";
import type { FileDiff } from "./diff.ts";
import { chooseDriver, includesOf, neededBy, type Source } from "./driver.ts";
import { headerAdditions } from "./header-additions.ts";
import { InputError } from "./input-error.ts";
import { type KnownFile, presentLines } from "./known-file.ts";
import { printable } from "./sanitise.ts";
import { numbered, type SubjectFile } from "./subject-file.ts";
import { linesOf, textOf } from "./text.ts";

/**
 * Sorts out what the compiler gets, and says what it does not get.
 *
 * @param where - the input's name, for messages
 * @param files - the C files and headers, as the patches leave them
 * @param uncompiled - what the patches do to other files
 */
export const subjectFiles = (
  where: string,
  files: ReadonlyMap<string, KnownFile>,
  uncompiled: readonly FileDiff[],
): { readonly files: readonly SubjectFile[]; readonly notes: readonly string[] } => {
  const all = [...files].map(([path, file]) => ({ path, file, lines: presentLines(file) }));
  const sources = all
    .filter(({ path, file }) => path.endsWith(".c") && file.isWhole)
    .map(({ path, lines }): Source => ({ path, text: textOf(lines.map(({ text }) => text)) }));
  const driver = chooseDriver(where, sources, "hands a region on");
  if (driver === undefined) throw withoutDriver(where, all, uncompiled);

  const needed = neededBy(
    driver,
    sources.filter((source) => source !== driver),
  );
  const built = [driver, ...needed.map(({ source }) => source)];
  const headers = all
    .filter(({ path, file }) => path.endsWith(".h") && file.isWhole)
    .map(({ path, lines }): Source => ({ path, text: textOf(lines.map(({ text }) => text)) }));
  const included = reachable(built, headers);
  const whole =
    (role: SubjectFile["role"]) =>
    ({ path, text }: Source): SubjectFile => ({ path, role, text, lines: numbered(linesOf(text)) });

  const patched = all
    .filter(({ path, file }) => path.endsWith(".h") && !file.isWhole)
    .map(({ path, file, lines }) => ({
      path,
      additions: headerAdditions(path, file),
      lines: new Map(lines.map(({ now, text }) => [now, printable(text)])),
    }));
  const additions = patched.filter(({ additions: { text } }) => text !== "");
  return {
    files: [
      ...built.map(whole("driver")),
      ...included.map(whole("header")),
      ...additions.map(
        ({ path, additions: { text }, lines }): SubjectFile => ({ path, role: "header additions", text, lines }),
      ),
    ],
    notes: [
      ...needed.map(({ source, because }) => `${source.path}: compiled too, since the driver needs ${because} from it`),
      ...sources
        .filter((source) => !built.includes(source))
        .map(({ path }) => `${path}: new, but the driver does not need it; not compiled`),
      ...headers
        .filter((header) => !included.includes(header))
        .map(({ path }) => `${path}: new, but the driver does not include it; left out`),
      ...all
        .filter(({ path, file }) => path.endsWith(".c") && !file.isWhole)
        .map(({ path }) => `${path}: only hunks are known, not compiled`),
      ...patched.flatMap(({ additions: { notes } }) => notes),
      ...patched
        .filter(({ additions: { text, notes } }) => text === "" && notes.length === 0)
        .map(({ path }) => `${path}: the hunks add no declaration`),
      ...new Set(uncompiled.map(({ path, isBinary }) => `${path}: ${isBinary ? "binary" : "not C"}, left out`)),
    ],
  };
};

/** The headers that the sources include, and those that these include. */
const reachable = (sources: readonly Source[], headers: readonly Source[]): readonly Source[] => {
  const found = new Set<Source>();
  const visit = (text: string): void => {
    const names = new Set(includesOf(text).map((name) => basename(name)));
    for (const header of headers) {
      if (found.has(header) || !names.has(basename(header.path))) continue;
      found.add(header);
      visit(header.text);
    }
  };
  for (const { text } of sources) visit(text);
  return headers.filter((header) => found.has(header));
};

const withoutDriver = (
  where: string,
  all: readonly {
    readonly path: string;
    readonly file: KnownFile;
    readonly lines: readonly { readonly text: string }[];
  }[],
  uncompiled: readonly FileDiff[],
): InputError => {
  const part = all.find(
    ({ path, file, lines }) =>
      path.endsWith(".c") &&
      !file.isWhole &&
      (/sysram/.test(path) || lines.some(({ text }) => /\bdevm_cxl_add_\w+\s*\(\s*struct cxl_region\b/.test(text))),
  );
  if (part !== undefined) {
    return new InputError(
      "partial-driver",
      `${where}: changes ${part.path}, of which only the hunks are known`,
      "give the patch that adds this file as well, before this one, or the kernel tree that has it with --tree DIR",
    );
  }
  const binary = uncompiled.find(({ isBinary }) => isBinary);
  if (binary !== undefined && all.length === 0) {
    return new InputError(
      "binary-patch",
      `${where}: a binary patch of ${binary.path}, no C in it`,
      "give the patch that adds the driver",
    );
  }
  return new InputError(
    "no-driver",
    `${where}: no new C file in it defines devm_cxl_add_*(struct cxl_region *, ...)`,
    "give the patch that adds the driver; a driver in a file of its own is read with --source FILE.c, one in a kernel with --tree DIR",
  );
};
