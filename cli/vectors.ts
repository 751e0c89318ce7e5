import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Command, Option } from "commander";
import type { DriverImage } from "../driver/compile/image.ts";
import { readReference } from "../driver/reference.ts";
import { loadDriver } from "../driver/run/driver.ts";
import { type Blueprint, systemFrom } from "../harness/blueprint.ts";
import { DEFAULT_CONFIGURATION } from "../harness/configuration.ts";
import { sysramSystem } from "../harness/sysram-system.ts";
import { progressReporter } from "../report/progress.ts";
import { VECTOR_CONFIGURATION } from "../vectors/action.ts";
import { intended } from "../vectors/build.ts";
import { filesOf, type VectorFormat } from "../vectors/files.ts";
import { indexText, type Trial } from "../vectors/index-text.ts";
import { findingKey } from "../vectors/judge.ts";
import { kselftestFiles, writeFiles } from "../vectors/kselftest/write.ts";
import { KUNIT_CONFIGURATION, kunitVectors } from "../vectors/kunit/lives.ts";
import { kunitFiles } from "../vectors/kunit/write.ts";
import { rvFiles } from "../vectors/rv/write.ts";
import { type ReviewedFinding, type VectorSet, vectorSet } from "../vectors/set.ts";
import { detect } from "../vectors/simulate/detect.ts";
import { type UserSpace, userSpace } from "../vectors/user-space.ts";
import { companyOf } from "../verify/company.ts";
import { composeReport } from "../verify/compose-report.ts";
import { search } from "../verify/engine.ts";
import { VerifyError } from "../verify/error.ts";
import { sourceOf } from "../verify/search-parts.ts";
import { build, readSubject, type SubjectOptions } from "../verify/subject.ts";
import { EXIT } from "./exit.ts";
import { interruptible } from "./interruptible.ts";
import { OPTIONS } from "./options.ts";
import { telling } from "./output.ts";
import { print } from "./terminal.ts";

interface VectorsOptions extends SubjectOptions {
  readonly format: VectorFormat;
  readonly output: string;
  readonly try?: boolean;
  readonly quiet?: boolean;
}

const FORMATS: readonly VectorFormat[] = ["kselftest", "kunit", "json", "itf", "rv"];

const EXAMPLE = `
Examples:
  sysram-verify vectors --format kselftest -o cxl-sysram
                                  scripts for tools/testing/selftests, from the machines alone
  sysram-verify vectors --format kselftest -o cxl-sysram --try v4-24of27.mbox
                                  with one for each finding in a patch; tried in the modelled kernel
  sysram-verify vectors --format kunit -o kunit v4-24of27.mbox
  sysram-verify vectors --format rv -o monitors

An index.md in the folder says which vector takes which transition and which failure, and what none can take.
`;

/** Adds \`vectors\`: test programs for a real kernel, out of the machines and the findings of a review. */
export const addVectors = (program: Command): void => {
  const { source, tree, quiet } = OPTIONS;
  program
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
    .addOption(source())
    .addOption(tree())
    .addOption(quiet())
    .action(async (patches: readonly string[], options: VectorsOptions) => {
      process.exitCode = await vectors(patches, options);
    });
};

const vectors = async (patches: readonly string[], options: VectorsOptions): Promise<number> => {
  const { format, output } = options;
  const hasSubject = patches.length > 0 || options.source !== undefined || options.tree !== undefined;
  if (options.try === true && format !== "kselftest") {
    throw new VerifyError(
      "usage",
      "--try runs scripts, and this format has none",
      "leave --try out, or take --format kselftest",
    );
  }
  if (hasSubject && format === "rv") {
    throw new VerifyError("usage", "monitors come from the machines, and no patch changes them", "leave the patch out");
  }
  try {
    // Before anything that takes long: a folder that cannot be written is known at once.
    await makeFolder(output);
    await print(await written(options, hasSubject ? await reviewed(patches, options) : undefined));
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    if (code === undefined || path === undefined) throw error;
    throw new VerifyError("output", `cannot write ${path}: ${(error as Error).message}`, "name another folder with -o");
  }
  return EXIT.clean;
};

/** Makes a folder where there is none; its parent must be there. */
const makeFolder = async (folder: string): Promise<void> => {
  try {
    await mkdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
};

/** A driver that was reviewed. */
interface Reviewed {
  readonly name: string;
  readonly sha256: string;
  readonly image: DriverImage;
  readonly findings: readonly ReviewedFinding[];
}

const reviewed = async (patches: readonly string[], options: VectorsOptions): Promise<Reviewed> => {
  const isQuiet = options.quiet === true;
  const subject = await readSubject(patches, options);
  const image = await build(subject, telling(isQuiet));
  const configuration = DEFAULT_CONFIGURATION;
  const blueprint: Blueprint = { driver: { kind: "image", image, company: companyOf(subject) }, configuration };
  const whole = systemFrom(blueprint);
  const { system } = whole;
  const progress = progressReporter(process.stderr, { isQuiet });
  const { exploration, ...searched } = await interruptible((signal) =>
    search(
      sourceOf(blueprint),
      { engine: "exhaustive", faults: "all" },
      { whole, known: { first: [], system }, signal, onProgress: progress.update },
    ),
  );
  progress.clear();
  if (exploration.ending === "interrupted") {
    throw new VerifyError("interrupted", "interrupted before the review was done", "no vector was written");
  }
  const report = composeReport({
    ...{ subject, system: searched.system, configuration, exploration },
    options: searched.options,
  });
  const findings = report.findings.map(({ id, title, steps }, index) => {
    const { property, object, site } = exploration.findings[index]!;
    const commands = steps.flatMap(({ kind, what }) => (kind === "command" && what !== undefined ? [what] : []));
    return { id, property, object, site, title, commands };
  });
  return { name: subject.name, sha256: subject.sha256, image, findings };
};

/** Writes a format; gives what is to be told of it. */
const written = async (options: VectorsOptions, subject: Reviewed | undefined): Promise<string> => {
  const { format, output } = options;
  const write = async (files: readonly (readonly [name: string, text: string])[]): Promise<void> => {
    for (const [name, text] of files) await writeFile(join(output, name), text);
  };
  switch (format) {
    case "rv": {
      const files = rvFiles();
      await write(files);
      return `${files.length - 1} automata in ${output}, and events.md, which says what feeds them\n`;
    }
    case "kunit": {
      const own = kunitVectors(
        subject === undefined
          ? undefined
          : { system: sysramSystem(loadDriver(subject.image), KUNIT_CONFIGURATION), findings: subject.findings },
      );
      await write(await kunitFiles(own));
      return `${own.length} vectors in ${output}; index.md says what they cover\n`;
    }
    case "json":
    case "itf":
    case "kselftest": {
      const space = subject === undefined ? undefined : spaceOf(subject.image);
      const set = vectorSet(
        intended(),
        subject === undefined || space === undefined ? undefined : { ...subject, space },
      );
      let trials: readonly Trial[] = [];
      if (format === "kselftest") {
        await writeFiles(output, await kselftestFiles(set.vectors, `${JSON.stringify(set, null, 2)}\n`));
        if (options.try === true) trials = await tried(set, options, subject?.name, space);
      } else {
        await write(filesOf(format, set));
      }
      const keys = new Map(subject?.findings.map((finding) => [finding.id, findingKey(finding)]));
      await write([["index.md", indexText(set, trials, (id) => keys.get(id))]]);
      if (trials[0]?.results.some(({ isPassed }) => !isPassed) === true) {
        throw new Error(`a vector fails on our own driver: ${join(output, "index.md")} says which`);
      }
      return summary(set, trials, output);
    }
  }
};

const spaceOf = (image: DriverImage): UserSpace => userSpace(sysramSystem(loadDriver(image), VECTOR_CONFIGURATION));

/** Runs the scripts on our own driver, and on the one that was reviewed. */
const tried = async (
  { vectors: all }: VectorSet,
  { output, quiet }: VectorsOptions,
  name: string | undefined,
  space: UserSpace | undefined,
): Promise<readonly Trial[]> => {
  const isQuiet = quiet === true;
  const trials: Trial[] = [];
  const run = async (driver: string, on: UserSpace): Promise<void> => {
    const tell = (id: string): void => {
      if (!isQuiet) process.stderr.write(`trying ${id} on ${driver}\n`);
    };
    trials.push({ driver, results: await detect(on, output, all, tell) });
  };
  await run("our own driver", spaceOf(await build(readReference(), telling(isQuiet))));
  if (name !== undefined && space !== undefined) await run(name, space);
  return trials;
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
