import { CommanderError } from "commander";
import { renderError } from "../report/error-text.ts";
import { asVerifyError } from "../verify/error.ts";
import { EXIT, exitCodeOf } from "./exit.ts";
import { sysramVerify } from "./program.ts";

/** Says on standard error what went wrong, and gives the exit code for it. */
export const told = (error: unknown): number => {
  // commander has said what is wrong, or what was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.clean : EXIT.usage;
  const known = asVerifyError(error);
  if (known.code !== "internal") {
    process.stderr.write(renderError(known));
    return exitCodeOf(known.code);
  }
  const { cause, message } = known;
  process.stderr.write(
    renderError({
      message: `internal error: ${message}`,
      hint: "this is our bug: report it with the command and its input (SYSRAM_VERIFY_DEBUG=1 shows where)",
    }),
  );
  if (process.env["SYSRAM_VERIFY_DEBUG"] !== undefined && cause instanceof Error) {
    process.stderr.write(`${cause.stack ?? ""}\n`);
  }
  return EXIT.ourBug;
};

/**
 * Runs one command line in this process: reads what it names, writes to standard output and standard error, and leaves the exit code
 * in `process.exitCode`.
 *
 * @param args - the words behind the name of the program
 */
export const run = async (args: readonly string[]): Promise<void> => {
  try {
    await sysramVerify().parseAsync(args, { from: "user" });
  } catch (error) {
    process.exitCode = told(error);
  }
};
