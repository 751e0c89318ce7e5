import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DriverImage } from "../driver/compile/image.ts";
import { readReference } from "../driver/reference.ts";
import { loadDriver } from "../driver/run/driver.ts";
import { sysramSystem } from "../harness/sysram-system.ts";
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
import { VerifyError } from "./error.ts";
import { guarded } from "./guarded.ts";
import { review } from "./review.ts";
import { build, readSubject, type Source } from "./source.ts";
import type { Watching } from "./watching.ts";

/** Which vectors to write. */
export interface VectorsOptions extends Omit<Watching, "onWarning"> {
  readonly format: VectorFormat;
  /** The folder to write into; it is made where it is not there, in one that is. */
  readonly folder: string;
  /** The driver whose findings get a vector each; none where it is left out. */
  readonly source?: Source | undefined;
  /** Whether the scripts are run in the modelled kernel, on our own driver and on the source; "kselftest" alone has scripts. */
  readonly isTried?: boolean | undefined;
  /** Whether to write into a folder that holds something else than vectors, too. */
  readonly isForced?: boolean | undefined;
}

/** What was written. */
export type WrittenVectors =
  | { readonly kind: "automata"; readonly automata: number }
  | { readonly kind: "unit tests"; readonly vectors: number }
  | {
      readonly kind: "user space";
      readonly set: VectorSet;
      /** What came of the scripts, on our own driver and on that of the source; empty where they were not tried. */
      readonly trials: readonly Trial[];
    };

/**
 * Writes test vectors for a real kernel: from the machines, and for what a review of a driver finds.
 *
 * @throws VerifyError by its code: `interrupted` where the review was not done, and then nothing was written
 */
export const vectors = guarded(async (options: VectorsOptions): Promise<WrittenVectors> => {
  const { format, folder, source, isTried = false } = options;
  if (isTried && format !== "kselftest") {
    throw new VerifyError(
      "usage",
      "--try runs scripts, and this format has none",
      "leave --try out, or take --format kselftest",
    );
  }
  if (source !== undefined && format === "rv") {
    throw new VerifyError("usage", "monitors come from the machines, and no patch changes them", "leave the patch out");
  }
  try {
    // Before anything that takes long: a folder that cannot be written is known at once.
    await makeFolder(folder);
    if (options.isForced !== true && !(await isOurs(folder))) {
      throw new VerifyError(
        "usage",
        `${folder} is not empty, and what is in it are no vectors`,
        "name another folder with -o, or add --force to write among what is there",
      );
    }
    return await written(options, source === undefined ? undefined : await reviewed(source, options));
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    if (code === undefined || path === undefined) throw error;
    throw new VerifyError("output", `cannot write ${path}: ${(error as Error).message}`, "name another folder with -o");
  }
});

/** Makes a folder where there is none; its parent must be there. */
const makeFolder = async (folder: string): Promise<void> => {
  try {
    await mkdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
};

/** How the file begins that tells of a set of vectors, in each format. */
const INDEXES = [
  ["index.md", "# Test vectors for sysram devices\n"],
  ["index.md", "# KUnit vectors for sysram devices\n"],
  ["events.md", "# What feeds the monitors\n"],
] as const;

/** Whether a folder is empty, or was written by this command before. */
const isOurs = async (folder: string): Promise<boolean> => {
  if ((await readdir(folder)).length === 0) return true;
  const starts = INDEXES.map(async ([name, start]) => {
    const text = await readFile(join(folder, name), "utf8").catch(() => "");
    return text.startsWith(start);
  });
  return (await Promise.all(starts)).includes(true);
};

/** A driver that was reviewed. */
interface Reviewed {
  readonly name: string;
  readonly sha256: string;
  readonly image: DriverImage;
  readonly findings: readonly ReviewedFinding[];
}

const reviewed = async (
  source: Source,
  { format: _, folder, isTried, ...watching }: VectorsOptions,
): Promise<Reviewed> => {
  const subject = await readSubject(source);
  const image = await build(subject, watching.onStage);
  const { report, exploration } = await withoutBounds(
    review({ kind: "subject", subject }, { ...watching, faults: "all" }),
  );
  if (exploration.ending === "interrupted") {
    throw new VerifyError("interrupted", "interrupted before the review was done", "no vector was written");
  }
  const findings = report.findings.map(({ id, title, steps }, index) => {
    const { property, object, site } = exploration.findings[index]!;
    const commands = steps.flatMap(({ kind, what }) => (kind === "command" && what !== undefined ? [what] : []));
    return { id, property, object, site, title, commands };
  });
  return { name: subject.name, sha256: subject.sha256, image, findings };
};

/** A review that nobody can bound: advice to do so would be of no use. */
const withoutBounds = async <T>(review: Promise<T>): Promise<T> => {
  try {
    return await review;
  } catch (error) {
    if (!(error instanceof VerifyError) || error.code !== "memory") throw error;
    const hint = "give the engine more, with NODE_OPTIONS=--max-old-space-size=8192, or close other programs";
    throw new VerifyError("memory", error.message, hint, { cause: error });
  }
};

const written = async (
  { format, folder, isTried = false, onStage }: VectorsOptions,
  subject: Reviewed | undefined,
): Promise<WrittenVectors> => {
  const write = async (files: readonly (readonly [name: string, text: string])[]): Promise<void> => {
    for (const [name, text] of files) await writeFile(join(folder, name), text);
  };
  switch (format) {
    case "rv": {
      const files = rvFiles();
      await write(files);
      return { kind: "automata", automata: files.length - 1 };
    }
    case "kunit": {
      const own = kunitVectors(
        subject === undefined
          ? undefined
          : { system: sysramSystem(loadDriver(subject.image), KUNIT_CONFIGURATION), findings: subject.findings },
      );
      await write(await kunitFiles(own));
      return { kind: "unit tests", vectors: own.length };
    }
    case "json":
    case "itf":
    case "kselftest": {
      const space = subject === undefined ? undefined : spaceOf(subject.image);
      const set = vectorSet(
        intended(),
        subject === undefined || space === undefined ? undefined : { ...subject, space },
      );
      if (format === "kselftest") {
        await writeFiles(folder, await kselftestFiles(set.vectors, `${JSON.stringify(set, null, 2)}\n`));
      } else {
        await write(filesOf(format, set));
      }
      const other = subject && space && { name: subject.name, space };
      const trials = isTried ? await tried(set, folder, other, onStage) : [];
      const keys = new Map(subject?.findings.map((finding) => [finding.id, findingKey(finding)]));
      await write([["index.md", indexText(set, trials, (id) => keys.get(id))]]);
      if (trials[0]?.results.some(({ isPassed }) => !isPassed) === true) {
        throw new Error(`a vector fails on our own driver: ${join(folder, "index.md")} says which`);
      }
      return { kind: "user space", set, trials };
    }
  }
};

const spaceOf = (image: DriverImage): UserSpace => userSpace(sysramSystem(loadDriver(image), VECTOR_CONFIGURATION));

/** Runs the scripts on our own driver, and on the one that was reviewed. */
const tried = async (
  { vectors: all }: VectorSet,
  folder: string,
  other: { readonly name: string; readonly space: UserSpace } | undefined,
  onStage: Watching["onStage"],
): Promise<readonly Trial[]> => {
  const trials: Trial[] = [];
  const run = async (driver: string, on: UserSpace): Promise<void> => {
    const results = await detect(on, folder, all, (id) => onStage?.(`trying ${id} on ${driver}`));
    trials.push({ driver, results });
  };
  await run("our own driver", spaceOf(await build(readReference(), onStage)));
  if (other !== undefined) await run(other.name, other.space);
  return trials;
};
