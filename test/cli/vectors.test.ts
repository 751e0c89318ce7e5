import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { commandLine, type Ran, temporaryFolder } from "../support/cli.ts";

describe("the command vectors", () => {
  const folder = temporaryFolder();

  it("writes monitors into a folder, and says what it wrote", async () => {
    const place = join(folder, "monitors");
    const { exitCode, stdout, stderr } = await commandLine(["vectors", "--format", "rv", "-o", place]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toBe(`8 automata in ${place}, and events.md, which says what feeds them\n`);
    expect(readdirSync(place)).toContain("sysram.dot");
  });

  it("writes scripts for kselftest from the machines alone", async () => {
    const place = join(folder, "kselftest");
    const { exitCode, stdout } = await commandLine(["vectors", "--format", "kselftest", "-o", place]);
    expect(exitCode).toBe(0);
    expect(stdout).toBe(
      [
        `12 vectors in ${place}`,
        "  transitions  60 of 60 that user space can bring about, 11 listed with the reason",
        "  failures     25 of 25, 6 listed with the reason",
        "",
      ].join("\n"),
    );
    expect(readFileSync(join(place, "index.md"), "utf8")).toContain("## What user space cannot bring about");
    expect(existsSync(join(place, "sysram_io.c"))).toBe(true);
  });

  it("writes over vectors of an earlier time, and among anything else only with --force", async () => {
    const place = join(folder, "again");
    const write = (...args: readonly string[]): Promise<Ran> =>
      commandLine(["vectors", "--format", "rv", "-o", place, ...args]);
    expect((await write()).exitCode).toBe(0);
    expect((await write()).exitCode).toBe(0);

    writeFileSync(join(place, "events.md"), "# Events of the year\n");
    const refused = await write();
    expect(refused).toMatchObject({ exitCode: 2, stdout: "" });
    expect(refused.stderr).toBe(
      `sysram-verify: ${place} is not empty, and what is in it are no vectors\nhint: name another folder with -o, or add --force to write among what is there\n`,
    );
    expect(readFileSync(join(place, "events.md"), "utf8")).toBe("# Events of the year\n");
    expect((await write("--force")).exitCode).toBe(0);
  });

  it("says in one line what it cannot do, and exits 2", async () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    const wrong: readonly (readonly [args: readonly string[], says: RegExp])[] = [
      [["--format", "rv", "--try", "-o", folder], /^sysram-verify: --try runs scripts, and this format has none\n/],
      [["--format", "rv", "-o", folder, "a.patch"], /^sysram-verify: monitors come from the machines/],
      [
        ["--format", "kselftest", "-o", join(folder, "new"), join(folder, "nothing.mbox")],
        /^sysram-verify: .*nothing\.mbox/,
      ],
      [["--format", "pdf", "-o", folder], /^sysram-verify: option '--format <format>' argument 'pdf' is invalid/],
      [["--format", "rv"], /^sysram-verify: required option '-o, --output <dir>' not specified/],
    ];
    const below = await commandLine(["vectors", "--format", "rv", "-o", join(file, "below")]);
    expect(below).toMatchObject({ exitCode: 74, stdout: "" });
    expect(below.stderr).toMatch(/^sysram-verify: cannot write .*\nhint: name another folder with -o\n$/);
    for (const [args, says] of wrong) {
      const { exitCode, stdout, stderr } = await commandLine(["vectors", ...args]);
      expect({ args, exitCode, stdout }).toEqual({ args, exitCode: 2, stdout: "" });
      expect(stderr).toMatch(says);
    }
  });
});
