import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPrintable } from "../../report/printable.ts";
import { shellLine, shellWord } from "../../report/shell.ts";

describe("a command line to paste", () => {
  it.each([
    ["v4.mbox", "v4.mbox"],
    ["my patches/v4.mbox", "'my patches/v4.mbox'"],
    ["it's", "'it'\\''s'"],
    ["", "''"],
    ["$(reboot)", "'$(reboot)'"],
    ["a\nb", "$'a\\x0ab'"],
  ])("writes %j as %s", (word, quoted) => {
    expect(shellWord(word)).toBe(quoted);
  });

  it("leaves the program as the user calls it", () => {
    expect(shellLine("npx sysram-verify", ["replay", "r1", "a b"])).toBe("npx sysram-verify replay r1 'a b'");
  });

  it("gives every word back, and is itself printable (seed 20263)", { tags: ["random"] }, () => {
    const words = fc.array(
      fc.string({ unit: "binary" }).map((word) => word.replaceAll("\0", "0")),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(words, (given) => {
        const line = shellLine("printf '%s\\0'", given);
        expect(isPrintable(line)).toBe(true);
        if (given.length === 0) return;
        expect(spawnSync("bash", ["-c", line], { encoding: "utf8" }).stdout).toBe(
          given.map((word) => `${word}\0`).join(""),
        );
      }),
      { seed: 20_263, numRuns: 60 },
    );
  });
});
