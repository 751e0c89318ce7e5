import { stat } from "node:fs/promises";
import type { Command } from "commander";
import { renderComparison } from "../report/compare-text.ts";
import type { Given } from "../report/next.ts";
import { type CompareOptions, compare } from "../verify/compare.ts";
import { VerifyError } from "../verify/error.ts";
import { EXIT } from "./exit.ts";
import { fileWords, givenOptions } from "./given.ts";
import { interruptible } from "./interruptible.ts";
import { type ReportOptions, withOptions } from "./options.ts";
import { checkOutputs, writeJson } from "./output.ts";
import { namedSource, type SubjectOptions, subjectWords } from "./source.ts";
import { PROGRAM, print, terminalOf } from "./terminal.ts";

interface Options extends CompareOptions, ReportOptions {}

const EXAMPLE = `
Examples:
  sysram-verify compare first-draft.mbox second-draft.mbox  what the next version fixes, and what else it changes
  sysram-verify compare first-draft.mbox region_sysram.c    a patch, and your own variant of its driver
  sysram-verify compare reference my-driver.c               our own driver in the place of the old one

A name that ends in .c is a C file with the headers beside it, a folder a kernel tree, and "reference" our own driver.
It exits 0 where the new version violates nothing, 1 where it does, 2 for bad input.
`;

/** Adds \`compare\`: what changes from one version of a driver to the next. */
export const addCompare = (program: Command): void => {
  const command = program
    .command("compare")
    .summary("tell what changed between two versions of a driver")
    .description(
      "Searches both versions of a driver, and tells which findings are fixed, which remain and which are new, which proofs still hold, and what users see change.",
    )
    .argument("<old>", "patch, C file, kernel tree, or reference")
    .argument("<new>", "the same for the new version")
    .addHelpText("after", EXAMPLE);
  withOptions(command, "faults", "tasks", "preemptions", "regions", "blocks");
  withOptions(command, "boundStates", "boundDepth", "boundTime", "boundMemory", "workers", "policy");
  withOptions(command, "json", "quiet", "verbose", "noColor");
  command.action(async (old: string, newer: string, options: Options) => {
    process.exitCode = await compareNamed(old, newer, options, givenOptions(command));
  });
};

/** A version as the user names it. */
interface Named {
  readonly patches: readonly string[];
  readonly options: SubjectOptions;
}

const named = async (name: string): Promise<Named> => {
  if (name === "reference") return { patches: [], options: {} };
  if (name.endsWith(".c")) return { patches: [], options: { source: name } };
  const isFolder = await stat(name).then(
    (file) => file.isDirectory(),
    () => false,
  );
  return isFolder ? { patches: [], options: { tree: name } } : { patches: [name], options: {} };
};

const VERSIONS =
  "each version is a patch or an mbox with the whole series, a C file whose name ends in .c, or the folder of a kernel tree";

/** Advice on how the other commands are given a subject is of no use here. */
const adviceOnVersions = (error: unknown): unknown =>
  error instanceof VerifyError && /--(source|tree)\b/.test(error.hint)
    ? new VerifyError(error.code, error.message, VERSIONS, { cause: error })
    : error;

const compareNamed = async (old: string, newer: string, options: Options, given: Given): Promise<number> => {
  if (old === "-" && newer === "-") {
    throw new VerifyError(
      "usage",
      "standard input holds one patch, and two are compared",
      "name a file for one of them",
    );
  }
  await checkOutputs([{ file: options.json, what: "comparison" }]);
  const names = [await named(old), await named(newer)] as const;
  const sources = [
    await namedSource(names[0].patches, names[0].options),
    await namedSource(names[1].patches, names[1].options),
  ] as const;
  const comparison = await interruptible(options, ({ onFinding, ...followed }) =>
    compare(...sources, {
      ...{ ...options, ...followed },
      onFinding: (finding, version) => onFinding(finding, version === "old" ? old : newer),
    }),
  ).catch((error: unknown) => {
    throw adviceOnVersions(error);
  });
  if (options.json !== "-") {
    await print(
      renderComparison(comparison, {
        ...terminalOf(options),
        isVerbose: options.verbose === true,
        command: { program: PROGRAM, command: "compare", given, inputs: fileWords([old, newer]) },
        old: subjectWords(names[0].patches, names[0].options),
        new: subjectWords(names[1].patches, names[1].options),
      }),
    );
  }
  await writeJson(comparison, options.json, "comparison");
  const endings = [comparison.old.ending, comparison.new.ending, comparison.behaviours.ending];
  if (endings.includes("interrupted")) return EXIT.interrupted;
  return comparison.new.verdict === "violated" ? EXIT.violated : EXIT.clean;
};
