import { Argument, type Command, Option } from "commander";
import { MACHINES } from "../machines/index.ts";
import { POLICIES } from "../machines/policy.ts";
import { type MachineOptions, machine } from "../verify/machine.ts";
import { EXIT } from "./exit.ts";
import { print } from "./terminal.ts";

const EXAMPLE = `
Examples:
  sysram-verify machine --format overview       the stages of the life cycle alone, for Mermaid
  sysram-verify machine --format dot | dot -Tsvg > life-cycle.svg
  sysram-verify machine memory-group --format mermaid
  sysram-verify machine --format xstate         for the Stately editor: import as JSON
`;

/** Adds \`machine\`: the machines as pictures. */
export const addMachine = (program: Command): void => {
  program
    .command("machine")
    .summary("draw the machines")
    .description("Writes a machine in a form that others draw or edit.")
    .addArgument(new Argument("[name]", "which machine").choices(MACHINES.map(({ name }) => name)).default("sysram"))
    .addOption(
      new Option(
        "--format <format>",
        "mermaid, overview (its stages alone, for Mermaid), dot for Graphviz, xstate for the Stately editor, or text",
      )
        .choices(["mermaid", "overview", "dot", "xstate", "text"])
        .default("mermaid"),
    )
    .addOption(
      new Option("--policy <name>", "one life cycle, or both with their differences marked")
        .choices([...POLICIES, "all"])
        .default("all"),
    )
    .addHelpText("after", EXAMPLE)
    .action(async (name: string, options: MachineOptions) => {
      await print(machine(name, options));
      process.exitCode = EXIT.clean;
    });
};
