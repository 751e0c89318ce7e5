import { describe, expect, it } from "vitest";
import { exploreAtRandom } from "../../../harness/random/explore-at-random.ts";
import { claims } from "../../../properties/index.ts";
import { referenceSystem } from "./mutants.ts";

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

describe("the statistics of drawn runs (seed 1)", { tags: ["random"] }, async () => {
  const system = await referenceSystem();
  const { statistics, transitions } = await exploreAtRandom(system, {
    ...{ claims, seed: 1, runs: 250, maxCommands: 100, faults: "all", bounds: {}, first: [] },
  });
  const { commands, faults, lengths } = statistics;

  it("count every run and throw nothing away", () => {
    expect(statistics.runs).toBe(250);
    expect(statistics.skipped).toBe(0);
    expect(sum(lengths.map(({ runs }) => runs))).toBe(250);
    expect(lengths.map(({ from, to }) => [from, to])).toEqual([
      [0, 10],
      ...Array.from({ length: 9 }, (_, at) => [10 * at + 11, 10 * at + 20]),
    ]);
  });

  it("name each command once, in the order of the table, and each kind of drawn value behind them", () => {
    const table = system.commands.filter(({ family }) => family === undefined).map(({ label }) => label);
    const names = commands.map(({ command }) => command);

    expect(names.slice(0, table.length)).toEqual(table);
    expect(names.slice(table.length).sort()).toEqual([
      "another owner claims (a drawn part) of region0",
      "printf (a drawn text) > sysram_region0/hotplug",
    ]);
  });

  it("give every command that is ever possible more than 1 % of what is executed, and half of that where not every run has it", () => {
    const all = sum(commands.map(({ executed }) => executed));
    const least = (isDrawn: boolean): number => {
      const possible = commands.filter(
        ({ command, enabled }) => enabled > 0 && command.includes("(a drawn ") === isDrawn,
      );
      expect(possible.length).toBeGreaterThan(isDrawn ? 1 : 25);
      return Math.min(...possible.map(({ executed }) => executed / all));
    };

    expect(least(false)).toBeGreaterThan(0.01);
    expect(least(true)).toBeGreaterThan(0.005);
  });

  it("count no more of anything than there can be", () => {
    expect(sum(commands.map(({ executed }) => executed))).toBeLessThanOrEqual(transitions);
    for (const { enabled, executed, refused, failed } of commands) {
      expect(executed).toBeLessThanOrEqual(enabled);
      expect(refused).toBeLessThanOrEqual(executed);
      expect(failed).toBeLessThanOrEqual(executed);
    }
    for (const { offered, given } of faults) expect(given).toBeLessThanOrEqual(offered);
  });

  it("know a command that is always refused from one that never is", () => {
    const junk = commands.find(({ command }) => command.startsWith("echo online_ >"))!;
    const iomem = commands.find(({ command }) => command === "cat /proc/iomem")!;

    expect(junk.refused).toBe(junk.executed);
    expect(iomem).toMatchObject({ refused: 0, failed: 0 });
    expect(iomem.executed).toBeGreaterThan(0);
  });

  it("execute each possible command, and give each fault", () => {
    expect(commands.filter(({ enabled, executed }) => enabled > 0 && executed === 0)).toEqual([]);
    expect(faults.filter(({ given }) => given === 0)).toEqual([]);
  });
});
