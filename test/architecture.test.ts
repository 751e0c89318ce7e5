import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { parseSync, Visitor } from "oxc-parser";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../abi/package-root.ts";

/**
 * What one place may import: modules it may load, and modules of which it may name types only.
 *
 * A place is a top-level folder, or a file at the root under its own name. Each may import from itself.
 */
interface Row {
  readonly values: readonly string[];
  readonly types?: readonly string[];
}

type Table = Readonly<Record<string, Row>>;

/** What lies below the commands. */
const parts = [
  ...["abi", "checker", "models", "machines", "driver"],
  ...["harness", "properties", "vectors", "logs", "lab", "report"],
];

const library = [...parts, "verify"];

/** Every arrow that the design allows. One that is not listed is forbidden. */
const table: Table = {
  abi: { values: [] },
  checker: { values: [] },
  models: { values: ["abi"], types: ["checker"] },
  machines: { values: ["abi"], types: ["checker"] },
  driver: { values: ["abi"], types: ["models"] },
  harness: { values: ["abi", "checker", "models", "machines", "driver"], types: ["report"] },
  properties: { values: ["abi", "checker", "models", "machines"] },
  vectors: { values: ["abi", "checker", "models", "machines", "properties", "harness"] },
  logs: { values: ["abi", "machines", "harness"], types: ["driver", "report"] },
  lab: { values: ["abi", "checker", "models", "machines", "properties", "harness"] },
  report: { values: ["abi", "checker"], types: ["properties"] },
  verify: { values: parts },
  cli: { values: library },
  bench: { values: [...library, "index.ts"] },
  test: { values: [...library, "cli", "bench", "index.ts"] },
  "index.ts": { values: library },
  examples: { values: ["index.ts"] },
  "vitest.config.ts": { values: [] },
};

/** Source text by its path from the root, with "/" between the parts. */
type Files = Readonly<Record<string, string>>;

interface Import {
  readonly file: string;
  readonly line: number;
  /** The place it leads to; undefined when it leaves the project's folder. */
  readonly to: string | undefined;
  readonly target: string;
  /** Whether it disappears when the types are erased. */
  readonly isType: boolean;
}

const placeOf = (path: string): string => path.split("/")[0]!;

/** The path from the root that `specifier` means in `file`; undefined for a package of someone else. */
const resolved = (file: string, specifier: string): string | undefined => {
  if (specifier.startsWith(".")) return posix.join(posix.dirname(file), specifier);
  return specifier === "sysram-verify" ? "index.ts" : undefined;
};

/**
 * The imports of one file that stay within the project.
 *
 * Seen are import and export declarations, `import()`, `import("...")` as a type, and `new URL("...", import.meta.url)`,
 * which is how a worker is named. An import whose target is computed cannot be seen. `import { type A }` counts as a value: under
 * `verbatimModuleSyntax` its braces are emptied but the module is still loaded.
 */
const importsOf = (file: string, source: string): readonly Import[] => {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file} does not parse: ${errors[0]!.message}`);

  const imports: Import[] = [];
  const add = (start: number, specifier: string, isType: boolean): void => {
    const target = resolved(file, specifier);
    if (target === undefined) return;
    const line = source.slice(0, start).split("\n").length;
    imports.push({ file, line, to: target.startsWith("..") ? undefined : placeOf(target), target, isType });
  };

  new Visitor({
    ImportDeclaration: ({ start, source: { value }, importKind }) => add(start, value, importKind === "type"),
    ExportAllDeclaration: ({ start, source: { value }, exportKind }) => add(start, value, exportKind === "type"),
    ExportNamedDeclaration: ({ start, source: from, exportKind }) => {
      if (from !== null) add(start, from.value, exportKind === "type");
    },
    TSImportType: ({ start, source: { value } }) => add(start, value, true),
    ImportExpression: ({ start, source: from }) => {
      if (from.type === "Literal" && typeof from.value === "string") add(start, from.value, false);
    },
    NewExpression: ({ start, callee, arguments: [path, base] }) => {
      const isUrl = callee.type === "Identifier" && callee.name === "URL" && base?.type === "MemberExpression";
      const isModule = path?.type === "Literal" && typeof path.value === "string" && /\.[jt]s$/.test(path.value);
      if (isUrl && isModule) add(start, path.value as string, false);
    },
  }).visit(program);
  return imports;
};

/** What was parsed already: every file of the project is asked for more than once. */
const parsed = new Map<string, { readonly source: string; readonly imports: readonly Import[] }>();

const importsIn = (files: Files): readonly Import[] =>
  Object.entries(files).flatMap(([file, source]) => {
    const known = parsed.get(file);
    if (known?.source === source) return known.imports;
    const imports = importsOf(file, source);
    parsed.set(file, { source, imports });
    return imports;
  });

const complaintAbout = ({ file, line, to, target, isType }: Import, rules: Table): string | undefined => {
  const from = placeOf(file);
  const says = `${file}:${line} imports ${isType ? "a type of " : ""}${target}`;
  if (to === undefined) return `${says}, which lies outside the project`;
  const { values = [], types = [] } = rules[from] ?? {};
  if (to === from || values.includes(to) || (isType && types.includes(to))) return undefined;
  return `${says}, but ${from} may import ${types.includes(to) ? "only types" : "nothing"} of ${to}`;
};

/** Each import that the rules forbid, as a sentence with its file and line. */
const violations = (files: Files, rules: Table = table): readonly string[] =>
  importsIn(files).flatMap((found) => complaintAbout(found, rules) ?? []);

/** Places that hold source and of which the rules say nothing. */
const strangers = (files: Files, rules: Table = table): readonly string[] =>
  [...new Set(Object.keys(files).map(placeOf))].filter((place) => !(place in rules));

type Arrows = ReadonlyMap<string, ReadonlySet<string>>;

const valueArrows = (files: Files): Arrows => {
  const arrows = new Map<string, Set<string>>();
  for (const { file, to, isType } of importsIn(files)) {
    const from = placeOf(file);
    if (isType || to === undefined || to === from) continue;
    arrows.set(from, (arrows.get(from) ?? new Set()).add(to));
  }
  return arrows;
};

/**
 * The imports of files, those of types too. Not those within models/: a model's state is a slice of the kernel's state,
 * which each of them is given.
 */
const fileArrows = (files: Files): Arrows => {
  const arrows = new Map<string, Set<string>>();
  for (const { file, to, target } of importsIn(files)) {
    if (placeOf(file) === "models" && to === "models") continue;
    arrows.set(file, (arrows.get(file) ?? new Set()).add(target));
  }
  return arrows;
};

/** A way along the arrows that ends where it began; undefined when there is none. */
const cycleIn = (arrows: Arrows): string | undefined => {
  const clear = new Set<string>();
  const search = (place: string, way: readonly string[]): string | undefined => {
    if (way.includes(place)) return [...way.slice(way.indexOf(place)), place].join(" -> ");
    if (clear.has(place)) return undefined;
    for (const next of arrows.get(place) ?? []) {
      const cycle = search(next, [...way, place]);
      if (cycle !== undefined) return cycle;
    }
    clear.add(place);
    return undefined;
  };
  for (const place of arrows.keys()) {
    const cycle = search(place, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
};

const isBuilt = (name: string): boolean => name.startsWith(".") || ["node_modules", "dist", "coverage"].includes(name);

const sourcePaths = (folder: string): readonly string[] =>
  readdirSync(join(packageRoot, folder), { withFileTypes: true }).flatMap((entry) => {
    if (isBuilt(entry.name)) return [];
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory()) return sourcePaths(path);
    return /\.[cm]?[jt]sx?$/.test(entry.name) ? [path] : [];
  });

const project: Files = Object.fromEntries(
  sourcePaths("").map((path) => [path, readFileSync(join(packageRoot, path), "utf8")]),
);

const places = [...new Set(Object.keys(project).map(placeOf))].sort();

const within = (place: string): Files =>
  Object.fromEntries(Object.entries(project).filter(([file]) => placeOf(file) === place));

describe("the direction between folders", () => {
  it("has folders to judge", () => {
    expect(places).toContain("abi");
    expect(places).toContain("test");
  });

  it("names every place that holds source", () => {
    expect(strangers(project)).toEqual([]);
  });

  it.each(places)("lets %s import what it may, and nothing else", (place) => {
    expect(violations(within(place))).toEqual([]);
  });

  it("holds no cycle of values between places", () => {
    expect(cycleIn(valueArrows(project))).toBeUndefined();
  });

  it("holds no circle of files that import each other, types included, but within models", () => {
    expect(cycleIn(fileArrows(project))).toBeUndefined();
  });
});

describe("the table of directions", () => {
  it("speaks of no place that it has no row for", () => {
    const mentioned = Object.values(table).flatMap(({ values, types = [] }) => [...values, ...types]);
    expect(mentioned.filter((place) => !(place in table))).toEqual([]);
  });

  it("allows no cycle of values", () => {
    expect(
      cycleIn(new Map(Object.entries(table).map(([place, { values }]) => [place, new Set(values)]))),
    ).toBeUndefined();
  });

  it("lets only tests import cli, bench or test", () => {
    const importers = Object.keys(table).filter((place) =>
      [...table[place]!.values, ...(table[place]!.types ?? [])].some((to) => ["cli", "bench", "test"].includes(to)),
    );
    expect(importers).toEqual(["test"]);
  });
});

describe("the judge of directions", () => {
  it("reports a planted import against the direction, with file and line", () => {
    expect(violations({ "checker/explore.ts": '// the search\nimport { kfree } from "../models/slab.ts";\n' })).toEqual(
      ["checker/explore.ts:2 imports models/slab.ts, but checker may import nothing of models"],
    );
  });

  it.each([
    ["an import over several lines", 'import {\n  kfree,\n  kmalloc,\n} from "../models/slab.ts";'],
    ["a default and a namespace", 'import slab, * as all from "../models/slab.ts";'],
    ["an import for its effect", 'import "../models/slab.ts";'],
    ["an export of names", 'export {\n  kfree,\n} from "../models/slab.ts";'],
    ["an export of all", 'export * from "../models/slab.ts";'],
    ["an import inside a function", 'const load = async () => (await import("../models/slab.ts")).kfree;'],
    ["braces that hold types only", 'import { type Slab } from "../models/slab.ts";'],
    ["a worker's address", 'new Worker(new URL("../models/slab.ts", import.meta.url));'],
  ])("sees a value in %s", (_, source) => {
    expect(importsOf("checker/explore.ts", source)).toEqual([
      { file: "checker/explore.ts", line: 1, to: "models", target: "models/slab.ts", isType: false },
    ]);
  });

  it.each([
    ["import type", 'import type {\n  Slab,\n} from "../models/slab.ts";'],
    ["export type of names", 'export type { Slab } from "../models/slab.ts";'],
    ["export type of all", 'export type * from "../models/slab.ts";'],
    ["import() as a type", 'let slab: import("../models/slab.ts").Slab;'],
  ])("sees a type in %s", (_, source) => {
    expect(importsOf("checker/explore.ts", source)).toEqual([
      { file: "checker/explore.ts", line: 1, to: "models", target: "models/slab.ts", isType: true },
    ]);
  });

  it.each([
    ["a string", `const text = 'import { kfree } from "../models/slab.ts"';`],
    ["a template", 'const text = `\nimport { kfree } from "../models/slab.ts";\n`;'],
    ["a comment", '/*\nimport { kfree } from "../models/slab.ts";\n*/'],
    ["a package or a module of Node", 'import fc from "fast-check";\nimport { join } from "node:path";'],
  ])("sees nothing in %s", (_, source) => {
    expect(importsOf("checker/explore.ts", source)).toEqual([]);
  });

  it("lets a type pass where a value may not", () => {
    expect(violations({ "models/slab.ts": 'import type { Chooser } from "../checker/choice.ts";' })).toEqual([]);
    expect(violations({ "models/slab.ts": 'import { choose } from "../checker/choice.ts";' })).toEqual([
      "models/slab.ts:1 imports checker/choice.ts, but models may import only types of checker",
    ]);
  });

  it("reports an import of the package by its own name", () => {
    expect(violations({ "report/mail.ts": 'import { packageRoot } from "sysram-verify";' })).toEqual([
      "report/mail.ts:1 imports index.ts, but report may import nothing of index.ts",
    ]);
  });

  it("reports an import that leaves the project", () => {
    expect(violations({ "abi/errno.ts": 'import { other } from "../../other/main.ts";' })).toEqual([
      "abi/errno.ts:1 imports ../other/main.ts, which lies outside the project",
    ]);
  });

  it("reports a folder or a root file that the table does not know", () => {
    expect(strangers({ "extras/one.ts": "", "setup.ts": "", "abi/errno.ts": "" })).toEqual(["extras", "setup.ts"]);
  });

  it("reports a cycle of values, and takes no type for a part of one", () => {
    const first = {
      "models/slab.ts": 'import { a } from "../driver/a.ts";',
      "driver/a.ts": 'export * from "../abi/b.ts";',
    };
    expect(cycleIn(valueArrows({ ...first, "abi/b.ts": 'import type { c } from "../models/c.ts";' }))).toBeUndefined();
    expect(cycleIn(valueArrows({ ...first, "abi/b.ts": 'import { c } from "../models/c.ts";' }))).toBe(
      "models -> driver -> abi -> models",
    );
  });

  it("reports a circle of files that one imported type closes, and none within models", () => {
    const files = (place: string): Files => ({
      [`${place}/a.ts`]: 'import { b } from "./b.ts";',
      [`${place}/b.ts`]: 'import { c } from "../abi/c.ts";\nexport type { A } from "./a.ts";',
    });
    expect(cycleIn(fileArrows(files("harness")))).toBe("harness/a.ts -> harness/b.ts -> harness/a.ts");
    expect(cycleIn(fileArrows(files("models")))).toBeUndefined();
  });
});
