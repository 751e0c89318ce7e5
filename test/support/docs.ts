import { cpSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../abi/package-root.ts";
import { lifeCycle } from "../../machines/index.ts";
import { kernelFunctions } from "../../models/index.ts";
import { claims } from "../../properties/index.ts";
import { commandLine, type Ran } from "./cli.ts";

const markdownIn = (folder: string): readonly string[] =>
  readdirSync(join(packageRoot, folder))
    .filter((name) => name.endsWith(".md"))
    .toSorted()
    .map((name) => join(folder, name));

/** All documents, as paths from the root. */
export const documents = (): readonly string[] => ["", "docs", "docs/decisions", "corpus"].flatMap(markdownIn);

/** The text of a document. */
export const textOf = (document: string): string => readFileSync(join(packageRoot, document), "utf8");

/** A folder as a reader has it who has cloned the project: commands name its files as the documents do. */
export const readersFolder = (folder: string): string => {
  for (const name of ["examples", "driver/reference"]) {
    cpSync(join(packageRoot, name), join(folder, name), { recursive: true });
  }
  return folder;
};

/** The lines of the shell that a text shows, each joined where it goes on in the next line, without comments. */
const shellLines = (text: string): readonly string[] =>
  [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block]) =>
    block!
      .replaceAll("\\\n", " ")
      .split("\n")
      .map((line) => line.replace(/(^|\s)#.*$/, "").trim())
      .filter((line) => line !== ""),
  );

const PROGRAM = /^(?:npx )?sysram-verify\b/;

/** Those that run our program. */
export const commandsIn = (text: string): readonly string[] =>
  shellLines(text).filter((line) => line.split(/\s*(?:\||&&)\s*/).some((part) => PROGRAM.test(part)));

/** The words that a line of the shell gives to our program, for each time that it calls it. */
export const wordsIn = (line: string): readonly (readonly string[])[] =>
  line
    .split(/\s*(?:\||&&|\s>\s)\s*/)
    .filter((part) => PROGRAM.test(part))
    .map((part) =>
      [...part.replace(PROGRAM, "").matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!),
    );

/** Runs a line that is one command of ours in a folder, in this process. */
const runLine = (line: string, folder: string): Promise<Ran> => commandLine(wordsIn(line)[0]!, { folder });

const EXAMPLES = new Map<string, Promise<Ran>>();

/** Commands that are printed name our program as a reader calls it who has cloned the project, however the tests were started. */
const asFromACheckout = (ran: Ran): Ran => ({
  ...ran,
  stdout: ran.stdout.replaceAll(/(?:npx )?sysram-verify (?=[a-z])/g, "npx sysram-verify "),
});

/** What a command of a document comes to in full; each is run once. */
const ranInFull = (line: string, folder: string): Promise<Ran> => {
  const known = EXAMPLES.get(line) ?? runLine(line, folder).then(asFromACheckout);
  EXAMPLES.set(line, known);
  return known;
};

/** The lines from the one that matches first to the next one that matches last, or to the end of the paragraph. */
const excerpt = (text: string, first: string, last: string): string => {
  const lines = text.split("\n");
  const from = lines.findIndex((line) => new RegExp(first).test(line));
  if (from === -1) throw new Error(`no line of the output matches ${first}:\n${text}`);
  const length = lines.slice(from).findIndex((line) => new RegExp(last).test(line));
  if (length === -1) throw new Error(`no line of the output behind ${first} matches ${last}`);
  return lines.slice(from, from + length + 1).join("\n");
};

/** The first finding of a report that has the words, down to the command that takes its run again. */
const findingAbout = (text: string, about: string): readonly string[] => {
  const findings = text
    .split(/^(?=finding \d+ of \d+|what was explored)/m)
    .filter((part) => part.startsWith("finding "));
  const found = findings.find((part) => part.replaceAll(/\s+/g, " ").includes(about));
  if (found === undefined) throw new Error(`no finding is about ${about}:\n${text}`);
  const lines = found.split("\n");
  return lines.slice(0, lines.findIndex((line) => line.includes("sysram-verify replay sv")) + 1);
};

const fenced = (language: string, text: string): string => `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;

const NUMBERS: Readonly<Record<string, () => number>> = {
  claims: () => claims.length,
  "claims of one task": () => claims.filter(({ id }) => !SEVERAL_TASKS.includes(id)).length,
  "kernel functions": () => Object.keys(kernelFunctions).length,
  "life-cycle states": () => lifeCycle("intended").configurations.length,
};

const SEVERAL_TASKS: readonly string[] = ["accesses-are-ordered", "commands-are-linearizable"];

const MAKERS: Readonly<Record<string, (given: string, folder: string) => Promise<string>>> = {
  file: async (path) => fenced(path.endsWith(".diff") ? "diff" : "text", readFileSync(join(packageRoot, path), "utf8")),
  output: async (given, folder) => {
    const [command, first, last] = given.split(" ;; ") as [string, string, string];
    return fenced("text", excerpt((await ranInFull(command, folder)).stdout, first, last));
  },
  finding: async (given, folder) => {
    const [command, about] = given.split(" ;; ") as [string, string];
    return fenced("text", findingAbout((await ranInFull(command, folder)).stdout, about).join("\n"));
  },
  replay: async (given, folder) => {
    const [command, about] = given.split(" ;; ") as [string, string];
    const lines = findingAbout((await ranInFull(command, folder)).stdout, about);
    return fenced("sh", lines.at(-1)!.trim());
  },
};

/** A document with all that a command writes into it written anew. */
export const madeAnew = async (text: string, folder: string): Promise<string> => {
  let fresh = text.replaceAll(/<!-- number: (.*?) -->.*?<!-- \/number -->/g, (_, name: string) => {
    const number = NUMBERS[name];
    if (number === undefined) throw new Error(`no number is called ${name}`);
    return `<!-- number: ${name} -->${number().toLocaleString("en-US")}<!-- /number -->`;
  });
  for (const [whole, kind, given] of text.matchAll(/<!-- made: (\w+) (.*?) -->[\s\S]*?<!-- \/made -->/g)) {
    const made = await MAKERS[kind!]!(given!, folder);
    fresh = fresh.replace(whole, () => `<!-- made: ${kind} ${given} -->\n\n${made}\n\n<!-- /made -->`);
  }
  return fresh;
};

/** The links of a document that lead to files, each with the part of the page that it names. */
export const linksIn = (text: string): readonly { readonly path: string; readonly anchor: string | undefined }[] =>
  [...text.replaceAll(/^```[\s\S]*?^```$/gm, "").matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target!)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => ({ path: target.replace(/#.*/, ""), anchor: /#(.*)$/.exec(target)?.[1] }));

/** The anchors that a page has for its headings. */
export const anchorsOf = (text: string): readonly string[] =>
  [...text.replaceAll(/^```[\s\S]*?^```$/gm, "").matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );

/** Paths of the project that a text names in its prose. */
export const pathsIn = (text: string): readonly string[] => {
  const folders = readdirSync(packageRoot, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !/^(\.|node_modules$|dist$|coverage$)/.test(entry.name))
    .map(({ name }) => name);
  const path = new RegExp(`(?<![\\w/.-])(?:${folders.join("|")})/[\\w./*<{-]*`, "g");
  return [...text.replaceAll(/^```[\s\S]*?^```$/gm, "").matchAll(path)]
    .filter(([match]) => !/[*<{]/.test(match))
    .map(([match]) => match.replace(/[./-]+$/, ""));
};

/** Whether the project has a file or a folder of that path. */
export const isThere = (path: string): boolean => existsSync(join(packageRoot, path));
