import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../abi/package-root.ts";
import type { Finding, PropertyReport, Report, ReportStep, Search, Subject } from "../../report/report.ts";
import { everyStep, samples, violated } from "./samples.ts";

interface Schema {
  readonly $ref?: string;
  readonly description?: string;
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly $defs?: Readonly<Record<string, Schema>>;
}

const schema = JSON.parse(readFileSync(join(packageRoot, "report/report.schema.json"), "utf8")) as Schema;

/** The schema behind a reference. */
const resolved = (node: Schema): Schema =>
  node.$ref === undefined ? node : resolved(schema.$defs![node.$ref.replace("#/$defs/", "")]!);

const childrenOf = (node: Schema): readonly Schema[] => [
  ...Object.values(node.properties ?? {}),
  ...Object.values(node.$defs ?? {}),
  ...(node.anyOf ?? []),
  ...(node.items === undefined ? [] : [node.items]),
  ...(typeof node.additionalProperties === "object" ? [node.additionalProperties] : []),
];

const nodes = (node: Schema): readonly Schema[] => [node, ...childrenOf(node).flatMap(nodes)];

/** The schema of the place that these names lead to; lists and alternatives are passed through. */
const at = (...names: readonly string[]): Schema => {
  const inner = (node: Schema): Schema => {
    const { items, anyOf, ...rest } = resolved(node);
    if (items !== undefined) return inner(items);
    return anyOf === undefined ? rest : inner(anyOf[0]!);
  };
  return names.reduce((node, name) => inner(node.properties![name]!), inner(schema));
};

const validate = new Ajv2020({ allErrors: true }).compile(schema as object);

const complaints = (report: unknown): readonly string[] => {
  validate(report);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
};

/** A type with every optional key required, at all depths. */
type Full<T> = T extends readonly (infer Item)[]
  ? readonly Full<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]-?: Full<T[Key]> }
    : T;

/** A type without its optional keys, at all depths. */
type Bare<T> = T extends readonly (infer Item)[]
  ? readonly Bare<Item>[]
  : T extends object
    ? { readonly [Key in keyof T as Record<never, never> extends Pick<T, Key> ? never : Key]: Bare<T[Key]> }
    : T;

/** Each key that the types know. The compiler refuses it when one is missing or unknown. */
const full: Full<Report> = {
  format: "sysram-verify/report",
  version: 1,
  subject: { kind: "patch", name: "pool.mbox", title: "[PATCH] pool", sha256: "0".repeat(64) },
  verdict: "violated",
  search: {
    states: 1,
    transitions: 1,
    depth: 1,
    ending: "exhausted",
    frontier: 0,
    cut: 0,
    fatal: 0,
    hashed: { bits: 64, chance: 1e-9 },
    followed: { smallAllocationFaults: 0, ordinaryFaults: 0, preemptions: 1, steps: 3 },
    configuration: { faults: "all", seed: null, runs: 3, isFair: true, words: ["online", 1] },
    elapsedMs: 1.5,
  },
  properties: [{ id: "a-b", group: "g", claim: "c", verdict: "violated", because: "b", tested: 1, witness: "w" }],
  notJudged: [{ claim: "c-d", because: "b" }],
  findings: [
    {
      id: "a-b-0",
      property: "a-b",
      title: "t",
      object: "o",
      place: { file: "a.c", line: 1, function: "f", text: "\tf();" },
      severity: "low",
      needs: "race",
      faults: [{ function: "f", result: "-EBUSY", file: "a.c", line: 1 }],
      steps: [
        {
          task: "task 1",
          kind: "call",
          depth: 1,
          what: "w",
          function: "f",
          arguments: ["1"],
          result: "0",
          file: "a.c",
          line: 1,
          text: "\tf();",
          why: "y",
        },
      ],
      state: ["s"],
      why: "w",
      replay: "r",
      assumptions: ["a"],
      confirmed: ["c"],
      seen: 1,
    },
  ],
  coverage: {
    failurePoints: {
      total: 1,
      exercised: 0,
      unreached: [{ function: "f", result: "-EBUSY", file: "a.c", line: 1, because: "b" }],
    },
    lines: { total: 1, covered: 0, uncovered: [{ file: "a.c", line: 1, text: "\tf();", because: "b" }] },
    branches: {
      total: 2,
      covered: 1,
      uncovered: [{ file: "a.c", line: 1, text: "\tf();", way: "true", because: "b" }],
    },
    states: { total: 1, covered: 1 },
    transitions: { total: 1, covered: 1 },
  },
  statistics: {
    runs: 1,
    skipped: 0,
    commands: [{ command: "c", enabled: 2, executed: 1, refused: 1, failed: 0 }],
    faults: [{ function: "f", result: "-EBUSY", offered: 2, given: 1 }],
    lengths: [{ from: 0, to: 1, runs: 1 }],
    warnings: ["w"],
  },
  keptOnPurpose: [{ file: "f.c", line: 1, function: "f", text: "\tf();" }],
  neverRun: [{ kind: "function", function: "f", file: "f.c", line: 1, because: "b" }],
  notes: ["n"],
};

/** Each key that the types demand. */
const bare: Bare<Report> = {
  format: "sysram-verify/report",
  version: 1,
  subject: { kind: "machine", name: "sysram", sha256: "0".repeat(64) },
  verdict: "inconclusive",
  search: {
    states: 1,
    transitions: 0,
    depth: 0,
    ending: "sampled",
    frontier: 0,
    cut: 0,
    fatal: 0,
    configuration: {},
    elapsedMs: 0,
  },
  properties: [{ id: "a", group: "g", claim: "c", verdict: "unreached", because: "b", tested: 0, witness: null }],
  notJudged: [],
  findings: [
    {
      id: "a-0",
      property: "a",
      title: "t",
      object: "o",
      place: { file: "a.c", line: 1 },
      severity: "low",
      needs: "nothing",
      faults: [{ function: "f", result: "NULL" }],
      steps: [{ task: "the environment", kind: "command", depth: 0 }],
      state: [],
      why: "w",
      replay: "r",
      assumptions: [],
      confirmed: [],
      seen: 1,
    },
  ],
  coverage: {
    failurePoints: { total: 1, exercised: 0, unreached: [{ function: "f" }] },
    lines: { total: 1, covered: 0, uncovered: [{ file: "a.c", line: 1, text: "" }] },
    branches: { total: 1, covered: 0, uncovered: [{ file: "a.c", line: 1, text: "", way: "false" }] },
    states: { total: 0, covered: 0 },
    transitions: { total: 0, covered: 0 },
  },
  neverRun: [],
  keptOnPurpose: [],
  notes: [],
};

/** The keys of each object in a value, by the names that lead to it. */
const keysIn = (value: unknown, path: readonly string[] = []): readonly [string, readonly string[]][] => {
  if (Array.isArray(value)) return value.flatMap((item) => keysIn(item, path));
  if (typeof value !== "object" || value === null || path.at(-1) === "configuration") return [];
  const inner = Object.entries(value).flatMap(([name, part]) => keysIn(part, [...path, name]));
  return [[path.join("."), Object.keys(value).sort()], ...inner];
};

const namesOf = (path: string): readonly string[] => (path === "" ? [] : path.split("."));

describe("the schema of reports", () => {
  it.each(Object.entries<Report>({ ...samples, full, bare }))("accepts the report %s", (_, report) => {
    expect(complaints(report)).toEqual([]);
  });

  it("accepts every kind of step", () => {
    const [finding] = violated.findings;
    expect(complaints({ ...violated, findings: [{ ...finding!, place: null, steps: everyStep }] })).toEqual([]);
  });

  it("describes every field, and allows no other", () => {
    expect(nodes(schema).filter(({ description }) => description === undefined)).toEqual([]);
    const objects = nodes(schema).filter(({ type }) => type === "object");
    expect(objects.filter(({ additionalProperties }) => additionalProperties === undefined)).toEqual([]);
    expect(objects.filter(({ additionalProperties }) => additionalProperties !== false)).toEqual([
      schema.$defs!.search!.properties!.configuration,
    ]);
  });

  it.each([
    ["an unknown key", { ...bare, extra: 1 }],
    ["another version", { ...bare, version: 2 }],
    ["an id with capitals", { ...bare, properties: [{ ...bare.properties[0], id: "Not-Kebab" }] }],
    ["a count below zero", { ...bare, search: { ...bare.search, states: -1 } }],
    ["a line numbered 0", { ...bare, findings: [{ ...bare.findings[0], place: { file: "a.c", line: 0 } }] }],
    ["a verdict over all of unreached", { ...bare, verdict: "unreached" }],
    ["a setting that is an object", { ...bare, search: { ...bare.search, configuration: { bounds: {} } } }],
  ])("refuses %s", (_, report) => {
    expect(complaints(report)).not.toEqual([]);
  });
});

describe("the schema and the types", () => {
  it.each(keysIn(full))("know the same keys of the report's '%s'", (path, keys) => {
    expect(Object.keys(at(...namesOf(path)).properties!).sort()).toEqual(keys);
  });

  it.each(keysIn(bare))("demand the same keys of the report's '%s'", (path, keys) => {
    expect([...at(...namesOf(path)).required!].sort()).toEqual(keys);
  });

  it("visit every object of the schema", () => {
    const described = nodes(schema).filter(({ properties }) => properties !== undefined);
    const visited = new Set(keysIn(full).map(([path]) => JSON.stringify(at(...namesOf(path)).properties)));
    expect(described.filter(({ properties }) => !visited.has(JSON.stringify(properties)))).toEqual([]);
  });

  it("know the same words", () => {
    const subjects: Record<Subject["kind"], 1> = { patch: 1, source: 1, tree: 1, machine: 1, builtin: 1 };
    const verdicts: Record<Report["verdict"], 1> = { holds: 1, violated: 1, inconclusive: 1 };
    const single: Record<PropertyReport["verdict"], 1> = { holds: 1, violated: 1, unreached: 1, inconclusive: 1 };
    const endings: Record<Search["ending"], 1> = {
      exhausted: 1,
      sampled: 1,
      "state limit": 1,
      "depth limit": 1,
      "time limit": 1,
      "memory limit": 1,
      interrupted: 1,
    };
    const severities: Record<Finding["severity"], 1> = { high: 1, medium: 1, low: 1 };
    const needs: Record<Finding["needs"], 1> = {
      nothing: 1,
      "ordinary-errno": 1,
      "small-allocation-failure": 1,
      race: 1,
    };
    const kinds: Record<ReportStep["kind"], 1> = {
      command: 1,
      call: 1,
      return: 1,
      callback: 1,
      fault: 1,
      note: 1,
      violation: 1,
    };

    expect(at("subject", "kind").enum).toEqual(Object.keys(subjects));
    expect(at("verdict").enum).toEqual(Object.keys(verdicts));
    expect(at("properties", "verdict").enum).toEqual(Object.keys(single));
    expect(at("search", "ending").enum).toEqual(Object.keys(endings));
    expect(at("findings", "severity").enum).toEqual(Object.keys(severities));
    expect(at("findings", "needs").enum).toEqual(Object.keys(needs));
    expect(at("findings", "steps", "kind").enum).toEqual(Object.keys(kinds));
  });
});
