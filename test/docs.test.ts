import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../abi/package-root.ts";

/** The parts of a model's header, each on one line. */
const headerOf = (text: string): Readonly<Record<string, string>> | undefined => {
  const comment = [...text.matchAll(/\/\*\*[\s\S]*?\*\//g)]
    .map(([match]) => match)
    .find((match) => /\* Kept:/.test(match));
  if (comment === undefined) return undefined;
  const lines = comment.split("\n").map((line) => line.replace(/^\s*\/?\*+\/?\s?/, ""));
  const parts: Record<string, string> = {};
  let part = "Models";
  for (const line of lines) {
    const start = /^(Kept|Dropped|Source):\s*(.*)$/.exec(line);
    if (start !== null) part = start[1]!;
    parts[part] = `${parts[part] ?? ""} ${start === null ? line : start[2]}`.trim();
  }
  return Object.fromEntries(Object.entries(parts).map(([name, text]) => [name, text.replace(/\s+/g, " ")]));
};

const modelsPage = (): string => {
  const folder = join(packageRoot, "models");
  const files = readdirSync(folder).filter((name) => name.endsWith(".ts"));
  const sections = files.sort().flatMap((name) => {
    const header = headerOf(readFileSync(join(folder, name), "utf8"));
    if (header === undefined) return [];
    const { Models, Kept, Dropped, Source } = header;
    return [
      `## ${name}`,
      "",
      Models!,
      "",
      `* **Kept:** ${Kept}`,
      `* **Dropped:** ${Dropped}`,
      `* **Source:** ${Source}`,
      "",
    ];
  });
  return [
    "# What the models of the kernel keep and drop",
    "",
    "Collected from the heads of the files in `models/`; a test keeps this page equal to them",
    "(`npm run docs` writes it anew).",
    "",
    ...sections,
  ].join("\n");
};

describe("the documentation", () => {
  it("lists what each model keeps and drops, as the models say themselves", () => {
    const file = join(packageRoot, "docs", "models.md");
    if (process.env["UPDATE_DOCS"] !== undefined) writeFileSync(file, modelsPage());
    expect(readFileSync(file, "utf8")).toBe(modelsPage());
  });

  it("names every top-level folder in the picture of the project", () => {
    const page = readFileSync(join(packageRoot, "docs/architecture.md"), "utf8");
    const folders = readdirSync(packageRoot, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !/^(\.|node_modules$|dist$|coverage$)/.test(entry.name))
      .map(({ name }) => name);
    for (const folder of folders)
      expect(page, `docs/architecture.md says nothing of ${folder}/`).toContain(`\`${folder}/`);
  });
});
