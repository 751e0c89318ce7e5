import { type Command, Option } from "commander";
import type { Exploration } from "../checker/explore.ts";
import { certifiedText, uncertifiedText } from "../report/certificate-text.ts";
import type { Given } from "../report/next.ts";
import { type CertifyOptions, certify } from "../verify/certify.ts";
import { EXIT } from "./exit.ts";
import { givenOptions } from "./given.ts";
import { interruptible } from "./interruptible.ts";
import { withOptions } from "./options.ts";
import { checkOutputs, writeJson } from "./output.ts";
import { namedSource, type SubjectOptions, subjectWords } from "./source.ts";
import { PROGRAM, print, terminalOf } from "./terminal.ts";

interface Options extends SubjectOptions, CertifyOptions {
  readonly output: string;
  readonly quiet?: boolean;
  readonly color?: boolean;
}

const EXAMPLE = `
Examples:
  sysram-verify certify -o reference.json                 our own driver, which keeps every property
  sysram-verify certify first-draft.mbox -o draft.json    what holds of a patch, and what it breaks
  sysram-verify check draft.json first-draft.mbox         established again, by another search

Only a search that comes to its end can be certified. --bound-depth makes the space one of runs of so many steps, all of
which are taken; the other bounds end a search before that, and then nothing is certified (exit 3).
`;

/** Adds \`certify\`: a verdict that anyone can establish again. */
export const addCertify = (program: Command): void => {
  const command = program
    .command("certify")
    .summary("write down what was proved of a patch")
    .description("Searches all that a driver can do, and writes what that proves into a file that can be checked.")
    .argument("[patch...]", "mail, mbox or diff; several are a series; - for standard input; none for our own driver")
    .addHelpText("after", EXAMPLE)
    .addOption(new Option("-o, --output <file>", "the certificate; - for standard output").makeOptionMandatory());
  withOptions(command, "source", "tree", "faults", "tasks", "preemptions", "interruptAt", "regions", "blocks");
  withOptions(command, "boundStates", "boundDepth", "boundTime", "boundMemory", "policy", "quiet", "noColor");
  command.action(async (patches: readonly string[], options: Options) => {
    process.exitCode = await certifySubject(patches, options, givenOptions(command));
  });
};

const certifySubject = async (patches: readonly string[], options: Options, given: Given): Promise<number> => {
  const { output } = options;
  await checkOutputs([{ file: output, what: "certificate" }]);
  const source = await namedSource(patches, options);
  const done = await interruptible(options, (followed) => certify(source, { ...options, ...followed }));
  const text = {
    ...terminalOf(options),
    command: { program: PROGRAM, command: "certify", given, inputs: subjectWords(patches, options) },
    file: output,
    elapsedMs: done.exploration.elapsedMs,
  };
  const say = (words: string): Promise<void> | boolean => (output === "-" ? process.stderr.write(words) : print(words));
  if (done.kind === "uncertified") {
    await say(uncertifiedText(done.subject.name, whyNot(done.exploration), text));
    if (done.exploration.ending === "interrupted") return EXIT.interrupted;
    return done.exploration.findings.length > 0 ? EXIT.violated : EXIT.notAllHolds;
  }
  const { certificate } = done;
  await writeJson(certificate, output, "certificate");
  await say(certifiedText(certificate, text));
  return certificate.verdict === "violated" ? EXIT.violated : EXIT.clean;
};

/** Why a search proves nothing. */
const whyNot = ({ ending, findings }: Exploration): string => {
  const found = findings.length;
  const seen = found === 0 ? "" : `; by then it had found ${found} ${found === 1 ? "thing" : "things"} wrong`;
  return `${ending === "interrupted" ? "the search was interrupted" : `the search stopped at its ${ending}`}${seen}`;
};
