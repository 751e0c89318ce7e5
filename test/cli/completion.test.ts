import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sysramVerify, temporaryFolder } from "../support/cli.ts";

const folder = temporaryFolder();

const isInstalled = (shell: string): boolean => spawnSync(shell, ["-c", "true"]).status === 0;

const scriptFor = async (shell: string): Promise<string> => {
  const { exitCode, stdout, stderr } = await sysramVerify(["completion", shell]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return stdout;
};

/** What is offered in the place of the last word, and whether files are too. */
const offered = async (...words: readonly string[]) => {
  const { exitCode, stdout, stderr } = await sysramVerify(["complete", "--", ...words], { folder });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  const lines = stdout.trimEnd().split("\n");
  return { words: lines.slice(0, -1).map((line) => line.split("\t")[0]), hasFiles: lines.at(-1) === ":0" };
};

describe("completion", () => {
  for (const [shell, check] of [
    ["bash", ["-n"]],
    ["zsh", ["-n"]],
    ["fish", ["--no-execute"]],
  ] as const) {
    it(`prints a script for ${shell} that asks this command line`, async () => {
      expect(await scriptFor(shell)).toContain("sysram-verify complete --");
    });

    it.skipIf(!isInstalled(shell))(`prints a script that ${shell} can read`, async () => {
      const file = join(folder, `script.${shell}`);
      writeFileSync(file, await scriptFor(shell));
      const { status, stderr } = spawnSync(shell, [...check, file], { encoding: "utf8" });
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    });
  }

  it("refuses a shell that it does not know", async () => {
    const { exitCode, stderr } = await sysramVerify(["completion", "tcsh"]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/Allowed choices are bash, zsh, fish/);
  });

  it("offers commands, options of a command, and values of an option", async () => {
    expect((await offered("rev")).words).toEqual(["review"]);
    expect((await offered("comp")).words).toEqual(["compare", "completion"]);
    expect(await offered("review", "--ta")).toEqual({ words: ["--tasks"], hasFiles: false });
    expect((await offered("review", "--engine", "")).words).toEqual(["exhaustive", "random"]);
  });

  it("lets the shell offer files where a patch or another file goes", async () => {
    expect(await offered("review", "")).toEqual({ words: [], hasFiles: true });
    expect(await offered("review", "--json", "")).toEqual({ words: [], hasFiles: true });
  });

  it("is done by bash with that script, which lets it offer files too", async () => {
    writeFileSync(join(folder, "script.bash"), await scriptFor("bash"));
    // What the package bash-completion has, and a command line that answers as ours does.
    const session = `_get_comp_words_by_ref() { cur=\${COMP_WORDS[COMP_CWORD]} words=("\${COMP_WORDS[@]}"); }
sysram-verify() { [[ $* == "complete -- review --ta" ]] && printf -- '--tasks\\tmore\\n:4\\n'; }
source script.bash
COMP_WORDS=(sysram-verify review --ta) COMP_CWORD=2
__sysram_verify_complete 2>/dev/null
printf '%s\\n' "\${COMPREPLY[@]}"
complete -p sysram-verify`;
    const { stdout, stderr } = spawnSync("bash", ["-c", session], { cwd: folder, encoding: "utf8" });
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^--tasks\n.*-o default.* -F __sysram_verify_complete sysram-verify\n$/);
  });
});
