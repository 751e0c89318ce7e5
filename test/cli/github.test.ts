import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../abi/package-root.ts";
import { commandLine, temporaryFolder } from "../support/cli.ts";
import { widgetText } from "../support/widget.ts";

const folder = temporaryFolder();
const SUMMARY = join(folder, "summary.md");
writeFileSync(join(folder, "leaks.c"), widgetText({ body: "\tif (!kzalloc(8, GFP_KERNEL))\n\t\treturn -ENOMEM;" }));

const WIDGET = ["--blocks", "1", "--policy", "none", "-q", "--source", "leaks.c"];

describe("--github", () => {
  it("annotates the findings behind a report in which nothing is taken for a command", async () => {
    const environment = { GITHUB_STEP_SUMMARY: SUMMARY };
    const { exitCode, stdout, stderr } = await commandLine(["review", ...WIDGET, "--github", "--json", "a.json"], {
      folder,
      environment,
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: "" });
    const [, token, , annotations] = /^::stop-commands::(\S+)\n([\s\S]*)\n::\1::\n([\s\S]*)$/.exec(stdout)!;
    expect(token).toMatch(/^[0-9a-f-]{36}$/);
    const { findings } = JSON.parse(readFileSync(join(folder, "a.json"), "utf8")) as { findings: readonly unknown[] };
    expect(findings.length).toBeGreaterThan(0);
    expect(annotations!.match(/^::(error|warning) file=leaks\.c,line=\d+,title=[a-z-]+::/gm)).toHaveLength(
      findings.length,
    );
    expect(readFileSync(SUMMARY, "utf8")).toContain("### sysram-verify: violated");
  });

  it("leaves standard output to one thing", async () => {
    const { exitCode, stdout, stderr } = await commandLine(["review", ...WIDGET, "--github", "--json", "-"], {
      folder,
    });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toMatch(/--github and --json - both write to standard output/);
  });

  it("says where the summary cannot be written", async () => {
    const environment = { GITHUB_STEP_SUMMARY: folder };
    const { exitCode, stderr } = await commandLine(["review", ...WIDGET, "--github"], { folder, environment });
    expect(exitCode).toBe(74);
    expect(stderr).toMatch(/cannot write the summary to /);
  });
});

describe("the action", () => {
  /** What the action would run, a line for each word. */
  const words = async (inputs: Readonly<Record<string, string>>): Promise<readonly string[]> => {
    const program = join(folder, "words.mjs");
    writeFileSync(program, 'console.log(process.argv.slice(2).join("\\n"));');
    const env = { PATH: process.env["PATH"], SYSRAM_VERIFY: program, ...inputs };
    const { stdout } = await promisify(execFile)("bash", [join(packageRoot, ".ci/action")], { env });
    return stdout.trimEnd().split("\n");
  };

  it("reviews the patches that are named, a line each, with the options and what is required", async () => {
    expect(
      await words({ PATCH: "a b.mbox\n\n-c.patch\n", OPTIONS: "--blocks 1  --tasks 2", REQUIRE: "holds" }),
    ).toEqual([
      ...["review", "--github", "--quiet", "--blocks", "1", "--tasks", "2", "--require", "holds"],
      ...["--", "a b.mbox", "-c.patch"],
    ]);
    expect(await words({ PATCH: "a", OPTIONS: "", REQUIRE: "" })).toEqual(["review", "--github", "--quiet", "--", "a"]);
  });

  it("gives no input to the shell", async () => {
    expect(await words({ PATCH: "$(exit 1)*", OPTIONS: "`x` *" })).toEqual([
      ...["review", "--github", "--quiet", "`x`", "*", "--", "$(exit 1)*"],
    ]);
  });

  it("refuses to review no patch", async () => {
    await expect(words({ PATCH: "\n" })).rejects.toThrow(/there is no patch to review/);
  });
});
