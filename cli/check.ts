import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { isEstablished } from "../checker/certificate.ts";
import { searchPlainly } from "../checker/plain-search.ts";
import { loadDriver } from "../driver/run/driver.ts";
import { examine, machineOf, refuseStranger } from "../harness/certificate.ts";
import { CertificateError, parseCertificate } from "../harness/certificate-file.ts";
import { COMPANIES, ridersFor } from "../harness/riders.ts";
import type { SysramAction, SysramState } from "../harness/state.ts";
import { contentOfStates } from "../harness/state-content.ts";
import { sysramSystem } from "../harness/sysram-system.ts";
import type { SysramEvent } from "../models/observation.ts";
import { properties } from "../properties/index.ts";
import { checkedText } from "../report/certificate-text.ts";
import { progressReporter } from "../report/progress.ts";
import { VerifyError } from "../verify/error.ts";
import { build, readSubject, type SubjectOptions, subjectWords } from "../verify/subject.ts";
import { EXIT } from "./exit.ts";
import { interruptible } from "./interruptible.ts";
import { OPTIONS } from "./options.ts";
import { telling } from "./output.ts";
import { PROGRAM, print, terminalOf } from "./terminal.ts";

interface CheckOptions extends SubjectOptions {
  readonly require?: "holds";
  readonly quiet?: boolean;
  readonly color?: boolean;
}

const EXAMPLE = `
Examples:
  sysram-verify check reference.json                   of our own driver
  sysram-verify check v4.json v4-24of27.mbox

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
  for (const option of [OPTIONS.source, OPTIONS.tree, OPTIONS.require, OPTIONS.quiet, OPTIONS.noColor]) {
    command.addOption(option());
  }
  command.action(async (file: string, patches: readonly string[], options: CheckOptions) => {
    process.exitCode = await check(file, patches, options);
  });
};

const check = async (file: string, patches: readonly string[], options: CheckOptions): Promise<number> => {
  const isQuiet = options.quiet === true;
  const certificate = await refusing(async () => parseCertificate(await textOf(file)));
  const { configuration } = certificate;
  const company = COMPANIES.find((known) => known === configuration.policy);
  if (company === undefined) {
    throw new VerifyError(
      "input",
      `the certificate rests on a life cycle ${JSON.stringify(configuration.policy)} that is not known`,
      `it is one of ${COMPANIES.join(", ")}`,
    );
  }
  const subject = await readSubject(patches, options);
  await refusing(() => refuseStranger(certificate, { sha256: subject.sha256, image: undefined }));
  const image = await build(subject, telling(isQuiet), machineOf(configuration));
  await refusing(() => refuseStranger(certificate, { sha256: subject.sha256, image: image.sha256 }));

  const riders = ridersFor(company);
  const system = sysramSystem(loadDriver(image), machineOf(configuration), {
    riders,
    isReduced: false,
    isCached: false,
  });
  const progress = progressReporter(process.stderr, { isQuiet });
  const started = performance.now();
  const established = await interruptible((signal) =>
    searchPlainly<SysramState, SysramAction, SysramEvent>(system, {
      ...configuration,
      properties,
      contentOf: contentOfStates(),
      signal,
      onProgress: progress.update,
    }),
  );
  progress.clear();
  if (established === undefined) {
    throw new VerifyError(
      "interrupted",
      "the check was interrupted, and nothing was established",
      "run it again, to its end",
    );
  }
  const claims = examine(certificate, system, properties, established);
  await print(
    checkedText(certificate, claims, {
      ...terminalOf(options),
      program: PROGRAM,
      inputs: subjectWords(patches, options),
      file,
      elapsedMs: performance.now() - started,
    }),
  );
  if (!claims.every(isEstablished)) return EXIT.violated;
  return options.require === "holds" && certificate.verdict !== "holds" ? EXIT.notAllHolds : EXIT.clean;
};

/** Puts what is wrong with a certificate into the user's words. */
const refusing = async <T>(use: () => T | Promise<T>): Promise<T> => {
  try {
    return await use();
  } catch (error) {
    if (error instanceof CertificateError) throw new VerifyError("input", error.message, error.hint);
    throw error;
  }
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
