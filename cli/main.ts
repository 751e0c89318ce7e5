#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { packageRoot } from "../abi/package-root.ts";

const { version } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as { readonly version: string };

const program = new Command("sysram-verify")
  .description("Verify a driver for hot-plugging CXL memory: the C of the patch, in a modelled kernel.")
  .version(version)
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .action(() => program.help());

await program.parseAsync();
