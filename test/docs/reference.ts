import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command, Option } from "commander";
import { packageRoot } from "../../abi/package-root.ts";
import { EXIT, EXIT_MEANINGS } from "../../cli/exit.ts";
import { commands } from "../support/dry-run.ts";

/** What commander prints behind the options: examples, and what else there is to say. */
const behindTheOptions = (command: Command): string => {
  let help = "";
  command.configureOutput({ writeOut: (text) => (help += text) });
  command.outputHelp();
  return help.slice(help.indexOf("display help for command")).split("\n").slice(1).join("\n").trim();
};

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("\n", " ");

const remarks = ({ argChoices, defaultValue, negate }: Option): string => {
  const choices = argChoices === undefined ? [] : [`one of ${argChoices.map((choice) => `\`${choice}\``).join(", ")}`];
  const preset = defaultValue === undefined || negate ? [] : [`default: \`${String(defaultValue)}\``];
  const all = [...choices, ...preset];
  return all.length === 0 ? "" : ` (${all.join("; ")})`;
};

/** The commands that --help shows as examples. */
export const examplesOf = (command: Command): readonly string[] => {
  const [, examples = ""] = /^Examples?:\n((?: +\S.*\n?)*)/m.exec(behindTheOptions(command)) ?? [];
  return examples
    .split("\n")
    .filter((line) => line.includes("sysram-verify"))
    .map((line) => line.trim().replace(/ {2,}.*$/, ""));
};

/** The examples are commands that a test runs; what else stands there is prose. */
const afterwards = (text: string): string => {
  const [, examples = "", prose = ""] = /^(?:Examples?:\n((?: +\S.*\n?)*))?([\s\S]*)$/.exec(text)!;
  const shown = examples.split("\n").map((line) => line.slice(2));
  return [
    ...(examples === "" ? [] : ["```text", ...shown.filter((line) => line !== ""), "```", ""]),
    ...(prose.trim() === "" ? [] : [prose.trim(), ""]),
  ].join("\n");
};

const section = (command: Command): string => {
  const given = command.registeredArguments.map((argument) => {
    const name = argument.variadic ? `${argument.name()}...` : argument.name();
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  const taken = command.registeredArguments.map(({ description, argChoices }) =>
    argChoices === undefined ? description : `${description}: ${argChoices.join(", ")}`,
  );
  return [
    `## ${command.name()}`,
    "",
    `\`${["sysram-verify", command.name(), "[options]", ...given].join(" ")}\``,
    "",
    command.description(),
    "",
    ...taken.flatMap((text) => (text === "" ? [] : [`What it takes: ${text}.`, ""])),
    "| option | what it does |",
    "|---|---|",
    ...command.options.map((option) => `| \`${option.flags}\` | ${cell(option.description)}${remarks(option)} |`),
    "",
    afterwards(behindTheOptions(command)),
  ].join("\n");
};

const schemas = (): readonly string[] =>
  ["report", "vectors", "logs"].flatMap((folder) =>
    readdirSync(join(packageRoot, folder))
      .filter((name) => name.endsWith(".schema.json"))
      .toSorted()
      .map((name) => {
        const { title, description } = JSON.parse(readFileSync(join(packageRoot, folder, name), "utf8")) as {
          readonly title?: string;
          readonly description?: string;
        };
        return `| [${folder}/${name}](../${folder}/${name}) | ${cell(description ?? title ?? "")} |`;
      }),
  );

/** The page that lists commands, options, exit codes and formats, from their own declarations. */
export const referencePage = (): string =>
  `${[
    "# Reference",
    "",
    "Made from the command line's own declarations by `npm run docs`.",
    "",
    ...commands().map(section),
    "## Exit codes",
    "",
    "| exit code | meaning |",
    "|---|---|",
    ...Object.entries(EXIT).map(([name, code]) => `| ${code} | ${EXIT_MEANINGS[name as keyof typeof EXIT]} |`),
    "",
    "## Formats",
    "",
    "| file | what it describes |",
    "|---|---|",
    ...schemas(),
    "",
    "## Environment",
    "",
    "| variable | meaning |",
    "|---|---|",
    "| `SYSRAM_VERIFY_CACHE` | the folder of the cache; else `sysram-verify` in `XDG_CACHE_HOME` or `~/.cache` |",
    "| `SYSRAM_VERIFY_DEBUG` | shows where an error came from that is a bug of ours |",
    "| `NO_COLOR`, `FORCE_COLOR` | no colour, or colour whatever the terminal says |",
  ]
    .join("\n")
    .replaceAll(/\n{3,}/g, "\n\n")}\n`;
