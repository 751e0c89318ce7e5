import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { beforeAll, describe, expect, it } from "vitest";
import { packageRoot } from "../../abi/package-root.ts";
import { readInputs, type Subject } from "../../driver/patch/subject.ts";
import { hashFiles, numbered } from "../../driver/patch/subject-file.ts";
import { loadDriver } from "../../driver/run/driver.ts";
import { buildSubject } from "../../harness/build-subject.ts";
import { NO_MONITORS } from "../../harness/monitors.ts";
import { sysramSystem } from "../../harness/sysram-system.ts";
import type { Comparison } from "../../report/comparison.ts";
import { type ComparedVersion, compareVersions } from "../../verify/compare.ts";
import { mutants } from "../mutants/mutants.ts";
import { commandLine, inputs, temporaryFolder } from "../support/cli.ts";
import { doing, narrowed, referenceSubject, SMALL } from "../support/review.ts";

/** What the environment does in these tests: enough to show each finding, and little enough to be searched soon. */
const COMMANDS =
  /^(probe region0, (online_movable|.*default.*)$|unbind|decommit|echo (online|offline) |cxl_|drop|a page .* is pinned)/;

const versionOf = async (subject: Subject): Promise<ComparedVersion> => {
  const image = await buildSubject(subject);
  const make = () => {
    const whole = sysramSystem(loadDriver(image), SMALL.configuration);
    return {
      system: doing(narrowed(whole, SMALL.initialConfigurations!), (label) => COMMANDS.test(label)),
      monitors: NO_MONITORS,
    };
  };
  const whole = make();
  return { subject, ...whole, source: { make }, sequential: whole.system };
};

const mutantNamed = (name: string) => {
  const found = mutants.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`there is no mutant that ${name}`);
  return found;
};

const compared = async (
  old: Subject,
  newer: Subject,
  { maxDepth, faults = "all" }: { readonly maxDepth?: number; readonly faults?: number | "all" } = {},
): Promise<Comparison> =>
  compareVersions(await versionOf(old), await versionOf(newer), {
    configuration: SMALL.configuration,
    search: { faults, ...(maxDepth === undefined ? {} : { boundDepth: maxDepth }) },
    policy: "none",
    signal: new AbortController().signal,
    onProgress: () => {},
  });

const schemaIn = (name: string): object =>
  JSON.parse(readFileSync(join(packageRoot, "report", `${name}.schema.json`), "utf8"));

const validate = new Ajv2020({ strictTypes: false })
  .addSchema(schemaIn("report"))
  .compile<Comparison>(schemaIn("comparison"));

const expectToKeepSchema = (comparison: unknown): void => {
  validate(comparison);
  expect(validate.errors).toBeNull();
};

/** What became of the findings, without the run of each. */
const findingsIn = ({ findings }: Comparison): readonly string[] =>
  findings.map(({ status, property, object, match, rerun }) =>
    [status, `${property}: ${object}`, match, rerun?.kind].filter((word) => word != null).join(" | "),
  );

describe("two versions of a driver", { tags: ["mutant"] }, () => {
  it("show what one fixes, what it brings anew, and what users see change", async () => {
    const old = referenceSubject(mutantNamed("does not note the command that was written"));
    const newer = referenceSubject(mutantNamed("gives the length of what was written whatever happened"));
    const comparison = await compared(old, newer, { maxDepth: 5, faults: 0 });
    expect(findingsIn(comparison)).toEqual([
      "new | online-type-is-as-asked: the online type",
      "new | results-tell-what-happened: the result",
      // Not called fixed, because the search was cut short.
      "not seen | documented-fields-are-kept: last_hotplug_cmd | no longer shows it",
    ]);
    const [first] = comparison.behaviours.differences;
    expect([first?.command, first?.what, first?.old, first?.new]).toEqual([
      "echo online > sysram_region0/hotplug",
      "returns",
      "-EBUSY",
      "7",
    ]);
    expectToKeepSchema(comparison);
  });

  it("show a defect as remaining that is mended in one place and not in another", async () => {
    const old = mutantNamed("never frees the resource");
    // What the teardown leaked is freed now; what a failed addition leaks is not.
    const newer = {
      replace: "\t\tsysram_free_resource(res);\n\t\treturn err;\n",
      with: "\t\tremove_resource(res);\n\t\treturn err;\n",
    };
    const comparison = await compared(referenceSubject(old), referenceSubject(newer), { maxDepth: 2, faults: 1 });
    expect(findingsIn(comparison).filter((line) => line.includes("allocations-are-freed"))).toEqual([
      "remaining | allocations-are-freed: the memory from __request_region() | statement | no longer shows it",
    ]);
    expect(comparison.new.verdict).toBe("violated");
  });
});

/** The posted driver with text of it replaced; the text is found by its form, and none of it stands here. */
const postedWith = async (...edits: readonly (readonly [RegExp, string])[]): Promise<Subject> => {
  const posted = await readInputs([inputs.mail]);
  const files = posted.files.map((file) => {
    if (file.role !== "driver") return file;
    const text = edits.reduce((before, [pattern, substitute]) => {
      expect(before.match(pattern), String(pattern)).not.toBeNull();
      return before.replace(pattern, substitute);
    }, file.text);
    return { ...file, text, lines: numbered(text.split("\n")) };
  });
  return { ...posted, name: "the next version", files, sha256: hashFiles(files) };
};

const isThere = existsSync(inputs.mail);

describe(`the posted driver and its next versions${isThere ? "" : ` (skipped: ${inputs.mail} is not there)`}`, () => {
  let comparison: Comparison;
  beforeAll(async () => {
    if (!isThere) return;
    const next = await postedWith(
      // It notes what was written, and does not free the name of a resource that stays; nothing frees that later.
      [/(\n\treturn rc \?)/, "\n\tif (!rc)\n\t\tsysram->last_hotplug_cmd = online_type;\n$1"],
      [/(\n\tkfree\(\w+->res_name\);)/, "\n\tif (!sysram->res)$1"],
    );
    comparison = await compared(await readInputs([inputs.mail]), next, { faults: 0 });
  });

  it.skipIf(!isThere)("show what is fixed, what remains where it moved, and what is new", () => {
    expect(findingsIn(comparison)).toMatchInlineSnapshot(`
      [
        "new | allocations-are-freed: the memory from kasprintf()",
        "remaining | memory-has-a-backing-region: system memory | statement | still shows it",
        "remaining | online-type-is-as-asked: the online type | statement | still shows it",
        "remaining | values-are-in-range: a value of enum mmop | statement | still shows it",
        "remaining | groups-are-unregistered: the memory group | statement | still shows it",
        "remaining | memory-types-balance: the memory type | statement | still shows it",
        "fixed | names-outlive-resources: the resource's name | no longer shows it",
        "fixed | documented-fields-are-kept: last_hotplug_cmd | no longer shows it",
      ]
    `);
    expectToKeepSchema(comparison);
  });

  it.skipIf(!isThere)("show which proofs are lost and won, and which commands leave something else behind", () => {
    const changed = comparison.properties.filter(({ change }) => change !== "unchanged" && change !== "still holds");
    expect(changed.map(({ id, change }) => `${id} ${change}`)).toMatchInlineSnapshot(`
      [
        "allocations-are-freed no longer holds",
        "names-outlive-resources holds now",
        "documented-fields-are-kept holds now",
      ]
    `);
    expect(comparison.behaviours.differences.map(({ command }) => command)).toMatchInlineSnapshot(`
      [
        "a signal ends the wait",
      ]
    `);
  });
});

describe("compare on the command line", () => {
  const folder = temporaryFolder();

  it("exits 0 where nothing is wrong, and says that nothing changes", async () => {
    const scope = ["--blocks", "1", "--bound-depth", "1", "--faults", "0"];
    const args = ["compare", "reference", "reference", "-q", ...scope, "--json", "out.json"];
    const { exitCode, stdout, stderr } = await commandLine(args, { folder });
    expect(stderr).toBe("");
    expect(stdout).toContain("the reference driver: the reference driver had no finding; nothing new");
    expect(stdout).toContain("no change was seen, but the search was cut short");
    expectToKeepSchema(JSON.parse(readFileSync(join(folder, "out.json"), "utf8")));
    expect(exitCode).toBe(0);
  });

  it.skipIf(!isThere)("exits 1 where the new version violates something, and ends in what to do next", async () => {
    const args = ["compare", "reference", inputs.mail, "-q", "--blocks", "1", "--bound-depth", "1", "--faults", "0"];
    const { exitCode, stdout } = await commandLine(args, { folder });
    expect(stdout.split("\n")[0]).toMatch(
      /^violated {2}.*v4-24of27\.mbox: the reference driver had no finding; \d new$/,
    );
    expect(stdout).toMatch(
      /\nnext\n {2}follow the first that is new call by call:\n {6}sysram-verify replay sv2-\S+ \S+\n/,
    );
    expect(exitCode).toBe(1);
  });

  it("exits 2 where a version cannot be read", async () => {
    const { exitCode, stderr } = await commandLine(["compare", "nothing.mbox", "reference"], { folder });
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^sysram-verify: .*nothing\.mbox.*\nhint: .*\n$/);
  });
});
