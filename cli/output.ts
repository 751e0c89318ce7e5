import { writeFile } from "node:fs/promises";
import { printableJson } from "../report/printable.ts";
import { CommandError } from "./exit.ts";
import { print } from "./terminal.ts";

/** What commands write into files. */
type Output = "report" | "comparison" | "certificate" | "listing";

/**
 * Writes a text into a file that the user named; - is standard output.
 *
 * @throws CommandError where the file cannot be written
 */
export const writeOutput = async (text: string, file: string, what: Output): Promise<void> => {
  if (file === "-") return print(text);
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new CommandError(`cannot write the ${what} to ${file}: ${(error as Error).message}`, "name another file");
  }
};

/**
 * Writes a value as JSON where the user asked for that, and nothing where no file was named.
 *
 * @throws CommandError where the file cannot be written
 */
export const writeJson = async (value: unknown, file: string | undefined, what: Output): Promise<void> => {
  if (file !== undefined) await writeOutput(`${printableJson(value)}\n`, file, what);
};
