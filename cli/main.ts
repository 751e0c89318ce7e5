#!/usr/bin/env node
import { CommanderError } from "commander";
import { renderError } from "../report/error-text.ts";
import { VerifyError } from "../verify/error.ts";
import { EXIT, exitCodeOf } from "./exit.ts";
import { sysramVerify } from "./program.ts";
import { watchOutput } from "./terminal.ts";

const fail = (error: unknown): void => {
  if (error instanceof CommanderError) {
    // commander has said what is wrong, or what was asked for.
    process.exitCode = error.exitCode === 0 ? EXIT.clean : EXIT.usage;
    return;
  }
  if (error instanceof VerifyError && error.code !== "internal") {
    process.stderr.write(renderError(error));
    process.exitCode = exitCodeOf(error.code);
    return;
  }
  const cause = error instanceof VerifyError ? error.cause : error;
  process.stderr.write(
    renderError({
      message: `internal error: ${cause instanceof Error ? cause.message : String(cause)}`,
      hint: "this is our bug: report it with the command and its input (SYSRAM_VERIFY_DEBUG=1 shows where)",
    }),
  );
  if (process.env["SYSRAM_VERIFY_DEBUG"] !== undefined && cause instanceof Error) {
    process.stderr.write(`${cause.stack ?? ""}\n`);
  }
  process.exitCode = EXIT.ourBug;
};

watchOutput(fail);

try {
  await sysramVerify().parseAsync();
} catch (error) {
  fail(error);
}
