import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Report } from "../../report/report.ts";
import { sysramVerify, temporaryFolder } from "../support/cli.ts";

/** The whole spaces of the reference driver; they change with whatever changes what may happen in the modelled kernel. */
const ONE_BLOCK = { states: 21_048, transitions: 159_598, depth: 17 };
const TWO_BLOCKS = { states: 65_768, transitions: 606_942, depth: 18 };

describe("a review of the reference driver", { tags: ["exhaustive"] }, () => {
  const folder = temporaryFolder();

  /** Reviews with regions of so many blocks, and holds what comes of it to this. */
  const reviewed = async (blocks: number, space: object): Promise<void> => {
    const json = join(folder, "report.json");
    const options = ["--quiet", "--no-color", "--blocks", `${blocks}`, "--json", json];
    const { exitCode, stdout, stderr } = await sysramVerify(["review", ...options]);
    const { verdict, findings, search, properties, coverage } = JSON.parse(readFileSync(json, "utf8")) as Report;

    expect({ exitCode, stderr, verdict, findings }).toEqual({
      exitCode: 0,
      stderr: "",
      verdict: "holds",
      findings: [],
    });
    expect(search).toMatchObject({ ending: "exhausted", ...space, frontier: 0, cut: 0, fatal: 0 });
    expect(stdout).toMatch(/^holds, 1 task {2}/);
    expect(properties.filter(({ verdict: said }) => said !== "holds")).toEqual([]);
    for (const { id, witness } of properties) expect(witness, id).toMatch(/^sv2-/);
    const { total, exercised, unreached } = coverage.failurePoints;
    expect(exercised).toBe(total);
    expect(unreached.filter(({ result }) => result !== undefined)).toEqual([]);
    const { lines } = coverage;
    expect(lines.covered / lines.total).toBeGreaterThan(0.95);
    expect(lines.uncovered.filter(({ because = "" }) => because === "")).toEqual([]);
  };

  it("exits 0, because every property holds over the whole space", () => reviewed(1, ONE_BLOCK));

  it("exits 0 with two blocks too, as where nobody says how many", { tags: ["long"] }, () => reviewed(2, TWO_BLOCKS));
});
