import { Argument, type Command, Option } from "commander";
import { MACHINES, tableOf } from "../machines/index.ts";
import { listing } from "../machines/listing.ts";
import { dot, drawnOf, mermaid, mermaidOverview } from "../machines/picture.ts";
import { POLICIES, type Policy } from "../machines/policy.ts";
import { xstateJson } from "../machines/xstate-json.ts";
import { EXIT } from "./exit.ts";
import { print } from "./terminal.ts";

interface MachineOptions {
  readonly format: "overview" | "mermaid" | "dot" | "xstate" | "text";
  readonly policy: Policy | "all";
}

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
      await print(pictureOf(name, options));
      process.exitCode = EXIT.clean;
    });
};

const pictureOf = (name: string, { format, policy }: MachineOptions): string => {
  const machine = MACHINES.find((candidate) => candidate.name === name)!;
  const policies = policy === "all" ? POLICIES : [policy];
  switch (format) {
    case "overview":
      // A rule that is no life cycle is its own overview.
      return machine.policies.length === 0
        ? mermaid(drawnOf(machine, policies))
        : mermaidOverview(drawnOf(machine, policies));
    case "mermaid":
      return mermaid(drawnOf(machine, policies));
    case "dot":
      return dot(drawnOf(machine, policies));
    case "xstate":
      return `${JSON.stringify(xstateJson(machine.machine, policy === "all" ? undefined : policy), null, 2)}\n`;
    case "text": {
      const shown = machine.policies.length === 0 ? [undefined] : policies;
      return shown
        .map((own) => {
          const heading = own === undefined ? "" : `# ${own}\n`;
          return `${heading}${listing(tableOf(machine, own)).join("\n")}\n`;
        })
        .join("\n");
    }
  }
};
