import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { checkedText } from "../report/certificate-text.ts";
import type { Given } from "../report/next.ts";
import { check } from "../verify/check.ts";
import { VerifyError } from "../verify/error.ts";
import { EXIT } from "./exit.ts";
import { givenOptions } from "./given.ts";
import { interruptible } from "./interruptible.ts";
import { withOptions } from "./options.ts";
import { namedSource, type SubjectOptions, subjectWords } from "./source.ts";
import { PROGRAM, print, terminalOf } from "./terminal.ts";

interface CheckOptions extends SubjectOptions {
  readonly require?: "holds";
  readonly quiet?: boolean;
  readonly color?: boolean;
}

const EXAMPLE = `
Examples:
  sysram-verify check reference.json                   of our own driver
  sysram-verify check draft.json first-draft.mbox

It exits 0 where all is so, also where the certificate says that properties are violated; 1 where something is not so; 2
where the file is no certificate, or one of something else. With --require holds, it exits 3 where all is so and not
every property holds.
`;

/** Adds \`check\`: what a certificate says, established again. */
export const addCheck = (program: Command): void => {
  const command = program
    .command("check")
    .summary("establish again what a certificate says")
    .description("Searches all that a driver can do with a second, simple search, and compares it with a certificate.")
    .argument("<certificate>", "the file that certify wrote")
    .argument("[patch...]", "the patch that it is of; none for our own driver")
    .addHelpText("after", EXAMPLE);
  withOptions(command, "source", "tree", "require", "quiet", "noColor");
  command.action(async (file: string, patches: readonly string[], options: CheckOptions) => {
    process.exitCode = await checkFile(file, patches, options, givenOptions(command));
  });
};

const checkFile = async (
  file: string,
  patches: readonly string[],
  options: CheckOptions,
  given: Given,
): Promise<number> => {
  const text = await textOf(file);
  const source = await namedSource(patches, options);
  const { certificate, statements, isEstablished, elapsedMs } = await interruptible(options, (followed) =>
    check(text, source, followed),
  );
  await print(
    checkedText(certificate, statements, {
      ...terminalOf(options),
      command: { program: PROGRAM, command: "check", given, inputs: subjectWords(patches, options) },
      file,
      elapsedMs,
    }),
  );
  if (!isEstablished) return EXIT.violated;
  return options.require === "holds" && certificate.verdict !== "holds" ? EXIT.notAllHolds : EXIT.clean;
};

const textOf = async (file: string): Promise<string> => {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new VerifyError(
      "not-found",
      `cannot read the certificate ${file}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
      "give the file that certify -o wrote",
    );
  }
};
