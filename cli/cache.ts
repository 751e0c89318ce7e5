import { type Command, Option } from "commander";
import { count } from "../report/layout.ts";
import { printable } from "../report/printable.ts";
import { type CacheOptions, cache } from "../verify/cache.ts";
import { EXIT } from "./exit.ts";
import { print } from "./terminal.ts";

const EXAMPLE = `
Examples:
  sysram-verify cache                           where it is, and how large
  sysram-verify cache --clear
`;

/** Adds \`cache\`: the built drivers that are kept. */
export const addCache = (program: Command): void => {
  program
    .command("cache")
    .summary("show or clear the cache of built drivers")
    .description(
      "Each driver that was built is kept, so that its next review starts at once. The folder is sysram-verify in the user's cache, or what SYSRAM_VERIFY_CACHE names.",
    )
    .addOption(new Option("--clear", "remove all of them"))
    .addHelpText("after", EXAMPLE)
    .action(async (options: CacheOptions) => {
      const { folder, drivers, bytes } = await cache(options);
      const size = `${count(drivers, "built driver")}, ${(bytes / 1024).toFixed(0)} KiB`;
      await print(`${options.clear === true ? "removed " : ""}${size}  ${printable(folder)}\n`);
      process.exitCode = EXIT.clean;
    });
};
