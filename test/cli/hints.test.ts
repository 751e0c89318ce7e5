import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../abi/package-root.ts";
import type { Certificate } from "../../checker/certificate.ts";
import type { Ending } from "../../checker/verdict.ts";
import { nextOfCertified, nextOfChecked, nextOfUncertified } from "../../report/certificate-text.ts";
import { nextOf as nextOfComparison, renderComparison } from "../../report/compare-text.ts";
import type { Comparison } from "../../report/comparison.ts";
import { type Next, nextOf } from "../../report/next.ts";
import type { Report } from "../../report/report.ts";
import { shellLine } from "../../report/shell.ts";
import { renderReport } from "../../report/terminal.ts";
import { readSubject } from "../../verify/source.ts";
import { comparison } from "../report/comparisons.ts";
import { holding, violated } from "../report/samples.ts";
import { temporaryFolder } from "../support/cli.ts";
import { commands, dryRun, type Understood } from "../support/dry-run.ts";

/** Options that decide which search a checkpoint is of. */
const OF_THE_SPACE = [
  ...["engine", "tasks", "preemptions", "interruptAt", "faults", "regions", "blocks", "policy"],
  ...["boundStates", "boundDepth", "visited", "source", "tree"],
];

const spaceOf = ({ files, options }: Understood): unknown => [
  files.map((file) => file.replace(/^\.\//, "")),
  OF_THE_SPACE.map((name) => options[name]),
];

/** Gives what is advised to the command line, which must take it, and finds a search that is kept as it was. */
const follow = async (next: readonly Next[], before: Understood): Promise<void> => {
  for (const { words } of next) {
    const after = await dryRun(words).catch((error: Error) => expect.fail(`${words.join(" ")}: ${error.message}`));
    if (after.options.checkpoint === undefined) continue;
    expect(after.options.resume, words.join(" ")).toBe(true);
    expect(spaceOf(after), words.join(" ")).toEqual(spaceOf(before));
  }
};

/** Any of several groups of options, each with what may be said in it. */
const groups = (...choices: readonly (readonly string[])[]): fc.Arbitrary<readonly string[]> =>
  fc
    .tuple(...choices.map((texts) => fc.constantFrom("", ...texts)))
    .map((texts) => texts.flatMap((text) => (text === "" ? [] : text.split(" "))));

const INPUTS = fc.constantFrom<readonly string[]>(
  ...[[], ["v4.mbox"], ["a b.patch", "it's.patch"], ["--", "-v4.mbox"], ["-"]],
  ...[
    ["--source", "driver.c"],
    ["--tree", "linux"],
  ],
);

const ANYWHERE = [
  ["--json out.json", "--json -"],
  ["-q"],
  ["-v"],
  ["--no-color"],
  ["--bound-time 9"],
  ["--bound-memory 512"],
];
const SPACE = [["--faults 0", "--faults all"], ["--regions 2"], ["--blocks 1"], ["--policy intended", "--policy none"]];
const TASKS = ["--tasks 2", "--tasks 2 --preemptions 1", "--tasks 2 --preemptions all"];
const INTERRUPTS = [...TASKS, "--tasks 2 --interrupt-at accesses"];
const KEEPING = ["--checkpoint kept", "--checkpoint kept --resume", "--checkpoint kept --checkpoint-every 5"];
const EXHAUSTIVE = [["--visited hashed"], KEEPING, ["--bound-depth 4"], ["--engine exhaustive"]];
const RANDOM = [["--seed 7"], ["--runs 10"], ["--max-commands 5"]];
const FILES = [
  ["--corpus saved"],
  ["--annotate listing.c"],
  ["--require holds"],
  ["--workers 1"],
  ["--bound-states 99"],
];

const reviewed = fc.oneof(
  groups(...ANYWHERE, ...SPACE, ...FILES, INTERRUPTS, ...EXHAUSTIVE),
  groups(...ANYWHERE, ...SPACE, ...FILES, INTERRUPTS, ...RANDOM).map((options) => ["--engine", "random", ...options]),
);

const ENDINGS: readonly Ending[] = [
  ...(["exhausted", "sampled", "state limit", "depth limit", "time limit", "memory limit", "interrupted"] as const),
];

/** The report of a search with these options, however it ended. */
const reportOf = ({ options, command }: Understood, ending: Ending, base: Report): Report => {
  const { engine = "exhaustive", tasks = 1, boundTime = tasks === 1 ? null : 150, boundStates = null } = options;
  const { boundDepth = null, boundMemory = null, seed = 42, runs = 1000, visited } = options;
  const drawn = engine === "random" ? { seed, runs } : {};
  const policy = typeof options["policy"] === "string" ? options["policy"] : "any";
  const configuration = { engine, tasks, policy, boundTime, boundStates, boundDepth, boundMemory, ...drawn };
  const hashed = visited === "hashed" ? { hashed: { bits: 64, chance: 1e-9 } } : {};
  const kind = command === "verify" ? "machine" : base.subject.kind;
  return { ...base, subject: { ...base.subject, kind }, search: { ...base.search, ...hashed, ending, configuration } };
};

/** A report whose lists are longer than what is printed of them. */
const LONG: Report = {
  ...holding,
  coverage: {
    ...holding.coverage,
    lines: {
      covered: 1,
      total: 9,
      uncovered: Array.from({ length: 8 }, (_, line) => ({ file: "a.c", line: line + 1, text: "step();" })),
    },
  },
};

const LOOK = { width: 100, isColour: false, isVerbose: false };

const cases = { seed: 20_267, numRuns: 150 } as const;

describe("each command that a report ends in (seed 20267)", { tags: ["random"] }, () => {
  const checked = async (words: readonly string[], ending: Ending, base: Report): Promise<void> => {
    const before = await dryRun(words);
    const { command, given, inputs } = before;
    const report = reportOf(before, ending, base);
    const options = { ...LOOK, command: { program: "sysram-verify", command, given, inputs } };
    const next = nextOf(report, "names-outlive-resources", options.command);
    await follow(next, before);
    const text = renderReport(report, options);
    const section = text.slice(text.lastIndexOf("\nnext\n"));
    for (const { words: told } of next.slice(1)) expect(section).toContain(shellLine("sysram-verify", told));
    // Advice is a command, and stands in a line of its own; nothing above it names an option.
    const isCommand = (line: string): boolean => /^\s*(NODE_OPTIONS=\S+ )?sysram-verify /.test(line);
    expect(text.split("\n").filter((line) => /(^|[\s(])--?[a-z]/.test(line) && !isCommand(line))).toEqual([]);
  };

  it("is one that review takes, whatever it was given and however it ended", async () => {
    const example = fc.tuple(reviewed, INPUTS, fc.constantFrom(...ENDINGS), fc.constantFrom(holding, violated, LONG));
    await fc.assert(
      fc.asyncProperty(example, ([options, inputs, ending, base]) =>
        checked(["review", ...options, ...inputs], ending, base),
      ),
      cases,
    );
  });

  it("is one that verify takes", async () => {
    const machine = [["--policy as-posted", "--policy intended"], ["--blocks 2"], ["--faults 1"], ["--corpus saved"]];
    const given = fc.oneof(
      groups(...ANYWHERE, ...machine, ["--visited hashed"], ["--bound-depth 4"], ["--bound-states 9"]),
      groups(...ANYWHERE, ...machine, ...RANDOM).map((options) => ["--engine", "random", ...options]),
    );
    const example = fc.tuple(given, fc.constantFrom(...ENDINGS), fc.constantFrom(holding, violated, LONG));
    await fc.assert(
      fc.asyncProperty(example, ([options, ending, base]) => checked(["verify", ...options], ending, base)),
      cases,
    );
  });

  it("is one that the command takes which a comparison names", async () => {
    const given = groups(...ANYWHERE, ...SPACE, TASKS, ["--bound-states 9"], ["--bound-depth 2"], ["--workers 1"]);
    const names = fc.constantFrom(["v4.mbox", "v5.mbox"], ["reference", "driver.c"], ["./-v4.mbox", "-"]);
    const findings = fc.constantFrom<Comparison["findings"]>(comparison.findings, []);
    const verdict = fc.constantFrom<Comparison["new"]["verdict"]>("holds", "inconclusive");
    await fc.assert(
      fc.asyncProperty(given, names, findings, verdict, async (options, inputs, changed, newer) => {
        const before = await dryRun(["compare", ...options, ...inputs]);
        const command = { program: "sysram-verify", command: "compare", given: before.given, inputs };
        const look = { ...LOOK, command, old: [inputs[0]!], new: [inputs[1]!] };
        const compared = { ...comparison, findings: changed, new: { ...comparison.new, verdict: newer } };
        const next = nextOfComparison(compared, look);
        await follow(next, before);
        const text = renderComparison(compared, look);
        for (const { words } of next) expect(text).toContain(`      ${shellLine("sysram-verify", words)}\n`);
        expect(next.length).toBe(before.given.has("--json") ? 1 : 2);
      }),
      cases,
    );
  });

  it("is one that the command takes which certify or check names", async () => {
    const given = groups(...SPACE, INTERRUPTS, ["--bound-states 9"], ["--bound-depth 1", "--bound-depth 9"], ["-q"]);
    const configuration: fc.Arbitrary<Certificate["configuration"]> = fc.record({
      ...{ regions: fc.constant(1), blocks: fc.constant(2), tasks: fc.constantFrom(1, 2) },
      ...{ faults: fc.constantFrom("all" as const, 0), preemptions: fc.constantFrom("all" as const, 2) },
      ...{ maxSteps: fc.constantFrom(null, 4), policy: fc.constantFrom("any", "none", "intended") },
    });
    const output = fc.constantFrom("v4.json", "-", "-v4.json");
    await fc.assert(
      fc.asyncProperty(given, INPUTS, output, configuration, async (options, inputs, file, proved) => {
        const before = await dryRun(["certify", ...options, "-o", file, ...inputs]);
        const command = { program: "sysram-verify", command: "certify", given: before.given, inputs: before.inputs };
        const text = { ...LOOK, command, file, elapsedMs: 0 };
        const interrupted = proved.tasks === 1 ? {} : { interruptAt: "accesses" as const };
        const certificate = { configuration: { ...proved, ...interrupted } };
        await follow(
          [...nextOfCertified(text), ...nextOfUncertified(text), ...nextOfChecked(certificate, text)],
          before,
        );
      }),
      cases,
    );
  });
});

/** What a refusal says, and whether the command line takes what it advises. */
interface Advice {
  /** What is refused, by its arguments; a name in angle brackets is a file of `FILES_GIVEN`. */
  readonly refused?: readonly string[];
  /** What the advice comes to then. */
  readonly instead: readonly (readonly string[])[];
}

const folder = temporaryFolder();
const DRIVER = "int devm_cxl_add_widget(struct cxl_region *cxlr)\n{\n\treturn 0;\n}\n";
const written = (name: string, text: string): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};
const C_FILE = written("widget.c", DRIVER);
const PROSE = written("prose.txt", "Dear all,\n");
const PART = written(
  "part.patch",
  "--- a/drivers/cxl/core/region_sysram.c\n+++ b/drivers/cxl/core/region_sysram.c\n@@ -7,1 +7,2 @@\n int a;\n+int b;\n",
);
const OTHER = written("other.patch", "--- /dev/null\n+++ b/drivers/cxl/core/a.c\n@@ -0,0 +1,1 @@\n+int a;\n");

const SHARE = ["review", "--shard", "2/4", "--json", "shard-2.json"];
const MERGED = [["merge", "shard-1.json", "shard-2.json"]];

/** What is said of the shards of a search, and of annotations. */
const SHARDS: Readonly<Record<string, Advice>> = {
  "--github and --json - both write to standard output": { instead: [["review", "--github", "--json", "report.json"]] },
  "--shard is for the exhaustive search, and this one draws runs at random": { instead: [SHARE] },
  "leave it out, and give each machine a --seed of its own": {
    instead: [["review", "--engine", "random", "--seed", "2"]],
  },
  "--shard needs a file to write what it found": { instead: [SHARE] },
  "name it with --json FILE": { instead: [SHARE] },
  "name a file with --json": { instead: [SHARE, ["review", "--github", "--json", "report.json"]] },
  "--shard {}/{} has nothing to search: there are {} initial configurations to share": { instead: [SHARE] },
  "{} is about a whole search, and --shard searches a share": { instead: [SHARE] },
  "give the files that review --shard wrote": { instead: MERGED },
  "name the files that review --shard wrote": { instead: MERGED },
  "the files that review --shard wrote, all of them, in any order": { instead: MERGED },
  "search it with --shard {}/{} and the options of the others": { instead: [SHARE] },
  "write it again with review --shard": { instead: [SHARE] },
};

/** All that the program says of its own options in errors and notes, by the words in the source. */
const ADVICE: Readonly<Record<string, Advice>> = {
  "add --tasks 2": {
    refused: ["review", "--preemptions", "1", "--interrupt-at", "accesses"],
    instead: [
      ["review", "--preemptions", "1", "--interrupt-at", "accesses", "--tasks", "2"],
      ["compare", "--preemptions", "1", "--tasks", "2", "a", "b"],
      ["certify", "--preemptions", "1", "--interrupt-at", "calls", "--tasks", "2", "-o", "c"],
    ],
  },
  "add --engine random": {
    refused: ["review", "--seed", "1", "--runs", "2", "--max-commands", "3"],
    instead: [
      ["review", "--seed", "1", "--runs", "2", "--max-commands", "3", "--engine", "random"],
      ["verify", "--runs", "2", "--engine", "random"],
    ],
  },
  "--seed N draws the same runs again": {
    refused: ["review", "--engine", "random", "--checkpoint", "kept", "--resume", "--visited", "hashed"],
    instead: [["review", "--engine", "random", "--seed", "1"]],
  },
  "--max-commands N bounds the runs": {
    refused: ["verify", "--engine", "random", "--bound-depth", "2"],
    instead: [
      ["review", "--engine", "random", "--max-commands", "2"],
      ["verify", "--engine", "random", "--max-commands", "2"],
    ],
  },
  "name it with --checkpoint FOLDER": {
    refused: ["review", "--resume"],
    instead: [["review", "--resume", "--checkpoint", "kept"]],
  },
  "repeat the command as it was, with --resume behind it": {
    instead: [["review", "--checkpoint", "kept", "--resume"]],
  },
  "leave out --resume to begin one": { instead: [["review", "--checkpoint", "kept"]] },
  "add --resume to go on with it, or name another folder with --checkpoint": {
    instead: [
      ["review", "--checkpoint", "kept", "--resume"],
      ["review", "--checkpoint", "other"],
    ],
  },
  "bound it, with --bound-memory or --bound-states": {
    instead: ["review", "verify"].flatMap((command) => [
      [command, "--bound-memory", "512"],
      [command, "--bound-states", "9"],
    ]),
  },
  "leave --try out, or take --format kselftest": {
    instead: [
      ["vectors", "--format", "kunit", "-o", "out"],
      ["vectors", "--try", "--format", "kselftest", "-o", "out"],
    ],
  },
  "name another folder with -o, or add --force to write among what is there": {
    instead: [
      ["vectors", "--format", "kselftest", "-o", "another"],
      ["vectors", "--format", "kselftest", "-o", "out", "--force"],
    ],
  },
  "name patches, or give --source, or give --tree, and only one of them": {
    refused: ["review", "--source", "a.c", "b.mbox"],
    instead: [
      ["review", "b.mbox"],
      ["review", "--source", "a.c"],
      ["review", "--tree", "linux"],
    ],
  },
  "give a C file with --source": { refused: ["review", C_FILE], instead: [["review", "--source", C_FILE]] },
  "give only the patches of one driver, or one file with --source": { instead: [["review", "--source", C_FILE]] },
  "give a file, or a kernel tree with --tree {}": {
    refused: ["review", folder],
    instead: [
      ["review", C_FILE],
      ["review", "--tree", folder],
    ],
  },
  "give the patch that adds this file as well, before this one, or the kernel tree that has it with --tree DIR": {
    refused: ["review", PART],
    instead: [
      ["review", "added.patch", PART],
      ["review", "--tree", "linux"],
    ],
  },
  "give the patch that adds the driver; a driver in a file of its own is read with --source FILE.c, one in a kernel with --tree DIR":
    {
      refused: ["review", OTHER],
      instead: [
        ["review", "added.patch"],
        ["review", "--source", C_FILE],
        ["review", "--tree", "linux"],
      ],
    },
  "give the C file of the driver; a patch is given without --source": {
    refused: ["review", "--source", PROSE],
    instead: [
      ["review", "--source", C_FILE],
      ["review", "added.patch"],
    ],
  },
  "--tree takes the top directory of a kernel tree; give a patch without it": {
    refused: ["review", "--tree", PROSE],
    instead: [
      ["review", "--tree", "linux"],
      ["review", PROSE],
    ],
  },
  "it has {} tasks, and this search has {} (--tasks {})": {
    instead: [["review", "--corpus", "saved", "--tasks", "3"]],
  },
  "give --format, if it is a log: function, function_graph, trace-cmd, dmesg or json": {
    instead: ["function", "function_graph", "trace-cmd", "dmesg", "json"].map((format) => [
      "trace",
      "--format",
      format,
      "log",
    ]),
  },
  "no line of it shows the driver; --driver says what its functions are called": {
    instead: [["trace", "--driver", "^pool_", "log"]],
  },
  "functions were not traced that occur nowhere in the log ({}; --traced FILE says what was)": {
    instead: [["trace", "--traced", "set_ftrace_filter", "log"]],
  },
  "a device was there before the log began (--devices-before 0 says there was none)": {
    instead: [["trace", "--devices-before", "0", "log"]],
  },
  "--driver is no regular expression: {}": { instead: [["trace", "--driver", "^pool_", "log"]] },
  "--try runs scripts, and this format has none": { instead: [["vectors", "--format", "json", "-o", "out"]] },
  "hint: add --help for the options": { instead: [] },
  ...SHARDS,
};

const SOURCES = ["checker", "cli", "driver", "harness", "logs", "machines", "models", "properties", "report", "verify"];

const filesIn = (directory: string): readonly string[] =>
  readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return filesIn(path);
    return entry.name.endsWith(".ts") ? [path] : [];
  });

/** All sentences in a source that name an option, with {} for what is put into them; comments and mere names are none. */
const sentencesIn = (file: string, options: ReadonlySet<string>): readonly string[] =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => !/^\s*(\/\/|\/?\*)/.test(line))
    .flatMap((line) => line.match(/"(?:[^"\\]|\\.)*"|`[^`]*`/g) ?? [])
    .map((literal) => literal.slice(1, -1).replaceAll(/\$\{[^}]*\}/g, "{}"))
    .filter((text) => !/^(-\w, )?--[a-z-]+( \S+)?$/.test(text))
    .filter((text) => (text.match(/(?<![\w-])--[a-z][a-z-]*/g) ?? []).some((name) => options.has(name)));

describe("advice on options", () => {
  it("is all listed here", () => {
    const options = new Set(
      commands()
        .flatMap((command) => command.options.map(({ long }) => long!))
        .concat("--help"),
    );
    const sentences = SOURCES.flatMap((name) => filesIn(join(packageRoot, name)))
      // Where the command line describes itself.
      .filter((file) => !file.endsWith("cli/options.ts"))
      .flatMap((file) => sentencesIn(file, options));
    expect([...new Set(sentences)].sort()).toEqual(Object.keys(ADVICE).sort());
  });

  it.each(Object.entries(ADVICE))("is taken by the command line: %s", async (text, { instead }) => {
    expect.hasAssertions();
    for (const words of instead) expect(await dryRun(words), words.join(" ")).toBeDefined();
    if (text.includes("--help")) {
      for (const name of ["", ...commands().map((command) => command.name())]) {
        const words = name === "" ? ["--help"] : [name, "--no-such-option", "--help"];
        await expect(dryRun(words)).rejects.toMatchObject({ code: "commander.helpDisplayed" });
      }
    }
  });

  const refusals = Object.entries(ADVICE).filter(([, { refused }]) => refused !== undefined);
  it.each(refusals)("comes where it is of use: %s", async (text, { refused }) => {
    const pattern = new RegExp(
      text
        .split("{}")
        .map((part) => part.replace(/[.*+?^$()[\]\\|]/g, "\\$&"))
        .join(".*"),
    );
    const run = async (): Promise<void> => {
      const { options, files } = await dryRun(refused!);
      const [patch] = files;
      const { source, tree } = options;
      if (source !== undefined) await readSubject({ kind: "file", file: source });
      else if (tree !== undefined) await readSubject({ kind: "tree", folder: tree });
      else await readSubject({ kind: "patches", patches: [patch!] });
    };
    await expect(run()).rejects.toMatchObject({ hint: expect.stringMatching(pattern) });
  });
});
