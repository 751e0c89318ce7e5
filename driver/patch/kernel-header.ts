import { findEntry } from "./entry.ts";
import { declarationsAbout } from "./header-additions.ts";
import { numbered, type SubjectFile } from "./subject-file.ts";

/** Whether a header is the kernel's own, for which the stand-in headers have their words: by its include guard. */
export const isOfKernel = (lines: readonly string[]): boolean =>
  lines.some((line) => /^#ifndef __CXL_(?:CORE_|MEM_|PCI_)?H__/.test(line));

/** What the names that belong to a driver contain: "sysram", and the word that its entry adds to `devm_cxl_add_`. */
export const wordsFor = (driver: string): RegExp => {
  const word =
    findEntry(driver)
      ?.name.replace(/^devm_cxl_add_/, "")
      .replace(/_region$/, "") ?? "";
  const isTelling = word.length > 3 && word !== "pmem" && word !== "region";
  return new RegExp(isTelling ? `sysram|${word}` : "sysram", "i");
};

/** A kernel header with only what it declares about the driver. */
export const kernelHeader = (
  path: string,
  lines: readonly string[],
  words: RegExp,
): { readonly file: SubjectFile; readonly notes: readonly string[] } => {
  const { text, notes } = declarationsAbout(path, lines, words);
  return { file: { path, role: "header additions", text, lines: numbered(lines) }, notes };
};
