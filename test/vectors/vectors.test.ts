import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { Parser } from "tap-parser";
import { beforeAll, describe, expect, it } from "vitest";
import { packageRoot } from "../../abi/package-root.ts";
import { readInputs } from "../../driver/patch/subject.ts";
import { readReference } from "../../driver/reference.ts";
import { VECTOR_CONFIGURATION } from "../../vectors/action.ts";
import { type Intended, intended } from "../../vectors/build.ts";
import { allEdges } from "../../vectors/edges-taken.ts";
import { indexText } from "../../vectors/index-text.ts";
import { itfOf } from "../../vectors/itf.ts";
import { findingKey, propertyOf, UNSEEN_PROPERTIES } from "../../vectors/judge.ts";
import { kselftestFiles, writeFiles } from "../../vectors/kselftest/write.ts";
import { pathsToEdges } from "../../vectors/machine-paths.ts";
import { type VectorSet, vectorSet } from "../../vectors/set.ts";
import { detect, type VectorResult } from "../../vectors/simulate/detect.ts";
import { runScript } from "../../vectors/simulate/run.ts";
import { userSpace } from "../../vectors/user-space.ts";
import { inputs, temporaryFolder } from "../support/cli.ts";
import { review, runLines, SMALL, systemOf } from "../support/review.ts";

const hasShellcheck = spawnSync("shellcheck", ["--version"]).status === 0;
const noShellcheck = hasShellcheck ? "" : " (skipped: shellcheck is not installed)";
const isPosted = existsSync(inputs.mail);
const noPatch = isPosted ? "" : ` (skipped: ${inputs.mail} is not there)`;

const folder = temporaryFolder();
let from: Intended;
let set: VectorSet;
beforeAll(async () => {
  from = intended();
  set = vectorSet(from);
  await writeFiles(folder, await kselftestFiles(set.vectors, JSON.stringify(set)));
});

const failedOnes = (results: readonly VectorResult[]): readonly string[] =>
  results.filter(({ isPassed }) => !isPassed).map(({ id }) => id);

describe("the covering set", () => {
  it("takes all that user space can bring about, in few lives", () => {
    const { transitions, failures, lives, fewestLives } = set.coverage;
    const count = ({ total, provocable, covered }: typeof transitions) => ({ total, provocable, covered });
    expect(count(transitions)).toEqual({ total: 71, provocable: 60, covered: 60 });
    expect(count(failures)).toEqual({ total: 31, provocable: 25, covered: 25 });
    expect({ lives, fewestLives, vectors: set.vectors.length }).toEqual({ lives: 8, fewestLives: 5, vectors: 12 });
  });

  it("names the vectors that take each transition, and the reason for each that none can", () => {
    for (const { takenBy, notProvocable, total } of [set.coverage.transitions, set.coverage.failures]) {
      expect(takenBy.length + notProvocable.length).toBe(total);
      for (const { what, vectors } of takenBy) expect(vectors, what).not.toEqual([]);
      for (const { what, reason } of notProvocable)
        expect(reason, what).not.toBe("no action of user space leads to it");
    }
  });

  it("tells for each transition that none can take how the machine comes to it", () => {
    const paths = pathsToEdges("intended");
    expect([...paths.keys()].sort()).toEqual(allEdges("intended").toSorted());
    for (const { what, path } of set.coverage.transitions.notProvocable) expect(path, what).toEqual(paths.get(what));
    expect(paths.get("dropping: put_device ok -> unregistered")).toEqual([
      ...["probe", "cxl_region_get_hpa_range ok", "region fits", "kzalloc ok", "device_initialize ok"],
      ...["kasprintf failed", "put_device ok"],
    ]);
  });

  it("ends each vector where it began: with nothing left of the driver", () => {
    for (const { id, steps } of set.vectors) {
      const last = steps.findLast((step) => step.kind === "action");
      if (last === undefined) continue;
      expect(last.sees, id).toMatchObject({ device: false, blocks: ["absent", "absent"], iomem: [] });
    }
  });

  it("is written as data that its schema allows", () => {
    const schema = JSON.parse(readFileSync(join(packageRoot, "vectors/vectors.schema.json"), "utf8")) as object;
    const validate = new Ajv2020({ allErrors: true }).compile(schema);
    validate(JSON.parse(readFileSync(join(folder, "vectors.json"), "utf8")));
    expect(validate.errors).toBeNull();
  });

  it("is written as traces that Apalache reads", () => {
    for (const vector of set.vectors) {
      const trace = itfOf(vector) as
        | {
            "#meta": { format: string; varTypes: object };
            vars: readonly string[];
            states: readonly Record<string, unknown>[];
          }
        | undefined;
      if (trace === undefined) continue;
      expect(trace["#meta"].format).toBe("ITF");
      expect(Object.keys(trace["#meta"].varTypes)).toEqual(trace.vars);
      for (const [index, { "#meta": meta, ...state }] of trace.states.entries()) {
        expect(meta).toEqual({ index });
        expect(Object.keys(state)).toEqual(trace.vars);
        // Whole numbers would have to be written as {"#bigint": ...}; there are none.
        expect(Object.values(state).some((value) => typeof value === "number")).toBe(false);
      }
    }
    expect(set.vectors.filter((vector) => itfOf(vector) === undefined).map(({ id }) => id)).toEqual(["stress-writers"]);
  });
});

describe("the folder for kselftest", () => {
  it("has a Makefile that names each script, which can be run, and the kernel's licence", () => {
    const makefile = readFileSync(join(folder, "Makefile"), "utf8");
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(["Makefile", "config", "settings", ".gitignore"]));
    for (const { id } of set.vectors) {
      expect(makefile).toMatch(new RegExp(`^\\t${id}\\.sh`, "m"));
      expect(statSync(join(folder, `${id}.sh`)).mode & 0o111).toBe(0o111);
    }
    for (const name of readdirSync(folder).filter((file) => /\.(sh|c)$|^Makefile$/.test(file))) {
      const head = readFileSync(join(folder, name), "utf8").split("\n").slice(0, 2).join("\n");
      expect(head, name).toContain("SPDX-License-Identifier: GPL-2.0");
    }
  });

  it.runIf(hasShellcheck)(`passes shellcheck without exceptions${noShellcheck}`, () => {
    const scripts = readdirSync(folder).filter((file) => file.endsWith(".sh"));
    for (const name of scripts) expect(readFileSync(join(folder, name), "utf8")).not.toMatch(/shellcheck disable/);
    const { status, stdout } = spawnSync("shellcheck", scripts, { cwd: folder, encoding: "utf8" });
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
  });

  it("prints results that a TAP parser accepts", async () => {
    const { output, exitCode } = await runScript(from.space, join(folder, "life-2.sh"), { region: "whole blocks" });
    const parsed = Parser.parse(output);
    const complete = parsed.find(([kind]) => kind === "complete")?.[1] as { ok: boolean; count: number; fail: number };
    expect(exitCode).toBe(0);
    expect(complete).toMatchObject({ ok: true, fail: 0 });
    expect(complete.count).toBe(set.vectors.find(({ id }) => id === "life-2")!.steps.length + 2);
    expect(parsed.filter(([kind]) => kind === "extra")).toEqual([]);
  });

  it("skips with 4 where something is missing", async () => {
    const { output, exitCode } = await runScript(from.space, join(folder, "life-2.sh"), {
      region: "smaller than a block",
    });
    expect({ exitCode, output }).toMatchObject({ exitCode: 4, output: expect.stringContaining("1..0 # SKIP ") });
  });

  it("takes every transition that it says it takes, when its scripts run", async () => {
    const edges = new Set<string>();
    for (const { id, region } of set.vectors) {
      from.recorder.drain();
      const { exitCode, errors } = await runScript(from.space, join(folder, `${id}.sh`), { region });
      for (const edge of from.recorder.drain()) edges.add(edge);
      expect({ id, exitCode, errors }).toEqual({ id, exitCode: 0, errors: "" });
    }
    expect(set.coverage.transitions.takenBy.map(({ what }) => what).filter((what) => !edges.has(what))).toEqual([]);
  });
});

describe("a vector that is killed", () => {
  const NOTHING = { isRefusing: false, isBound: false, claims: 0, autoOnlineBlocks: 3, failslab: false };

  it.each(["SIGTERM", "SIGKILL"] as const)("leaves nothing behind after %s", async (signal) => {
    const wasOn: boolean[] = [];
    const { left, output } = await runScript(from.space, join(folder, "life-1.sh"), {
      region: "whole blocks",
      meanwhile: (script, machine) => {
        script.stdout!.on("data", () => {
          if (!machine.state().refused.offlining || wasOn.length > 0) return;
          wasOn.push(machine.state().seen.isBound);
          script.kill(signal);
        });
      },
    });
    expect(output).toContain("# failure on: memory notifiers refuse offlining");
    expect(wasOn).toEqual([true]);
    expect(left).toEqual(NOTHING);
  });
});

describe("the vectors on real drivers", () => {
  it("all pass on our own driver, compiled from its C", async () => {
    const system = await systemOf(readReference(), { configuration: VECTOR_CONFIGURATION });
    const results = await detect(userSpace(system), folder, set.vectors);
    expect(failedOnes(results)).toEqual([]);
    expect(results.flatMap(({ touches }) => touches)).toEqual([]);
  });

  it.runIf(isPosted)(`fail on the posted driver where they touch a finding, and nowhere else${noPatch}`, async () => {
    const subject = await readInputs([inputs.mail]);
    const { system, exploration } = await review(subject, SMALL);
    const findings = exploration.findings.map((finding) => ({
      ...finding,
      id: `${finding.property} ${finding.site}`,
      title: finding.detail,
      commands: runLines(system, finding.counterexample),
    }));
    const space = userSpace(await systemOf(subject, { configuration: VECTOR_CONFIGURATION }));
    const own = vectorSet(from, { name: subject.name, sha256: subject.sha256, space, findings });
    const place = temporaryFolder();
    await writeFiles(place, await kselftestFiles(own.vectors, JSON.stringify(own)));
    const results = await detect(space, place, own.vectors);

    const seen = ({ touches }: VectorResult) =>
      [...new Set(touches.map(propertyOf))].filter((id) => !UNSEEN_PROPERTIES.has(id));
    const made = own.findings.map(({ property, vector, reason }) => ({ property, vector, hasReason: reason !== null }));
    expect(made.filter(({ vector, hasReason }) => (vector === null) !== hasReason)).toEqual([]);
    expect(
      made
        .filter(({ vector }) => vector !== null)
        .map(({ property }) => property)
        .sort(),
    ).toEqual([
      "groups-are-unregistered",
      "memory-has-a-backing-region",
      "memory-types-balance",
      "names-outlive-resources",
      "online-type-is-as-asked",
    ]);
    expect(failedOnes(results)).toEqual([
      ...["life-1", "life-4", "life-5", "life-6", "allocations-1", "allocations-2", "allocations-3"],
      ...new Set(own.findings.flatMap(({ vector }) => vector ?? [])),
    ]);
    // A vector has the number of the first finding that it was made for.
    for (const { id, findings: shown } of own.vectors.filter(({ kind }) => kind === "finding")) {
      expect(id).toBe(`finding-${own.findings.findIndex((finding) => finding.id === shown[0]) + 1}`);
    }
    for (const result of results) {
      if (!result.isPassed) expect(seen(result), result.id).not.toEqual([]);
      // The notifier keeps the memory out whatever the driver asks for, and so hides that it asks for nothing.
      else expect(seen(result), result.id).toEqual(result.id === "life-3" ? ["online-type-is-as-asked"] : []);
    }
    for (const { id, vector } of own.findings.filter((finding) => finding.vector !== null)) {
      const result = results.find((other) => other.id === vector)!;
      const key = findingKey(findings.find((finding) => finding.id === id)!);
      expect({ vector, isPassed: result.isPassed, touches: result.touches.includes(key) }).toEqual({
        vector,
        isPassed: false,
        touches: true,
      });
    }
    const keys = new Map(findings.map((finding) => [finding.id, findingKey(finding)]));
    const text = indexText(own, [{ driver: subject.name, results }], (id) => keys.get(id));
    expect(text).toMatch(/^\| \d+ \| memory-has-a-backing-region \d+ \| (finding-\d+) \| \1 \| +\|$/m);
    expect(text).toMatch(
      /^\| \d+ \| documented-fields-are-kept +\| +\| +\| it is in the driver's own structures, which nothing shows \|$/m,
    );
  });
});
