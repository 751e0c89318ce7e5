import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ONLINE_WORDS } from "../../abi/mmop.ts";
import { packageRoot } from "../../abi/package-root.ts";
import { describeAction, type KernelAction } from "../action.ts";
import { allEdges } from "../edges-taken.ts";
import type { BlockSeen } from "../seen.ts";
import { whyNot } from "../unprovocable.ts";
import { type KunitStep, type KunitVector, kunitVectors } from "./lives.ts";

const SPDX = "SPDX-License-Identifier: GPL-2.0";

/** The C files of the suite that are the same for all vectors. */
const ASSETS = ["sysram_kunit.c", "sysram_fake.c", "sysram_fake.h", "sysram_wraps.h"];

const MEMBERS: Readonly<Record<BlockSeen, string>> = {
  absent: "SYSRAM_BLOCK_ABSENT",
  offline: "SYSRAM_BLOCK_OFFLINE",
  kernel: "SYSRAM_BLOCK_KERNEL",
  movable: "SYSRAM_BLOCK_MOVABLE",
};

const online = (type: number): string => `MMOP_${ONLINE_WORDS[type]!.toUpperCase()}`;

/** The fields that say what is done. */
const actionFields = (action: KernelAction): readonly string[] => {
  switch (action.kind) {
    case "bind":
      return [".action = SYSRAM_PROBE", ".argument = -1"];
    case "probe":
      return [".action = SYSRAM_PROBE", `.argument = ${online(action.onlineType)}`];
    case "write":
      return [".action = SYSRAM_WRITE", `.word = "${action.word}\\n"`];
    case "unbind":
      return [".action = SYSRAM_UNBIND"];
    case "hold":
      return [".action = SYSRAM_HOLD"];
    case "use":
      return [".action = SYSRAM_USE"];
    case "drop":
      return [".action = SYSRAM_DROP"];
    case "refuse":
    case "allow":
      return [
        `.action = SYSRAM_REFUSE_${action.what.toUpperCase()}`,
        `.argument = ${action.kind === "refuse" ? 1 : 0}`,
      ];
    default:
      throw new Error(`checker bug: a KUnit suite does not ${describeAction(action)}`);
  }
};

const result = (returns: string): string => (returns === "ok" ? "0" : `-${returns}`);

const stepText = ({ action, fault, lifts, returns, holds }: KunitStep): string => {
  const fields = [
    `.what = "${describeAction(action)}"`,
    ...actionFields(action),
    ...(fault === undefined ? [] : [`.fault = { "${fault.question}", ${fault.nth}, -${fault.errno} }`]),
    ...(lifts ? [".lifts = true"] : []),
    `.returns = ${result(returns)}`,
    `.registered = ${holds.isRegistered}`,
    `.block = ${MEMBERS[holds.block]}`,
    `.groups = ${holds.groups}`,
    `.types = ${holds.types}`,
    `.resources = ${holds.resources}`,
    `.last_command = ${holds.lastCommand === undefined ? "-1" : online(holds.lastCommand)}`,
  ];
  return `\t{\n${fields.map((field) => `\t\t${field},\n`).join("")}\t},\n`;
};

/** The vectors as C. */
export const vectorsHeader = (vectors: readonly KunitVector[]): string => {
  const names = vectors.map(({ name }) => name.replaceAll("-", "_"));
  return [
    `/* ${SPDX} */`,
    "/* Written by sysram-verify vectors --format kunit: what is done, and what must hold after it. */",
    "#ifndef SYSRAM_VECTORS_H",
    "#define SYSRAM_VECTORS_H",
    "",
    "#include <linux/errno.h>",
    "#include <linux/kernel.h>",
    '#include "sysram_fake.h"',
    "",
    "enum sysram_action {",
    ...["PROBE", "WRITE", "UNBIND", "HOLD", "USE", "DROP", "REFUSE_ONLINING", "REFUSE_OFFLINING"].map(
      (action) => `\tSYSRAM_${action},`,
    ),
    "};",
    "",
    "struct sysram_step {",
    "\tconst char *what;",
    "\tenum sysram_action action;",
    "\tint argument;",
    "\tconst char *word;",
    "\tstruct sysram_fault fault;",
    "\tbool lifts;",
    "\tint returns;",
    "\tbool registered;",
    "\tenum sysram_block block;",
    "\tint groups;",
    "\tint types;",
    "\tint resources;",
    "\tint last_command;",
    "};",
    "",
    "struct sysram_vector {",
    "\tconst char *name;",
    "\tu64 size;",
    "\tint default_type;",
    "\tconst struct sysram_step *steps;",
    "\tint count;",
    "};",
    "",
    ...vectors.map(
      ({ steps }, index) =>
        `static const struct sysram_step sysram_${names[index]}[] = {\n${steps.map(stepText).join("")}};\n`,
    ),
    "static const struct sysram_vector sysram_vectors[] = {",
    ...vectors.map(({ name, region, defaultOnlineType }, index) =>
      [
        "\t{",
        `\t\t.name = "${name}",`,
        `\t\t.size = SYSRAM_FAKE_BLOCK_SIZE${region === "whole blocks" ? "" : " / 2"},`,
        `\t\t.default_type = ${online(defaultOnlineType)},`,
        `\t\t.steps = sysram_${names[index]},`,
        `\t\t.count = ARRAY_SIZE(sysram_${names[index]}),`,
        "\t},",
      ].join("\n"),
    ),
    "};",
    "",
    "#endif",
    "",
  ].join("\n");
};

/** The names that the linker is to redirect, from the declarations of what takes their place. */
export const wrappedSymbols = (header: string, isStandIn: boolean): readonly string[] => {
  const [before = "", both = ""] = header.split("#ifdef SYSRAM_STAND_IN");
  const [standIn = "", rest = ""] = both.split("#else");
  const [kernel = "", after = ""] = rest.split("#endif");
  const text = `${before}${isStandIn ? standIn : kernel}${after}`;
  return [...text.matchAll(/__wrap_(\w+)\(/g)].map(([, name]) => name!);
};

const kbuild = (symbols: readonly string[]): string =>
  [
    `# ${SPDX}`,
    "#",
    "# The driver is built once more, with the suite, and linked so that what it calls is redirected.",
    "",
    ...symbols.map((symbol) => `ldflags-y += --wrap=${symbol}`),
    "",
    "ccflags-y += -I$(srctree)/drivers/cxl -I$(srctree)/drivers/cxl/core",
    "",
    "obj-m += cxl_sysram_kunit.o",
    "cxl_sysram_kunit-y := sysram_kunit.o sysram_fake.o",
    "cxl_sysram_kunit-y += ../../../drivers/cxl/core/region_sysram.o",
    "",
  ].join("\n");

const KUNITCONFIG = [
  "CONFIG_KUNIT=y",
  "CONFIG_CXL_BUS=y",
  "CONFIG_CXL_REGION=y",
  "CONFIG_MEMORY_HOTPLUG=y",
  "CONFIG_MEMORY_HOTREMOVE=y",
  "",
].join("\n");

/** Which vector takes which transition, and what none can take. */
const indexOf = (vectors: readonly KunitVector[]): string => {
  const rows = allEdges("intended").map((edge) => ({
    edge,
    names: vectors.filter(({ covers }) => covers.includes(`edge ${edge}`)).map(({ name }) => name),
  }));
  const taken = rows.filter(({ names }) => names.length > 0).length;
  return [
    "# KUnit vectors for sysram devices",
    "",
    `${vectors.length} vectors take ${taken} of ${rows.length} transitions of the life cycle.`,
    "",
    "| transition | vectors |",
    "| --- | --- |",
    ...rows.map(
      ({ edge, names }) => `| ${edge} | ${names.length === 0 ? `none: ${whyNot(edge)}` : names.join(", ")} |`,
    ),
    "",
  ].join("\n");
};

/** The suite: C, its vectors, how it is built, and the list of symbols to wrap. */
export const kunitFiles = async (
  vectors: readonly KunitVector[] = kunitVectors(),
): Promise<readonly (readonly [name: string, text: string])[]> => {
  const assets = await Promise.all(
    ASSETS.map(async (name) => [name, await readFile(join(packageRoot, "vectors/kunit", name), "utf8")] as const),
  );
  const wraps = assets.find(([name]) => name === "sysram_wraps.h")![1];
  const symbols = wrappedSymbols(wraps, false);
  return [
    ...assets,
    ["sysram_vectors.h", vectorsHeader(vectors)],
    ["Kbuild", kbuild(symbols)],
    [".kunitconfig", KUNITCONFIG],
    ["wrap-symbols.txt", `${symbols.join("\n")}\n`],
    ["index.md", indexOf(vectors)],
  ];
};
