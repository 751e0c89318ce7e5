import { describe, expect, it } from "vitest";
import type { Ending } from "../../checker/verdict.ts";
import { type Given, nextOf } from "../../report/next.ts";
import type { Report } from "../../report/report.ts";
import { holding, violated } from "./samples.ts";

const CONFIGURATION = {
  ...{ engine: "exhaustive", tasks: 1, interruptAt: null, preemptions: null, faults: "all", policy: "any" },
  ...{ boundStates: null, boundDepth: null, boundTime: null, boundMemory: null },
};

const DRAWN = { ...CONFIGURATION, engine: "random", seed: 42, runs: 1000, maxCommands: 200 };

const reportAfter = (ending: Ending, configuration: Report["search"]["configuration"], report = holding): Report => ({
  ...report,
  search: { ...report.search, ending, configuration },
});

/** What is advised behind the explanation of a claim, each in one line. */
const advice = (report: Report, options: string): readonly string[] => {
  const words = options === "" ? [] : options.split(" ");
  const given: Given = new Map(
    words.flatMap((word, at) =>
      word.startsWith("--") ? [[word, words[at + 1]?.startsWith("--") === false ? words[at + 1] : undefined]] : [],
    ),
  );
  const invocation = { program: "sysram-verify", command: "review", given, inputs: ["v4.mbox"] };
  return nextOf(report, undefined, invocation).map(({ words: next, environment }) =>
    [...(environment === undefined ? [] : [environment]), ...next].join(" "),
  );
};

const TWO_TASKS = { ...CONFIGURATION, tasks: 2, preemptions: 2, faults: 0, boundTime: 150 };

/** Lines that were not executed, more than are printed. */
const uncovered = (lines: number): Report["coverage"]["lines"] => ({
  covered: 1,
  total: lines + 1,
  uncovered: Array.from({ length: lines }, (_, line) => ({ file: "a.c", line: line + 1, text: "step();" })),
});

describe("what is told in part", () => {
  const withLines = (lines: number, configuration = TWO_TASKS): Report => ({
    ...reportAfter("exhausted", configuration),
    coverage: { ...holding.coverage, lines: uncovered(lines) },
  });

  it("is told in full by the same search, which is drawn from the same seed or kept", () => {
    expect(advice(withLines(9), "--tasks 2 --json a")).toEqual(["review --tasks 2 --json a --verbose v4.mbox"]);
    expect(advice(withLines(9), "--tasks 2 --json a --checkpoint kept")).toEqual([
      "review --tasks 2 --json a --checkpoint kept --resume --verbose v4.mbox",
    ]);
    expect(advice(withLines(9, { ...TWO_TASKS, seed: 42 } as typeof TWO_TASKS), "--tasks 2 --json a")).toEqual([
      "review --tasks 2 --json a --seed 42 --verbose v4.mbox",
    ]);
  });

  it("is nothing where all was told", () => {
    expect(advice(withLines(6), "--tasks 2 --json a")).toEqual([]);
    expect(advice(withLines(9), "--tasks 2 --json a --verbose")).toEqual([]);
  });
});

describe("what to do after a search", () => {
  it.each<[string, Ending, Report["search"]["configuration"], options: string, next: readonly string[]]>([
    [
      "is to look at two tasks, where one was searched to the end",
      "exhausted",
      CONFIGURATION,
      "--json a",
      ["review --tasks 2 v4.mbox"],
    ],
    [
      "keeps the bounds of one task, and not its files",
      "exhausted",
      CONFIGURATION,
      "--json a --annotate b --bound-states 9 --policy intended",
      ["review --bound-states 9 --tasks 2 v4.mbox"],
    ],
    [
      "is nothing where two were searched to the end, and the report is kept",
      "exhausted",
      TWO_TASKS,
      "--tasks 2 --json a",
      [],
    ],
    [
      "is to keep the report, with the seed that draws the same",
      "exhausted",
      { ...DRAWN, tasks: 2 },
      "--engine random --tasks 2",
      ["review --engine random --tasks 2 --seed 42 --json report.json v4.mbox"],
    ],
    [
      "is to tell again what is kept, to keep the report too",
      "exhausted",
      TWO_TASKS,
      "--tasks 2 --checkpoint c",
      ["review --tasks 2 --checkpoint c --resume --json report.json v4.mbox"],
    ],
    [
      "draws more runs",
      "sampled",
      { ...DRAWN, tasks: 2 },
      "--engine random --tasks 2 --runs 1000 --json a",
      ["review --engine random --tasks 2 --runs 10000 --json a v4.mbox"],
    ],
    ["draws no more than there can be", "sampled", { ...DRAWN, tasks: 2, runs: 1e9 }, "--engine random --json a", []],
    [
      "meets more states, in a search of its own",
      "state limit",
      { ...TWO_TASKS, boundStates: 100 },
      "--bound-states 100 --checkpoint c --resume --json a",
      ["review --bound-states 1000 --json a v4.mbox"],
    ],
    [
      "follows longer runs, by the option that bounded them",
      "depth limit",
      { ...TWO_TASKS, boundDepth: 3 },
      "--bound-depth 3 --json a",
      ["review --bound-depth 6 --json a v4.mbox"],
    ],
    [
      "is given more time, also where nobody bounded that",
      "time limit",
      TWO_TASKS,
      "--tasks 2 --json a",
      ["review --tasks 2 --json a --bound-time 1500 v4.mbox"],
    ],
    [
      "goes on with what is kept after its time",
      "time limit",
      TWO_TASKS,
      "--tasks 2 --checkpoint c --json a",
      ["review --tasks 2 --checkpoint c --json a --resume v4.mbox"],
    ],
    [
      "is given more memory",
      "memory limit",
      { ...TWO_TASKS, boundMemory: 512 },
      "--bound-memory 512 --json a",
      ["review --bound-memory 1024 --json a v4.mbox"],
    ],
    [
      "is given more memory than the engine takes by itself",
      "memory limit",
      TWO_TASKS,
      "--checkpoint c --json a",
      ["NODE_OPTIONS=--max-old-space-size=8192 review --checkpoint c --json a --resume v4.mbox"],
    ],
    [
      "begins again after an interrupt",
      "interrupted",
      { ...DRAWN, tasks: 2 },
      "--engine random --json a",
      ["review --engine random --json a --seed 42 v4.mbox"],
    ],
    [
      "goes on with what is kept after an interrupt",
      "interrupted",
      TWO_TASKS,
      "--checkpoint c --resume --json a",
      ["review --checkpoint c --resume --json a v4.mbox"],
    ],
  ])("%s", (_, ending, configuration, options, next) => {
    expect(advice(reportAfter(ending, configuration), options)).toEqual(next);
  });

  it("is to know states exactly where hashes may have hidden one", () => {
    const hashed = { bits: 64, chance: 1e-9 };
    const { search } = reportAfter("exhausted", TWO_TASKS);
    expect(advice({ ...holding, search: { ...search, hashed } }, "--visited hashed --json a")).toEqual([
      "review --json a v4.mbox",
    ]);
  });

  it("takes the run of a finding again by the monitor that it was found with", () => {
    const policy = (configuration: Report["search"]["configuration"]): string | undefined =>
      advice(reportAfter("exhausted", configuration, violated), "--json a")[0];
    expect(policy(CONFIGURATION)).toBe("replay r1-0.3.0-1.5 v4.mbox");
    expect(policy({ ...CONFIGURATION, policy: "intended" })).toBe("replay r1-0.3.0-1.5 --policy intended v4.mbox");
    expect(policy({ ...TWO_TASKS, policy: "intended" })).toBe("replay r1-0.3.0-1.5 v4.mbox");
  });
});
