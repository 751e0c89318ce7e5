import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { packageRoot } from "../../abi/package-root.ts";
import { addFile, clang, type FileTree } from "../../driver/compile/clang.ts";
import { standInFiles } from "../../driver/compile/stand-in-files.ts";
import { readInputs } from "../../driver/patch/subject.ts";
import { readReference } from "../../driver/reference.ts";
import { allEdges } from "../../vectors/edges-taken.ts";
import { type KunitVector, kunitVectors } from "../../vectors/kunit/lives.ts";
import { kunitFiles, wrappedSymbols } from "../../vectors/kunit/write.ts";
import { inputs, temporaryFolder } from "../support/cli.ts";
import { replaceOnce } from "../support/review.ts";
import { hasCompiler, prepareSuite, runSuite } from "./kunit/run-suite.ts";

const noCompiler = hasCompiler ? "" : " (skipped: there is no cc for this machine)";
const isPosted = existsSync(inputs.mail);
const noPatch = isPosted ? "" : ` (skipped: ${inputs.mail} is not there)`;

let vectors: readonly KunitVector[];
let files: Awaited<ReturnType<typeof kunitFiles>>;
beforeAll(async () => {
  vectors = kunitVectors();
  files = await kunitFiles(vectors);
});

const textOf = (name: string): string => files.find(([other]) => other === name)![1];

describe("the KUnit suite", () => {
  it("takes every transition of the life cycle that the intended driver can take", () => {
    const taken = new Set(vectors.flatMap(({ covers }) => covers));
    expect(vectors.length).toBe(21);
    expect(allEdges("intended").filter((edge) => !taken.has(`edge ${edge}`))).toEqual([
      "named: no node -> dropping",
      "released: device_unregister ok -> released",
      // No kernel worker unbinds the driver here.
      "looking: no signal comes -> removing-offline",
      "removing-offline: remove_memory ok -> unclaiming",
      "removing-offline: remove_memory failed -> pausing",
    ]);
  });

  it("compiles against the stand-in headers without a warning", async () => {
    const tree: FileTree = {};
    for (const [path, text] of standInFiles()) addFile(tree, `include/${path}`, text);
    for (const name of ["kunit/test.h", "linux/stdarg.h"]) {
      addFile(tree, `include/${name}`, readFileSync(join(packageRoot, "test/vectors/kunit/include", name), "utf8"));
    }
    for (const { path, role, text } of readReference().files) {
      if (role === "header additions") addFile(tree, `patch/${path}`, text);
    }
    for (const [name, text] of files) addFile(tree, name, text);
    for (const source of ["sysram_kunit.c", "sysram_fake.c"]) {
      const { isSuccess, output } = await clang(
        [
          ...["--target=wasm64-unknown-unknown", "-std=gnu11", "-ffreestanding", "-nostdinc", "-fsyntax-only"],
          ...["-Wall", "-Werror", "-DSYSRAM_STAND_IN", "-Iinclude", "-I.", "-include", "generated/autoconf.h", source],
        ],
        tree,
      );
      expect({ source, isSuccess, output }).toEqual({ source, isSuccess: true, output: "" });
    }
  });

  it("carries the kernel's licence in each file", () => {
    for (const [name, text] of files) {
      if (!/\.[ch]$|^Kbuild$/.test(name)) continue;
      expect(text.split("\n")[0], name).toContain("SPDX-License-Identifier: GPL-2.0");
    }
  });

  it("lists each symbol that is redirected, for the linker and for people", () => {
    const symbols = wrappedSymbols(textOf("sysram_wraps.h"), false);
    expect(symbols).toContain("__add_memory_driver_managed");
    expect(symbols).not.toContain("kzalloc");
    expect(textOf("wrap-symbols.txt").trim().split("\n")).toEqual(symbols);
    for (const symbol of symbols) expect(textOf("Kbuild")).toContain(`ldflags-y += --wrap=${symbol}\n`);
  });
});

describe.runIf(hasCompiler)(`the KUnit suite, linked to a driver${noCompiler}`, () => {
  const folder = temporaryFolder();
  beforeAll(() => prepareSuite(folder, files, readReference()));

  it("passes on our own driver", () => {
    const { exitCode, results } = runSuite(folder, readReference());
    expect(results.filter(({ isOk }) => !isOk)).toEqual([]);
    expect({ exitCode, count: results.length }).toEqual({ exitCode: 0, count: vectors.length });
  });

  it("sees a driver that loses its group", () => {
    const reference = readReference();
    const broken = reference.files.map((file) =>
      file.role === "driver"
        ? {
            ...file,
            text: replaceOnce(file.text, { replace: "WARN_ON(memory_group_unregister(sysram->mgid));", with: ";" }),
          }
        : file,
    );
    const { results } = runSuite(folder, { ...reference, files: broken });
    const complaints = results.flatMap((result) => result.complaints);
    expect(
      complaints.filter((complaint) => complaint.endsWith("unbind the region's driver: groups is 1, not 0")),
    ).not.toEqual([]);
  });

  it.runIf(isPosted)(`sees in the posted driver what user space cannot see${noPatch}`, async () => {
    const subject = await readInputs([inputs.mail]);
    const own = temporaryFolder();
    prepareSuite(own, files, subject);
    const complaints = runSuite(own, subject).results.flatMap((result) => result.complaints);
    const about = (what: string) => complaints.filter((complaint) => complaint.includes(what)).length;
    expect(about("last_hotplug_cmd")).toBeGreaterThan(0);
    expect(about("a resource's name is freed while the resource is in the tree")).toBeGreaterThan(0);
    expect(about("groups is 1, not 0")).toBeGreaterThan(0);
  });
});
