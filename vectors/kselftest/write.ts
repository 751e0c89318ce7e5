import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { packageRoot } from "../../abi/package-root.ts";
import { describeAction, type UserAction } from "../action.ts";
import { type Need, type Outcome, sightLine, type Vector, type VectorStep } from "../vector.ts";

/** The files of a kselftest directory, by name. */
export type KselftestFiles = Readonly<Record<string, { readonly text: string; readonly isExecutable: boolean }>>;

const SPDX = "# SPDX-License-Identifier: GPL-2.0";

/** An action as the library's functions take it. */
const verbOf = (action: UserAction): string => {
  switch (action.kind) {
    case "bind":
    case "unbind":
    case "decommit":
    case "commit":
    case "pin":
    case "unpin":
    case "claim":
    case "unclaim":
      return action.kind;
    case "write":
      return `write ${action.word}`;
    case "interrupted write":
      return `interrupt ${action.word}`;
    case "set block":
      return `block ${action.block} ${action.word}`;
    case "refuse":
    case "allow":
      return `${action.kind} ${action.what}`;
  }
};

/** In single quotes, which keep all else as it is. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** What KTAP takes for the beginning of a directive must not stand in a description. */
const labelOf = (text: string): string => quoted(text.replaceAll("#", ""));

const WAITS = "waits";

/** What must come of an action, as the library's functions take it. */
const expectation = (step: Extract<VectorStep, { kind: "action" }>): string =>
  `${step.returns ?? WAITS} ${step.ended ?? "-"} ${quoted(sightLine(step.sees))} ${verbOf(step.action)}`;

const undoLines = ({ undo }: Outcome): readonly string[] =>
  undo.flatMap((step) => (step.kind === "action" ? [`\t\tback ${expectation(step)}`] : []));

/** When the allocation to fail was never made, only the plain end will do. */
const sweepPatterns = ({ returns, sees }: Outcome, isPlain: boolean): readonly string[] => {
  const end = `${returns ?? WAITS} ${sightLine(sees)}`;
  return [...(isPlain ? [quoted(`unused ${end}`)] : []), quoted(`used ${end}`)];
};

/** A step that may end in several ways: the one that should come first, then those that are tolerated. */
const choiceLines = (step: Extract<VectorStep, { kind: "action" }>): readonly string[] => [
  `choice_begin ${labelOf(describeAction(step.action))} ${verbOf(step.action)}`,
  'case "$OUTCOME" in',
  ...step.tolerates.flatMap((outcome) => [
    `${quoted(`${outcome.returns ?? WAITS} ${sightLine(outcome.sees)}`)})`,
    ...undoLines(outcome).map((line) => line.slice(1)),
    "\t;;",
  ]),
  `${quoted(`${step.returns ?? WAITS} ${sightLine(step.sees)}`)}) ;;`,
  "*) choice_wrong ;;",
  "esac",
  "choice_end",
];

const stepLines = (step: VectorStep): readonly string[] => {
  switch (step.kind) {
    case "action":
      if (step.tolerates.length > 0) return choiceLines(step);
      return [`step ${labelOf(describeAction(step.action))} \\\n\t${expectation(step)}`];
    case "allocations fail":
      return [
        `sweep_begin ${labelOf(`each allocation fails in turn: ${describeAction(step.action)}`)} ${verbOf(step.action)}`,
        "while sweep_next; do",
        '\tcase "$OUTCOME" in',
        ...step.outcomes.flatMap((outcome, index) => [
          `\t${sweepPatterns(outcome, index === 0).join(" | ")})`,
          ...(outcome.undo.length === 0 ? ["\t\t:"] : undoLines(outcome)),
          "\t\t;;",
        ]),
        "\t*) sweep_wrong ;;",
        "\tesac",
        "done",
        "sweep_end",
      ];
    case "stress":
      return [
        `stress ${labelOf("two writers at one time")} ${step.rounds} \\`,
        `\t${step.writers.map((words) => quoted(words.join(" "))).join(" ")} ${quoted(step.mayReturn.join(" "))} \\`,
        `\t${step.maySee.map((sight) => quoted(sightLine(sight))).join(" \\\n\t")}`,
      ];
  }
};

/** The needs that a script looks for itself, in the library's words. */
const NEED_WORDS: Partial<Record<Need, string>> = {
  CONFIG_MEMORY_NOTIFIER_ERROR_INJECT: "notifier",
  "CONFIG_FAILSLAB and CONFIG_FAULT_INJECTION_DEBUG_FS": "allocations",
  CONFIG_PSTORE_RAM: "claim",
};

/** One vector as an executable script. */
export const scriptOf = (vector: Vector): string => {
  const needs = vector.needs.flatMap((need) => NEED_WORDS[need] ?? []);
  const region = vector.region === "whole blocks" ? "whole" : "small";
  return [
    "#!/bin/bash",
    SPDX,
    "#",
    `# ${vector.title}`,
    "#",
    ...vector.needs.map((need) => `# needs ${need}`),
    ...vector.findings.map((finding) => `# made for the finding: ${finding}`),
    "",
    'DIR="$(dirname "$(readlink -f "$0")")"',
    "# shellcheck source=sysram.sh",
    '. "$DIR/sysram.sh"',
    "",
    [
      "begin",
      quoted(`${vector.id}: ${vector.title}`),
      vector.steps.length,
      vector.autoOnlineBlocks,
      region,
      ...needs,
    ].join(" "),
    "",
    ...vector.steps.flatMap(stepLines),
    "",
    "end",
    "",
  ].join("\n");
};

const makefile = (scripts: readonly string[]): string =>
  [
    SPDX,
    "",
    "TEST_PROGS := \\",
    ...scripts.map((script, index) => `\t${script}${index === scripts.length - 1 ? "" : " \\"}`),
    "TEST_FILES := sysram.sh vectors.json",
    "TEST_GEN_FILES := sysram_io",
    "",
    "CFLAGS += -O2 -Wall -Wextra $(KHDR_INCLUDES)",
    "",
    "include ../lib.mk",
    "",
  ].join("\n");

/** What the kernel is configured with for all vectors; KASAN and kmemleak see what nothing else shows. */
const CONFIG = [
  "CONFIG_CXL_BUS=m",
  "CONFIG_CXL_REGION=y",
  "CONFIG_DEBUG_FS=y",
  "CONFIG_DEBUG_KMEMLEAK=y",
  "CONFIG_FAILSLAB=y",
  "CONFIG_FAIL_PAGE_ALLOC=y",
  "CONFIG_FAULT_INJECTION=y",
  "CONFIG_FAULT_INJECTION_DEBUG_FS=y",
  "CONFIG_KASAN=y",
  "CONFIG_MEMORY_HOTPLUG=y",
  "CONFIG_MEMORY_HOTREMOVE=y",
  "CONFIG_MEMORY_NOTIFIER_ERROR_INJECT=m",
  "CONFIG_NOTIFIER_ERROR_INJECTION=y",
  "CONFIG_NUMA=y",
  "CONFIG_PROVE_LOCKING=y",
  "CONFIG_PSTORE_RAM=m",
  "",
].join("\n");

/** Memory is plugged in and out some hundred times in a sweep. */
const SETTINGS = "timeout=900\n";

/** The text of one of the files beside this one. */
const asset = (name: string): Promise<string> => readFile(join(packageRoot, "vectors/kselftest", name), "utf8");

/** @param json - the vectors as data, for `vectors.json` */
export const kselftestFiles = async (vectors: readonly Vector[], json: string): Promise<KselftestFiles> => {
  const scripts = vectors.map((vector) => ({ name: `${vector.id}.sh`, text: scriptOf(vector) }));
  const plain = (text: string) => ({ text, isExecutable: false });
  return {
    Makefile: plain(makefile(scripts.map(({ name }) => name))),
    config: plain(CONFIG),
    settings: plain(SETTINGS),
    ".gitignore": plain(`${SPDX}\nsysram_io\n`),
    "sysram.sh": plain(await asset("sysram.sh")),
    "sysram_io.c": plain(await asset("sysram_io.c")),
    "vectors.json": plain(json),
    ...Object.fromEntries(scripts.map(({ name, text }) => [name, { text, isExecutable: true }])),
  };
};

/** Writes files into a folder that is there. */
export const writeFiles = async (folder: string, files: KselftestFiles): Promise<void> => {
  for (const [name, { text, isExecutable }] of Object.entries(files)) {
    const path = join(folder, name);
    await writeFile(path, text);
    if (isExecutable) await chmod(path, 0o755);
  }
};
