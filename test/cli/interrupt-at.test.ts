import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readInputs } from "../../driver/patch/subject.ts";
import { encodeToken } from "../../harness/token.ts";
import type { Report } from "../../report/report.ts";
import { ONLINE, searchSubject, TAKEN_IN_TWO_STEPS, WRITERS } from "../mutants/races.ts";
import { commandLine, temporaryFolder } from "../support/cli.ts";
import { referencePatch } from "../support/patch.ts";

const folder = temporaryFolder();

describe("--interrupt-at on the command line", () => {
  it.each(["review", "certify -o none.json"])("is refused by %s where there is one task", async (words) => {
    const asked = [...words.split(" "), "--interrupt-at", "accesses"];
    const { exitCode, stdout, stderr } = await commandLine(asked, { folder });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toBe(
      "sysram-verify: --interrupt-at is about tasks that interrupt each other, and there is one\nhint: add --tasks 2\n",
    );
  });

  it("stands in the report of a review", async () => {
    const two = ["--tasks", "2", "--interrupt-at", "accesses", "--blocks", "1", "--bound-states", "200"];
    const { exitCode, stdout } = await commandLine(["review", ...two, "-q", "--json", "report.json"], { folder });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/configured .*tasks 2, interrupt at accesses/);
    const report = JSON.parse(readFileSync(join(folder, "report.json"), "utf8")) as Report;
    expect(report.search.configuration).toMatchObject({ tasks: 2, interruptAt: "accesses" });
  });

  it("stands in a token, which replay shows with the line that is interrupted and what it is about to touch", async () => {
    writeFileSync(join(folder, "two-steps.patch"), referencePatch(...TAKEN_IN_TWO_STEPS));
    const subject = await readInputs([join(folder, "two-steps.patch")]);
    const how = { preemptions: 1, interruptAt: "accesses" } as const;
    const { system, found } = await searchSubject(subject, WRITERS, how);
    const token = encodeToken(system, found.findings[0]!.counterexample, subject.sha256, system.configuration);
    expect(token).toMatch(/^sv2-[0-9a-f]{8}-r1b1t2a-/);

    const { exitCode, stdout } = await commandLine(["replay", token, "two-steps.patch", "-q"], { folder });
    expect(exitCode).toBe(1);
    const at = stdout.split("\n").findIndex((line) => line.includes("WRITE_ONCE(spare, NULL);"));
    const [source, note, next] = stdout.split("\n").slice(at, at + 3);
    expect(source).toMatch(/^ {4}:\d+ WRITE_ONCE\(spare, NULL\);$/);
    expect(note).toBe("      -- is interrupted before it writes spare");
    expect(next?.trim()).toBe(ONLINE);
  });
});
