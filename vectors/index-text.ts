import { propertyOf, UNSEEN_PROPERTIES } from "./judge.ts";
import type { VectorSet } from "./set.ts";
import type { VectorResult } from "./simulate/detect.ts";

const row = (...cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;

const table = (head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] => [
  row(...head),
  row(...head.map(() => "---")),
  ...rows.map((cells) => row(...cells)),
];

/** A driver on which the vectors were run, and what came of it. */
export interface Trial {
  readonly driver: string;
  readonly results: readonly VectorResult[];
}

/** Which vectors of a trial fail and show a finding, by the finding's key; none where user space cannot see it. */
export const detectedBy = ({ results }: Trial, key: string): readonly string[] =>
  UNSEEN_PROPERTIES.has(propertyOf(key))
    ? []
    : results.filter(({ isPassed, touches }) => !isPassed && touches.includes(key)).map(({ id }) => id);

/** What a vector that passes touched all the same. */
const unseenIn = (touches: readonly string[]): string => {
  const properties = [...new Set(touches.map(propertyOf))].filter((id) => !UNSEEN_PROPERTIES.has(id));
  return properties.length === 0 ? "" : `touches ${properties.join(", ")}, where user space sees the same either way`;
};

/**
 * What the vectors cover, as a person reads it: `index.md` of every format.
 *
 * @param trials - what came of the vectors on drivers in the modelled kernel
 * @param keyOf - the key of a finding by its id
 */
export const indexText = (
  { vectors, coverage, findings, subject }: VectorSet,
  trials: readonly Trial[] = [],
  keyOf: (id: string) => string | undefined = () => undefined,
): string => {
  const { transitions, failures } = coverage;
  const lines = [
    "# Test vectors for sysram devices",
    "",
    `${coverage.lives} lives, of which no set can have fewer than ${coverage.fewestLives}, take every transition of the life`,
    `cycle that user space can bring about: ${transitions.covered} of ${transitions.provocable}, of ${transitions.total} in all. With the vectors in which`,
    `allocations fail they take ${failures.covered} of ${failures.provocable} ways to fail, of ${failures.total} in all.`,
    "",
    "## Vectors",
    "",
    ...table(
      ["vector", "what it takes", "auto_online_blocks", "needs"],
      vectors.map(({ id, title, autoOnlineBlocks, needs }) => [id, title, autoOnlineBlocks, needs.slice(1).join(", ")]),
    ),
    "",
    "## Transitions of the life cycle",
    "",
    ...table(
      ["transition", "vectors"],
      transitions.takenBy.map((taken) => [taken.what, taken.vectors.join(", ")]),
    ),
    "",
    "## Ways to fail",
    "",
    ...table(
      ["where, what, how", "vectors"],
      failures.takenBy.map((taken) => [taken.what, taken.vectors.join(", ")]),
    ),
    "",
    "## What user space cannot bring about",
    "",
    ...table(
      ["what", "why", "how the machine comes to it"],
      [...transitions.notProvocable, ...failures.notProvocable].map(({ what, reason, path }) => [
        what,
        reason,
        path.join(", "),
      ]),
    ),
    "",
  ];
  if (subject !== null) {
    const trial = trials.find(({ driver }) => driver === subject.name);
    const detectors = (id: string): string => {
      const key = keyOf(id);
      return key === undefined || trial === undefined ? "" : detectedBy(trial, key).join(", ");
    };
    lines.push(
      `## Findings in ${subject.name}`,
      "",
      ...table(
        ["number", "finding", "made for it", ...(trial === undefined ? [] : ["detected by"]), "otherwise"],
        findings.map(({ id, vector, reason }, at) => [
          String(at + 1),
          id,
          vector ?? "",
          ...(trial === undefined ? [] : [detectors(id)]),
          reason ?? "",
        ]),
      ),
      "",
    );
  }
  for (const { driver, results } of trials) {
    const passed = results.filter(({ isPassed }) => isPassed).length;
    lines.push(
      `## Trial on ${driver}`,
      "",
      `In the modelled kernel, ${passed} of ${results.length} vectors pass.`,
      "",
      ...table(
        ["vector", "result", "step that failed", "why"],
        results.map(({ id, isPassed, failed, touches }) => [
          id,
          isPassed ? "pass" : "fail",
          failed?.step ?? "",
          failed?.why ?? unseenIn(touches),
        ]),
      ),
      "",
    );
  }
  return lines.join("\n");
};
