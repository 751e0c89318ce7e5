import { describe, expect, it } from "vitest";
import { findSchedule } from "../../checker/find-schedule.ts";
import type { Schedule } from "../../checker/schedule.ts";
import { withExtraInputs } from "../../harness/extra-inputs/extra-inputs.ts";
import { INITIAL_CONFIGURATIONS } from "../../harness/initial-configuration.ts";
import type { SysramSystem } from "../../harness/sysram-system.ts";
import { encodeToken, findRun, parseToken } from "../../harness/token.ts";
import { exploreAll, referenceSubject, runLines, SMALL, systemOf } from "../support/review.ts";

const MUTANT = { replace: "\t\tWARN_ON(memory_group_unregister(sysram->mgid));\n", with: "\t\t;\n" };

/** A run of one command, in which nothing fails. */
const probing = (system: SysramSystem): Schedule => {
  const found = findSchedule(system, { initial: 0, steps: [{ action: "probe region0, offline", questions: [] }] });
  if (found.kind === "lost") throw new Error(found.reason);
  return found.schedule;
};

describe("a replay token", () => {
  it("leads back to the run that it was made of", async () => {
    const system = await systemOf(referenceSubject(MUTANT), SMALL);
    const { findings } = await exploreAll(system, { bounds: { maxDepth: 2 }, faults: 0 });

    for (const { counterexample } of findings) {
      const token = encodeToken(system, counterexample, "0123456789abcdef", SMALL.configuration);
      expect(token).toMatch(/^sv2-01234567-r1b1-[\w.-]+-\w{3}$/);
      expect(findRun(system, parseToken(token)).schedule).toEqual(counterexample);
    }
    expect(findings.length).toBeGreaterThan(0);
  });

  it("is refused with one wrong letter, or one too few or too many", async () => {
    const system = await systemOf(referenceSubject(), SMALL);
    const token = encodeToken(system, probing(system), "01234567", SMALL.configuration);
    const damaged = [...token].flatMap((letter, at) =>
      at < 4
        ? []
        : [
            token.slice(0, at) + (letter === "7" ? "8" : "7") + token.slice(at + 1),
            token.slice(0, at) + token.slice(at + 1),
          ],
    );
    for (const text of [...damaged, `${token}7`, token.slice(0, -4)]) {
      expect(() => parseToken(text), text).toThrow("a letter of this token is wrong, or not all of it is there");
    }
    expect(damaged.length).toBeGreaterThan(30);
  });

  it("is read in the form of the former version, which has nothing to be checked by", async () => {
    const system = await systemOf(referenceSubject(), SMALL);
    const token = encodeToken(system, probing(system), "01234567", SMALL.configuration);
    const former = token.replace("sv2-", "sv1-").replace(/-\w{3}$/, "");
    expect(parseToken(former)).toEqual(parseToken(token));
  });

  it("carries the values of a run that the table does not have", async () => {
    const tableSystem = await systemOf(referenceSubject(), SMALL);
    const write = "printf ' offline\\000%3000s' > sysram_region0/hotplug";
    const initialConfiguration =
      "a dynamic capacity region, at [mem 0x1000200000-0x1010ffffff], on node 7, auto_online_blocks=online";
    const system = withExtraInputs(tableSystem, { initialConfigurations: [initialConfiguration], commands: [write] });
    const initial = system.initialConfigurations.findIndex(({ label }) => label === initialConfiguration);
    const labels = { initial, steps: ["probe region0, offline", write].map((action) => ({ action, questions: [] })) };
    const found = findSchedule(system, labels);
    if (found.kind === "lost") throw new Error(found.reason);

    const token = encodeToken(system, found.schedule, "0123456789abcdef", SMALL.configuration);
    expect(token).toMatch(/^sv2-01234567-r1b1-=[\w+]+-\w{4}-=[\w+]+-\w{3}$/);
    const again = findRun(tableSystem, parseToken(token));
    expect(again.system.initialConfigurations[again.schedule.initial]!.label).toBe(initialConfiguration);
    expect(runLines(again.system, again.schedule)).toEqual(["probe region0, offline", write]);
  });

  it("is refused where its words in full stand for nothing", async () => {
    const system = await systemOf(referenceSubject(), SMALL);
    const full = (words: string): string => `=${Buffer.from(words).toString("base64url").replaceAll("-", "+")}`;
    const initialConfiguration = full(INITIAL_CONFIGURATIONS[0]!.label);

    for (const words of [
      "rm -rf /",
      "printf 'a' > sysram_region1/hotplug",
      "printf '%9999s' > sysram_region0/hotplug",
    ]) {
      const token = parseToken(`sv1-01234567-r1b1-${initialConfiguration}-${full(words)}`);
      expect(() => findRun(system, token)).toThrow("step 1 of the run is not possible");
    }
    expect(() => findRun(system, parseToken(`sv1-01234567-r1b1-${full("on the moon")}`))).toThrow(
      "initial configuration",
    );
  });

  it("tells all commands and initial configurations of a driver apart", async () => {
    const system = await systemOf(referenceSubject(), { configuration: { regions: 2, blocks: 2 } });
    const labels = [...system.commands, ...INITIAL_CONFIGURATIONS].map(({ label }) => label);
    const tokens = system.commands.map((_, command) => system.describe({ kind: "start", command }));

    expect(new Set(labels).size).toBe(labels.length);
    expect(new Set(tokens).size).toBe(tokens.length);
  });

  it.each([
    ["", /no replay token/],
    ["hello", /no replay token/],
    ["sv3-01234567-r1b1-abcd", /version 3, and this tool reads versions 1 and 2/],
    ["sv2-01234567-r1b1-abcd", /a letter of this token is wrong/],
    ["sv1-01234567-r1b1", /no replay token/],
  ])("is refused when it is %j", (text, message) => {
    expect(() => parseToken(text)).toThrow(message);
  });

  it("is refused by a driver that does not allow its run", async () => {
    const system = await systemOf(referenceSubject(), SMALL);
    expect(() => findRun(system, parseToken("sv1-01234567-r1b1-zzzz-aaaa"))).toThrow(/initial configuration/);
  });
});
