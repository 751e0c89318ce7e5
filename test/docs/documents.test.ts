import { writeFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../abi/package-root.ts";
import { temporaryFolder } from "../support/cli.ts";
import { anchorsOf, documents, isThere, linksIn, madeAnew, pathsIn, readersFolder, textOf } from "../support/docs.ts";
import { referencePage } from "./reference.ts";

const folder = readersFolder(temporaryFolder());

const isUpdated = process.env["UPDATE_DOCS"] !== undefined;

/** Those that show what our commands print take a search each. */
const PRINTED = /<!-- made: (?!file )/;

const holdFresh = async (name: string): Promise<void> => {
  const text = textOf(name);
  const fresh = await madeAnew(text, folder);
  if (isUpdated) writeFileSync(join(packageRoot, name), fresh);
  expect(isUpdated ? fresh : text).toBe(fresh);
};

const made = documents().filter((name) => /<!-- (?:made|number): /.test(textOf(name)));

describe("a document", () => {
  it.each(made.filter((name) => PRINTED.test(textOf(name))))(
    "shows in %s what our commands print now",
    { tags: ["long"], timeout: 900_000 },
    holdFresh,
  );

  it.each(made.filter((name) => !PRINTED.test(textOf(name))))("has in %s the numbers of now", holdFresh);

  it("lists commands, options, exit codes and formats as they are declared", () => {
    const file = "docs/reference.md";
    if (isUpdated) writeFileSync(join(packageRoot, file), referencePage());
    expect(textOf(file)).toBe(referencePage());
  });

  it("is written anew where a number or a printed line is not what it was", async () => {
    const old =
      "<!-- number: claims -->0<!-- /number --> claims\n<!-- made: file .editorconfig -->\nold\n<!-- /made -->";
    const fresh = await madeAnew(old, folder);
    expect(fresh).toMatch(/^<!-- number: claims -->\d\d<!-- \/number --> claims\n/);
    expect(fresh).toContain(`\`\`\`text\n${textOf(".editorconfig").trimEnd()}\n\`\`\`\n`);
    expect(await madeAnew(fresh, folder)).toBe(fresh);
  });
});

/** A link is dead where there is no such file, or no such heading in it. */
const deadLinks = (document: string): readonly string[] =>
  linksIn(textOf(document)).flatMap(({ path, anchor }) => {
    const target = path === "" ? document : normalize(join(dirname(document), path));
    const isAlive =
      isThere(target) &&
      (anchor === undefined || !target.endsWith(".md") || anchorsOf(textOf(target)).includes(anchor));
    return isAlive ? [] : [`${path}${anchor === undefined ? "" : `#${anchor}`}`];
  });

describe("the documents", () => {
  it.each(documents())("link in %s to what is there", (name) => {
    expect(deadLinks(name)).toEqual([]);
  });

  it.each(documents().filter((name) => name !== "CHANGELOG.md"))("name in %s files that are there", (name) => {
    expect(pathsIn(textOf(name)).filter((path) => !isThere(path))).toEqual([]);
  });

  it("number each decision once, and link to each other by that number", () => {
    const decisions = documents().filter((name) => name.startsWith("docs/decisions/"));
    const numbers = decisions.map((name) => Number(/(\d{4})-/.exec(name)![1]));
    expect(numbers).toEqual([...new Set(numbers)]);
    for (const [at, name] of decisions.entries()) expect(textOf(name)).toMatch(new RegExp(`^# ${numbers[at]}\\. `));
    for (const [, label, number] of documents().flatMap((name) => [
      ...textOf(name).matchAll(/\[(\d{4})\]\((?:\S*\/)?(\d{4})-/g),
    ])) {
      expect(label).toBe(number);
    }
  });
});
