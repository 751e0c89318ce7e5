#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { packageRoot } from "../abi/package-root.ts";
import { renderError } from "../report/error-text.ts";
import { VerifyError } from "../verify/error.ts";
import { EXIT, exitCodeOf } from "./exit.ts";
import { watchOutput } from "./terminal.ts";

/** The commands load what they need only when they run: `--help` answers at once. */
const { version } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as { readonly version: string };

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

const program = new Command("sysram-verify")
  .description("Verifies a driver for hot-plugging CXL memory: the C of the patch, in a modelled kernel.")
  .version(version)
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "sysram-verify: ")) })
  .showHelpAfterError("hint: add --help for the options");

const [
  { addVerify },
  { addReview },
  { addReplay },
  { addCertify },
  { addCheck },
  { addCompare },
  { addExplain },
  { addMachine },
  { addVectors },
  { addTrace },
] = await Promise.all([
  import("./verify.ts"),
  import("./review.ts"),
  import("./replay.ts"),
  import("./certify.ts"),
  import("./check.ts"),
  import("./compare.ts"),
  import("./explain.ts"),
  import("./machine.ts"),
  import("./vectors.ts"),
  import("./trace.ts"),
]);
addVerify(program);
addReview(program);
addReplay(program);
addCertify(program);
addCheck(program);
addCompare(program);
addExplain(program);
addMachine(program);
addVectors(program);
addTrace(program);

try {
  await program.parseAsync();
} catch (error) {
  fail(error);
}
