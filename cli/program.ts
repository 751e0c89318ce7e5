import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { packageRoot } from "../abi/package-root.ts";
import { addCache } from "./cache.ts";
import { addCertify } from "./certify.ts";
import { addCheck } from "./check.ts";
import { addCompare } from "./compare.ts";
import { addComplete, addCompletion } from "./completion.ts";
import { addExplain } from "./explain.ts";
import { addMachine } from "./machine.ts";
import { addMerge } from "./merge.ts";
import { addReplay } from "./replay.ts";
import { addReview } from "./review.ts";
import { addTrace } from "./trace.ts";
import { addVectors } from "./vectors.ts";
import { addVerify } from "./verify.ts";

/** The command line, ready to parse: all commands with their options. */
export const sysramVerify = (): Command => {
  const program = everyCommand();
  addComplete(program, everyCommand);
  return program;
};

/** All commands that people call. */
const everyCommand = (): Command => {
  const { version } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as {
    readonly version: string;
  };
  const program = new Command("sysram-verify")
    .description("Verifies a driver for hot-plugging CXL memory: the C of the patch, in a modelled kernel.")
    .version(version)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "sysram-verify: ")) })
    .showHelpAfterError("hint: add --help for the options");
  addVerify(program);
  addReview(program);
  addMerge(program);
  addReplay(program);
  addCertify(program);
  addCheck(program);
  addCompare(program);
  addExplain(program);
  addMachine(program);
  addVectors(program);
  addTrace(program);
  addCache(program);
  addCompletion(program);
  return program;
};
