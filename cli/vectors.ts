import { type Command, Option } from "commander";
import type { VectorFormat } from "../vectors/files.ts";
import type { Trial } from "../vectors/index-text.ts";
import type { VectorSet } from "../vectors/set.ts";
import { vectors, type WrittenVectors } from "../verify/vectors.ts";
import { EXIT } from "./exit.ts";
import { interruptible } from "./interruptible.ts";
import { withOptions } from "./options.ts";
import { namedSource, type SubjectOptions } from "./source.ts";
import { print } from "./terminal.ts";

interface VectorsOptions extends SubjectOptions {
  readonly format: VectorFormat;
  readonly output: string;
  readonly try?: boolean;
  readonly force?: boolean;
  readonly quiet?: boolean;
}

const FORMATS: readonly VectorFormat[] = ["kselftest", "kunit", "json", "itf", "rv"];

const EXAMPLE = `
Examples:
  sysram-verify vectors --format kselftest -o cxl-sysram
                                  scripts for tools/testing/selftests, from the machines alone
  sysram-verify vectors --format kselftest -o cxl-sysram --try first-draft.mbox
                                  with one for each finding in a patch; tried in the modelled kernel
  sysram-verify vectors --format kunit -o kunit first-draft.mbox
  sysram-verify vectors --format rv -o monitors

An index.md in the folder says which vector takes which transition and which failure, and what none can take.
`;

/** Adds \`vectors\`: test programs for a real kernel, out of the machines and the findings of a review. */
export const addVectors = (program: Command): void => {
  const command = program
    .command("vectors")
    .summary("write test vectors for a real kernel")
    .description("Writes tests that take every transition and failure of the life cycle, to be run on a real kernel.")
    .argument("[patch...]", "mail, mbox or diff whose findings get a vector each; none for the machines alone")
    .addHelpText("after", EXAMPLE)
    .addOption(new Option("--format <format>", "what to write").choices(FORMATS).makeOptionMandatory())
    .addOption(new Option("-o, --output <dir>", "the folder to write into").makeOptionMandatory())
    .addOption(
      new Option("--try", "run the scripts in the modelled kernel, on our own driver and on the patch (kselftest)"),
    )
    .addOption(new Option("--force", "write into a folder that holds something else, too"));
  withOptions(command, "source", "tree", "quiet");
  command.action(async (patches: readonly string[], options: VectorsOptions) => {
    process.exitCode = await writeVectors(patches, options);
  });
};

const writeVectors = async (patches: readonly string[], options: VectorsOptions): Promise<number> => {
  const { format, output, try: isTried, force: isForced } = options;
  const hasSubject = patches.length > 0 || options.source !== undefined || options.tree !== undefined;
  const source = hasSubject ? await namedSource(patches, options) : undefined;
  const written = await interruptible(options, ({ onFinding: _, ...followed }) =>
    vectors({ format, folder: output, source, isTried, isForced, ...followed }),
  );
  await print(wordsOf(written, output));
  return EXIT.clean;
};

/** What is to be told of what was written. */
const wordsOf = (written: WrittenVectors, folder: string): string => {
  switch (written.kind) {
    case "automata":
      return `${written.automata} automata in ${folder}, and events.md, which says what feeds them\n`;
    case "unit tests":
      return `${written.vectors} vectors in ${folder}; index.md says what they cover\n`;
    case "user space":
      return summary(written.set, written.trials, folder);
  }
};

const summary = ({ vectors: all, coverage, findings }: VectorSet, trials: readonly Trial[], folder: string): string => {
  const { transitions, failures } = coverage;
  const made = findings.filter(({ vector }) => vector !== null).length;
  return [
    `${all.length} vectors in ${folder}`,
    `  transitions  ${transitions.covered} of ${transitions.provocable} that user space can bring about, ${transitions.notProvocable.length} listed with the reason`,
    `  failures     ${failures.covered} of ${failures.provocable}, ${failures.notProvocable.length} listed with the reason`,
    ...(findings.length === 0
      ? []
      : [
          `  findings     ${made} of ${findings.length} have a vector, ${findings.length - made} listed with the reason`,
        ]),
    ...trials.map(({ driver, results }) => {
      const failed = results.filter(({ isPassed }) => !isPassed).map(({ id }) => id);
      const which = failed.length === 0 ? "" : `; these fail: ${failed.join(", ")}`;
      return `  tried        ${driver}: ${results.length - failed.length} of ${results.length} pass${which}`;
    }),
    "",
  ].join("\n");
};
