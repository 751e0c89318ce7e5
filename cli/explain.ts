import type { Command } from "commander";
import { claims } from "../properties/index.ts";
import { explain } from "../report/explain.ts";
import { EXIT } from "./exit.ts";
import { OPTIONS } from "./options.ts";
import { PROGRAM, print, terminalOf } from "./terminal.ts";

/** Adds \`explain\`: the rule behind a property. */
export const addExplain = (program: Command): void => {
  program
    .command("explain")
    .summary("say what a property claims, and why")
    .description(
      "Explains a property, or the one that a finding breaks: the rule, its source in the kernel, how it is checked.",
    )
    .argument("<property>", "the id of a property or a finding")
    .addOption(OPTIONS.noColor())
    .addHelpText("after", "\nExample:\n  sysram-verify explain groups-are-unregistered\n")
    .action(async (id: string, options: { readonly color?: boolean }) => {
      const { kind, text } = explain(id, claims, { ...terminalOf(options), program: PROGRAM });
      if (kind === "property") {
        await print(text);
        process.exitCode = EXIT.clean;
      } else {
        process.stderr.write(text);
        process.exitCode = EXIT.usage;
      }
    });
};
