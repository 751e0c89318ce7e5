import { type Command, Option } from "commander";
import type { CertifiedConfiguration } from "../checker/certificate.ts";
import { certify } from "../checker/certify.ts";
import { loadDriver } from "../driver/run/driver.ts";
import { composeCertificate, machineOf } from "../harness/certificate.ts";
import { type Company, ridersFor } from "../harness/riders.ts";
import type { SysramAction, SysramState } from "../harness/state.ts";
import { contentOfStates } from "../harness/state-content.ts";
import { sysramSystem } from "../harness/sysram-system.ts";
import type { SysramEvent } from "../models/observation.ts";
import { properties } from "../properties/index.ts";
import { certifiedText, uncertifiedText } from "../report/certificate-text.ts";
import { progressReporter } from "../report/progress.ts";
import { companyOf } from "../verify/company.ts";
import { boundsOf, checkInterruptAt, defaultFaults, type SearchOptions } from "../verify/engine.ts";
import { build, readSubject, type SubjectOptions, subjectWords } from "../verify/subject.ts";
import { EXIT } from "./exit.ts";
import { interruptible } from "./interruptible.ts";
import { OPTIONS, type SizeOptions } from "./options.ts";
import { telling, writeJson } from "./output.ts";
import { PROGRAM, print, terminalOf } from "./terminal.ts";

interface CertifyOptions extends SubjectOptions, SearchOptions, SizeOptions {
  readonly output: string;
  readonly tasks: number;
  readonly policy?: Company;
  readonly quiet?: boolean;
  readonly color?: boolean;
}

const EXAMPLE = `
Examples:
  sysram-verify certify -o reference.json              our own driver, which keeps every property
  sysram-verify certify v4-24of27.mbox -o v4.json      what holds of a patch, and what it breaks
  sysram-verify check v4.json v4-24of27.mbox           established again, by another search

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
  const { source, tree, faults, tasks, preemptions, interruptAt, regions, blocks } = OPTIONS;
  const { boundStates, boundDepth, boundTime, boundMemory } = OPTIONS;
  for (const option of [source, tree, faults, tasks, preemptions, interruptAt, regions, blocks])
    command.addOption(option());
  for (const option of [boundStates, boundDepth, boundTime, boundMemory]) command.addOption(option());
  command.addOption(OPTIONS.policy()).addOption(OPTIONS.quiet()).addOption(OPTIONS.noColor());
  command.action(async (patches: readonly string[], options: CertifyOptions) => {
    process.exitCode = await certifySubject(patches, options);
  });
};

const certifySubject = async (patches: readonly string[], options: CertifyOptions): Promise<number> => {
  const { output, tasks } = options;
  checkInterruptAt(options);
  // The longest run is a matter of the space that is certified, and no limit of the search.
  const { maxDepth, ...bounds } = boundsOf(options);
  const isQuiet = options.quiet === true;
  const subject = await readSubject(patches, options);
  const image = await build(subject, telling(isQuiet), options);
  const configuration: CertifiedConfiguration = {
    regions: options.regions,
    blocks: options.blocks,
    tasks,
    ...(options.interruptAt === "accesses" ? { interruptAt: options.interruptAt } : {}),
    faults: options.faults ?? defaultFaults(options.tasks),
    preemptions: options.preemptions ?? (tasks === 1 ? "all" : 1),
    maxSteps: maxDepth ?? null,
    // A machine follows one command at a time.
    policy: tasks === 1 ? (options.policy ?? companyOf(subject)) : "none",
  };
  const riders = ridersFor(configuration.policy as Company);
  const system = sysramSystem(loadDriver(image), machineOf(configuration), { riders, isReduced: false });
  const progress = progressReporter(process.stderr, { isQuiet });
  const { exploration, proof } = await interruptible((signal) =>
    certify<SysramState, SysramAction, SysramEvent>(system, {
      ...configuration,
      properties,
      contentOf: contentOfStates(),
      limits: { ...bounds, signal },
      onProgress: progress.update,
    }),
  );
  progress.clear();
  const text = {
    ...terminalOf(options),
    program: PROGRAM,
    inputs: subjectWords(patches, options),
    file: output,
    elapsedMs: exploration.elapsedMs,
  };
  const say = (words: string): Promise<void> | boolean => (output === "-" ? process.stderr.write(words) : print(words));
  if (proof === undefined) {
    const ending =
      exploration.ending === "interrupted"
        ? "the search was interrupted"
        : `the search stopped at its ${exploration.ending}`;
    const found = exploration.findings.length;
    const seen = found === 0 ? "" : `; by then it had found ${found} ${found === 1 ? "thing" : "things"} wrong`;
    await say(uncertifiedText(subject.name, `${ending}${seen}`, text));
    if (exploration.ending === "interrupted") return EXIT.interrupted;
    return found > 0 ? EXIT.violated : EXIT.notAllHolds;
  }
  const { name, sha256 } = subject;
  const certificate = composeCertificate(system, { name, sha256, image: image.sha256 }, configuration, proof);
  await writeJson(certificate, output, "certificate");
  await say(certifiedText(certificate, text));
  return certificate.verdict === "violated" ? EXIT.violated : EXIT.clean;
};
