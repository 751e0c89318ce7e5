import { describe, expect, it } from "vitest";
import { SITUATIONS } from "../../harness/situation.ts";
import { encodeToken, findRun, parseToken } from "../../harness/token.ts";
import { exploreAll, referenceSubject, SMALL, systemOf } from "../support/review.ts";

const MUTANT = { replace: "\t\tWARN_ON(memory_group_unregister(sysram->mgid));\n", with: "\t\t;\n" };

describe("a replay token", () => {
  it("leads back to the run that it was made of", async () => {
    const system = await systemOf(referenceSubject(MUTANT), SMALL);
    const { findings } = await exploreAll(system, { bounds: { maxDepth: 2 }, faults: 0 });

    for (const { counterexample } of findings) {
      const token = encodeToken(system, counterexample, "0123456789abcdef", SMALL.configuration);
      expect(token).toMatch(/^sv1-01234567-r1b1-[\w.-]+$/);
      expect(findRun(system, parseToken(token))).toEqual(counterexample);
    }
    expect(findings.length).toBeGreaterThan(0);
  });

  it("tells all commands and situations of a driver apart", async () => {
    const system = await systemOf(referenceSubject(), { configuration: { regions: 2, blocks: 2 } });
    const labels = [...system.commands, ...SITUATIONS].map(({ label }) => label);
    const tokens = system.commands.map((_, command) => system.describe({ kind: "start", command }));

    expect(new Set(labels).size).toBe(labels.length);
    expect(new Set(tokens).size).toBe(tokens.length);
  });

  it.each([
    ["", /no replay token/],
    ["hello", /no replay token/],
    ["sv2-01234567-r1b1-abcd", /version 2/],
    ["sv1-01234567-r1b1", /no replay token/],
  ])("is refused when it is %j", (text, message) => {
    expect(() => parseToken(text)).toThrow(message);
  });

  it("is refused by a driver that does not allow its run", async () => {
    const system = await systemOf(referenceSubject(), SMALL);
    expect(() => findRun(system, parseToken("sv1-01234567-r1b1-zzzz-aaaa"))).toThrow(/situation/);
  });
});
