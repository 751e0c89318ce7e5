import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { packageRoot } from "../../../abi/package-root.ts";
import type { Subject } from "../../../driver/patch/subject.ts";
import { wrappedSymbols } from "../../../vectors/kunit/write.ts";

/** The files of a suite, by name. */
type Suite = readonly (readonly [name: string, text: string])[];

/** Whether there is a C compiler that makes programs for this machine. */
export const hasCompiler: boolean = spawnSync("cc", ["--version"]).status === 0;

/** As the stand-in headers want to be compiled. */
const STAND_IN_FLAGS = [
  ...["-std=gnu11", "-O1", "-ffreestanding", "-nostdinc", "-fno-builtin", "-fno-strict-aliasing"],
  ...["-DSYSRAM_STAND_IN", "-Iinclude", "-I.", "-include", "generated/autoconf.h"],
];

const compile = (folder: string, flags: readonly string[], source: string, object: string): void => {
  const { status, stderr } = spawnSync("cc", [...flags, "-c", source, "-o", object], { cwd: folder, encoding: "utf8" });
  if (status !== 0) throw new Error(`${source} does not compile: ${stderr}`);
};

/**
 * Puts a suite and what stands in for the kernel into a folder, and compiles all but the driver.
 *
 * The suite reads the driver's structure, so it is compiled for drivers that add the same to the headers.
 *
 * The program is one for this machine: the same C as in a kernel, linked with the same redirections.
 */
export const prepareSuite = (folder: string, suite: Suite, subject: Subject): void => {
  const own = join(packageRoot, "test/vectors/kunit");
  cpSync(join(packageRoot, "driver/include"), join(folder, "include"), { recursive: true });
  cpSync(join(own, "include"), join(folder, "include"), { recursive: true });
  for (const name of readdirSync(own)) if (/\.[ch]$/.test(name)) copyFileSync(join(own, name), join(folder, name));
  for (const [name, text] of suite) writeFileSync(join(folder, name), text);
  placeAdditions(folder, subject);
  for (const name of ["sysram_kunit", "sysram_fake"]) {
    compile(folder, [...STAND_IN_FLAGS, "-Wall", "-Werror"], `${name}.c`, `${name}.o`);
  }
  compile(folder, [...STAND_IN_FLAGS, "-w"], "kernel.c", "kernel.o");
  compile(folder, [...STAND_IN_FLAGS, "-w"], "include/kernel_objects.c", "objects.o");
  compile(folder, ["-D_GNU_SOURCE", "-O1", "-w"], "plain.c", "plain.o");
};

/** Puts what a driver adds to headers where its source and the suite find it. */
const placeAdditions = (folder: string, { files }: Subject): void => {
  rmSync(join(folder, "patch"), { recursive: true, force: true });
  for (const { path, role, text } of files) {
    if (role !== "header additions") continue;
    const place = join(folder, "patch", path);
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, text);
  }
};

/** What came of a suite on one driver: its results, and what it complained of before each that is not ok. */
export interface SuiteRun {
  readonly exitCode: number | null;
  readonly results: readonly {
    readonly name: string;
    readonly isOk: boolean;
    readonly complaints: readonly string[];
  }[];
}

/** Links a driver into a prepared suite and runs it. */
export const runSuite = (folder: string, subject: Subject): SuiteRun => {
  const driver = subject.files.find(({ role }) => role === "driver")!;
  writeFileSync(join(folder, "driver.c"), driver.text);
  compile(folder, [...STAND_IN_FLAGS, "-w"], "driver.c", "driver.o");
  const header = spawnSync("cat", ["sysram_wraps.h"], { cwd: folder, encoding: "utf8" }).stdout;
  const wraps = wrappedSymbols(header, true).map((symbol) => `-Wl,--wrap=${symbol}`);
  const objects = ["driver.o", "sysram_kunit.o", "sysram_fake.o", "kernel.o", "objects.o", "plain.o"];
  const linked = spawnSync("cc", ["-o", "suite", ...objects, ...wraps], { cwd: folder, encoding: "utf8" });
  if (linked.status !== 0) throw new Error(`the suite does not link: ${linked.stderr}`);
  // A driver that is wrong may do anything.
  const { status, stdout } = spawnSync(join(folder, "suite"), [], { cwd: folder, encoding: "utf8", timeout: 10_000 });
  const results: { name: string; isOk: boolean; complaints: readonly string[] }[] = [];
  let complaints: string[] = [];
  for (const line of stdout.split("\n")) {
    const [, word, name] = /^(ok|not ok) \d+ (.*)$/.exec(line) ?? [];
    if (line.startsWith("# ")) complaints.push(line.slice(2));
    if (word === undefined) continue;
    results.push({ name: name!, isOk: word === "ok", complaints });
    complaints = [];
  }
  return { exitCode: status, results };
};
