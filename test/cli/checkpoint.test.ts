import { existsSync, readFileSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { commandLine, type Ran, type RunOptions, sysramVerify, temporaryFolder } from "../support/cli.ts";

const folder = temporaryFolder();
const file = (name: string): string => join(folder, name);

/** Small enough to be searched in no time. */
const SEARCH = ["review", "--blocks", "1", "--faults", "0", "-q"];

const review = (args: readonly string[]): Promise<Ran> => commandLine([...SEARCH, ...args], { folder });

/** In a process of its own, which a signal can end. */
const reviewElsewhere = (args: readonly string[], options: RunOptions): Promise<Ran> =>
  sysramVerify([...SEARCH, ...args], { folder, ...options });

/** A report without what the clock says. */
const reportIn = (name: string): unknown =>
  JSON.parse(readFileSync(file(name), "utf8"), (key, value) => (key === "elapsedMs" ? undefined : value));

/** Ends a process by a signal as soon as a part is kept, at whatever it is by then. */
const endedBy = (signal: NodeJS.Signals, part: string): RunOptions => ({
  meanwhile: (child) => {
    const watcher = watch(folder, { recursive: true }, () => {
      if (!existsSync(file(part))) return;
      watcher.close();
      child.kill(signal);
    });
  },
});

describe("a search that is kept in a folder", () => {
  beforeAll(async () => {
    const { exitCode, stderr } = await review(["--json", "whole.json"]);
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
  });

  it("is killed, gone on with, interrupted, and gone on with, to the report that it would have come to", async () => {
    const keeping = ["--checkpoint", "kept", "--checkpoint-every", "1", "--workers", "1"];
    const killed = await reviewElsewhere(keeping, endedBy("SIGKILL", "kept/part-1"));
    expect(killed.signal).toBe("SIGKILL");

    const interrupted = await reviewElsewhere([...keeping, "--resume"], endedBy("SIGINT", "kept/part-3"));
    expect(interrupted.stderr).toBe("");
    expect(interrupted.exitCode).toBe(130);

    // What it ends in says how to go on, in a command that can be pasted.
    const advised = /\n {2}go on with the search, which is kept:\n {6}sysram-verify (.*)\n/.exec(
      interrupted.stdout,
    )![1]!;
    const given = [...SEARCH, ...keeping, "--resume"].map((word) => (word === "-q" ? "--quiet" : word));
    expect(advised.split(" ").toSorted()).toEqual(given.toSorted());
    const ended = await commandLine([...advised.split(" "), "--json", "resumed.json"], { folder });
    expect(ended.stderr).toBe("");
    expect(ended.exitCode).toBe(0);
    expect(reportIn("resumed.json")).toEqual(reportIn("whole.json"));
  });

  it("is told again when it is done, with nothing searched", async () => {
    const again = await review(["--checkpoint", "kept", "--resume", "--json", "again.json"]);
    expect(again.exitCode).toBe(0);
    expect(reportIn("again.json")).toEqual(reportIn("whole.json"));
  });

  const untouched = (part: Buffer): Uint8Array => part;
  const refusals: readonly (readonly [
    what: string,
    args: readonly string[],
    message: RegExp,
    prepare: (part: Buffer) => Uint8Array,
  ])[] = [
    ["is begun anew in a folder that holds one", ["--checkpoint", "kept"], /kept holds a search already/, untouched],
    ["is not there", ["--checkpoint", "empty", "--resume"], /there is no search in empty to go on with/, untouched],
    [
      "is gone on with in other words",
      ["--faults", "1", "--checkpoint", "kept", "--resume"],
      /with --faults 0, and this one has 1/,
      untouched,
    ],
    [
      "is to be gone on with, and nobody says where it is",
      ["--resume"],
      /--resume needs the folder of a search/,
      untouched,
    ],
    [
      "is drawn at random",
      ["--engine", "random", "--checkpoint", "kept"],
      /--checkpoint is for the exhaustive search/,
      untouched,
    ],
    [
      "is of another subject",
      ["--source", "other.c", "--checkpoint", "kept", "--resume"],
      /kept\/part-0 is of another subject/,
      untouched,
    ],
    [
      "is damaged",
      ["--checkpoint", "kept", "--resume"],
      /kept\/part-1 is damaged/,
      (part) => Buffer.concat([part.subarray(0, part.length - 1), Buffer.from([part.at(-1)! ^ 1])]),
    ],
    ["is cut off", ["--checkpoint", "kept", "--resume"], /kept\/part-1 is damaged/, (part) => part.subarray(0, -9)],
    [
      "is something else",
      ["--checkpoint", "kept", "--resume"],
      /kept\/part-1 is no checkpoint/,
      () => Buffer.from("x"),
    ],
    [
      "has a head that lacks a field",
      ["--checkpoint", "kept", "--resume"],
      /kept\/part-1 is no checkpoint/,
      (part) => Buffer.from(part.toString("latin1").replace('"options":', '"choices":'), "latin1"),
    ],
  ];
  it.each(refusals)("is refused in one line where it %s", async (_, args, message, prepare) => {
    writeFileSync(file("other.c"), "#include <cxl.h>\nint devm_cxl_add_other(struct cxl_region *cxlr) { return 0; }\n");
    const whole = readFileSync(file("kept/part-1"));
    writeFileSync(file("kept/part-1"), prepare(whole));
    const { exitCode, stdout, stderr } = await review(args);
    writeFileSync(file("kept/part-1"), whole);

    expect(stderr).toMatch(message);
    expect(stderr.split("\n")).toHaveLength(3); // What is wrong, what to do, and the end of the line.
    expect(stdout).toBe("");
    expect(exitCode).toBe(2);
  });
});
