import { constants } from "node:fs";
import { access, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { type Complaint, renderError } from "../report/error-text.ts";
import { printableJson } from "../report/printable.ts";
import { VerifyError } from "../verify/error.ts";
import { print } from "./terminal.ts";

/** What commands write into files. */
type Output = "report" | "shard" | "comparison" | "certificate" | "listing";

/**
 * Writes a text into a file that the user named; - is standard output.
 *
 * @throws VerifyError where the file cannot be written
 */
export const writeOutput = async (text: string, file: string, what: Output): Promise<void> => {
  if (file === "-") return print(text);
  try {
    await writeFile(file, text);
  } catch (error) {
    throw cannotWrite(what, file, error);
  }
};

/**
 * Refuses files that could not be written, before anything that takes long; nothing is written yet.
 *
 * @throws VerifyError for the first of them
 */
export const checkOutputs = async (
  outputs: readonly { readonly file: string | undefined; readonly what: Output }[],
): Promise<void> => {
  for (const { file, what } of outputs) {
    if (file === undefined || file === "-") continue;
    try {
      if (await isFolder(file)) throw new Error("EISDIR: it is a folder");
      await access((await isThere(file)) ? file : dirname(file), constants.W_OK);
    } catch (error) {
      throw cannotWrite(what, file, error);
    }
  }
};

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return false;
      throw error;
    },
  );

const isFolder = async (path: string): Promise<boolean> => (await isThere(path)) && (await stat(path)).isDirectory();

const cannotWrite = (what: Output, file: string, error: unknown): VerifyError =>
  new VerifyError("output", `cannot write the ${what} to ${file}: ${(error as Error).message}`, "name another file");

/**
 * Writes a value as JSON where the user asked for that, and nothing where no file was named.
 *
 * @throws VerifyError where the file cannot be written
 */
export const writeJson = async (value: unknown, file: string | undefined, what: Output): Promise<void> => {
  if (file !== undefined) await writeOutput(`${printableJson(value)}\n`, file, what);
};

/** Tells on standard error what goes on, unless the user wants no progress. */
export const telling =
  (isQuiet: boolean) =>
  (what: string): void => {
    if (!isQuiet) process.stderr.write(`${what}\n`);
  };

/** Tells on standard error what the user has to know of, whatever else is quiet. */
export const warn = (complaint: Complaint): void => {
  process.stderr.write(renderError(complaint));
};
