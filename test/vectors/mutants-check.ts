/**
 * Runs the vectors on each mutant of our own driver: `npm run test:vectors`.
 *
 * At least one vector must fail on each, in user space or in the KUnit suite, or the mutant is listed below with the
 * reason why none can see it. It takes some minutes, so it is no part of `npm test`. It exits 4 where there is no C
 * compiler for the suite.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VECTOR_CONFIGURATION } from "../../vectors/action.ts";
import { intended } from "../../vectors/build.ts";
import { kselftestFiles, writeFiles } from "../../vectors/kselftest/write.ts";
import { kunitVectors } from "../../vectors/kunit/lives.ts";
import { kunitFiles } from "../../vectors/kunit/write.ts";
import { vectorSet } from "../../vectors/set.ts";
import { detect } from "../../vectors/simulate/detect.ts";
import { userSpace } from "../../vectors/user-space.ts";
import { mutants } from "../mutants/mutants.ts";
import { referenceSubject, systemOf } from "../support/review.ts";
import { hasCompiler, prepareSuite, runSuite } from "./kunit/run-suite.ts";

/** Why no vector sees a mutant. */
const UNSEEN: Readonly<Record<string, string>> = {
  "has a word too few in a table":
    "a read past the end of an array on the stack: UBSAN logs it, and nothing else comes of it",
  "goes on without a node": "neither user space nor the suite has a region that belongs to no node",
};

const check = async (): Promise<number> => {
  const folder = mkdtempSync(join(tmpdir(), "sysram-mutants-"));
  const suite = mkdtempSync(join(tmpdir(), "sysram-suite-"));
  try {
    const set = vectorSet(intended());
    await writeFiles(folder, await kselftestFiles(set.vectors, JSON.stringify(set)));
    prepareSuite(suite, await kunitFiles(kunitVectors()), referenceSubject());
    let wrong = 0;
    for (const mutant of mutants) {
      const subject = referenceSubject(mutant);
      const space = userSpace(await systemOf(subject, { configuration: VECTOR_CONFIGURATION }));
      const scripts = (await detect(space, folder, set.vectors))
        .filter(({ isPassed }) => !isPassed)
        .map(({ id }) => id);
      const { exitCode, results } = runSuite(suite, subject);
      const cases = results.filter(({ isOk }) => !isOk).map(({ name }) => name);
      const ended = exitCode === 0 || cases.length > 0 ? [] : ["the program ends early"];
      const isSeen = scripts.length + cases.length + ended.length > 0;
      const reason = UNSEEN[mutant.name];
      const isRight = isSeen === (reason === undefined);
      if (!isRight) wrong += 1;
      const seen = `kselftest: ${scripts.join(", ") || "-"}; kunit: ${[...cases, ...ended].join(", ") || "-"}`;
      process.stdout.write(
        `${isRight ? "ok" : "not ok"}  ${mutant.name}\n      ${seen}${isSeen ? "" : `; ${reason ?? "?"}`}\n`,
      );
    }
    process.stdout.write(`${mutants.length - wrong} of ${mutants.length} mutants are as expected\n`);
    return wrong === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
    rmSync(suite, { recursive: true, force: true });
  }
};

if (hasCompiler) {
  process.exitCode = await check();
} else {
  process.stderr.write("skipped: needs cc, a C compiler for this machine\n");
  process.exitCode = 4;
}
