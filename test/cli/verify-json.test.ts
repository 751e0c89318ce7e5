import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../abi/package-root.ts";
import { commandLine, temporaryFolder } from "../support/cli.ts";

const schemaNamed = (name: string): object =>
  JSON.parse(readFileSync(join(packageRoot, "report", `${name}.schema.json`), "utf8")) as object;

const ajv = new Ajv2020({ allErrors: true });
for (const name of ["report", "reports", "rule"]) ajv.addSchema(schemaNamed(name), name);

/** Where a value is not as its schema has it. */
const complaints = (schema: "report" | "reports" | "rule", value: unknown): readonly string[] => {
  ajv.validate(schema, value);
  return (ajv.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
};

const folder = temporaryFolder();

const written = async (...options: readonly string[]): Promise<Readonly<Record<string, unknown>>> => {
  const file = join(folder, "verify.json");
  await commandLine(["verify", "--quiet", "--json", file, ...options]);
  return JSON.parse(readFileSync(file, "utf8")) as Readonly<Record<string, unknown>>;
};

describe("what verify --json writes", () => {
  it("is a list of reports for both life cycles, as its schema describes", async () => {
    const both = await written("--bound-states", "300");

    expect(complaints("reports", both)).toEqual([]);
    expect(both).toMatchObject({
      format: "sysram-verify/reports",
      version: 1,
      reports: [{ format: "sysram-verify/report", verdict: "violated" }, { verdict: "inconclusive" }],
    });
    expect(complaints("reports", { ...both, reports: [{}] })).not.toEqual([]);
    expect(complaints("reports", { ...both, version: 2 })).not.toEqual([]);
  });

  it("is a report for one life cycle, and the outcome of a rule for one of the others", async () => {
    const random = ["--engine", "random", "--seed", "1", "--runs", "5"];
    expect(complaints("report", await written("--policy", "intended", ...random))).toEqual([]);

    const kept = await written("--machine", "memory-group");
    const broken = await written("--machine", "memory-type");
    const silent = await written("--machine", "region");
    expect([kept, broken, silent].flatMap((outcome) => complaints("rule", outcome))).toEqual([]);
    expect(silent).toMatchObject({ format: "sysram-verify/rule", outcomes: [] });
    expect(complaints("rule", { ...broken, outcomes: [{ policy: "best", states: 1 }] })).not.toEqual([]);
  });
});
