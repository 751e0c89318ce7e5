import { join } from "node:path";
import { judge } from "../judge.ts";
import type { UserSpace } from "../user-space.ts";
import type { Vector } from "../vector.ts";
import { runScript } from "./run.ts";

/** What came of one vector on one driver. */
export interface VectorResult {
  readonly id: string;
  readonly isPassed: boolean;
  /** The step that failed, with what was wrong; null where none did. */
  readonly failed: { readonly step: string; readonly why: string } | null;
  /** The findings that the run showed to those who see everything, by key. */
  readonly touches: readonly string[];
  /** The ways to fail that its run took. */
  readonly failures: readonly string[];
  readonly output: string;
}

/** The first result that is not ok, with the diagnostic before it. */
const failureIn = (output: string): VectorResult["failed"] => {
  const lines = output.split("\n");
  const at = lines.findIndex((line) => line.startsWith("not ok "));
  if (at === -1) return null;
  const before = lines[at - 1] ?? "";
  return {
    step: lines[at]!.replace(/^not ok \d+ /, ""),
    why: before.startsWith("# ") ? before.slice(2) : "",
  };
};

/** Runs the scripts of a kselftest directory on a driver, one after the other. */
export const detect = async (
  space: UserSpace,
  folder: string,
  vectors: readonly Vector[],
  onVector?: (id: string) => void,
): Promise<readonly VectorResult[]> => {
  const results: VectorResult[] = [];
  for (const { id, region } of vectors) {
    onVector?.(id);
    const touches = new Set<string>();
    const failures = new Set<string>();
    const { exitCode, output } = await runScript(space, join(folder, `${id}.sh`), {
      region,
      onTaken: (taken) => {
        for (const key of judge(taken).keys) touches.add(key);
        for (const failure of taken.failures) failures.add(failure);
      },
    });
    results.push({
      id,
      isPassed: exitCode === 0,
      failed: failureIn(output),
      touches: [...touches],
      failures: [...failures],
      output,
    });
  }
  return results;
};
