import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { beforeAll, describe, expect, it } from "vitest";
import { packageRoot } from "../../abi/package-root.ts";
import type { Finding, Report } from "../../report/report.ts";
import { commandLine, inputs, type Ran, sysramVerify, temporaryFolder } from "../support/cli.ts";
import { PIN, PROBE, SIGNAL, UNBIND, WORKER_UNBINDS, write } from "../support/commands.ts";

const areThere = existsSync(inputs.mail) && existsSync(inputs.page);
const missing = areThere ? "" : ` (skipped: ${inputs.mail} is not there)`;

const DRIVER = "drivers/cxl/core/region_sysram.c";

/** The commands of a run, and beneath a command each call that is made to fail in it, with its line. */
const runOf = ({ steps }: Finding): readonly string[] =>
  steps.flatMap(({ kind, what, function: name, result, line }) => {
    if (kind === "command") return [what!];
    return kind === "fault" ? [`  ${name} = ${result} at ${line}`] : [];
  });

const placeOf = ({ place }: Finding): string =>
  place === null ? "" : `${place.file}:${place.line} ${place.function}: ${place.text!.trim().replaceAll(/\s+/g, " ")}`;

/** What a finding says, without what it is called and how often it was seen. */
const gist = (finding: Finding) => ({
  property: finding.property,
  object: finding.object,
  needs: finding.needs,
  place: placeOf(finding),
  run: runOf(finding),
});

/** Findings in an order of their own: the report's is a matter of taste. */
const sorted = <T>(list: readonly T[]): readonly T[] =>
  list.toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));

const GROUP_STAYS = {
  property: "groups-are-unregistered",
  object: "the memory group",
  needs: "nothing",
  place: `${DRIVER}:318 devm_cxl_add_sysram: rc = memory_group_register_static(numa_node,`,
  run: [PROBE, PIN, UNBIND, SIGNAL],
};

const NAME_IS_FREED = {
  property: "names-outlive-resources",
  object: "the resource's name",
  needs: "nothing",
  place: `${DRIVER}:69 sysram_hotplug_add: res = request_mem_region(sysram->hpa_range.start,`,
  run: [PROBE, PIN, UNBIND, SIGNAL],
};

/** On a node of its own the way back is not known: its last block going offline follows a NULL pointer, which is a finding itself. */
const MEMORY_IS_LOST = {
  property: "memory-can-be-taken-back",
  object: "system memory",
  needs: "nothing",
  place: `${DRIVER}:89 sysram_hotplug_add: rc = __add_memory_driver_managed(sysram->mgid,`,
  run: [PROBE, PIN, UNBIND, SIGNAL],
};

const MEMORY_STAYS = {
  property: "memory-has-a-backing-region",
  object: "system memory",
  needs: "nothing",
  place: `${DRIVER}:89 sysram_hotplug_add: rc = __add_memory_driver_managed(sysram->mgid,`,
  run: [PROBE, "cxl_region_find_sysram() of region0, and hold the reference", "decommit region0 (echo 0 > commit)"],
};

const UNBIND_NEVER_ENDS = {
  property: "every-call-returns",
  object: "the memory",
  needs: "nothing",
  place: `${DRIVER}:111 sysram_hotplug_remove: rc = offline_and_remove_memory(sysram->hpa_range.start,`,
  run: [PROBE, PIN, WORKER_UNBINDS],
};

/**
 * The errors that calls of the kernel give in the runs, each as the kernel gives it for what stands in the run.
 *
 * -EINTR of offlining that a signal ends while a page is pinned, and -EBUSY only because of a page marked offline: a
 * pinned page is refused by nothing (mm/memory_hotplug.c offline_pages(), mm/page_isolation.c).
 */
const ERRORS = [
  "__add_memory_driver_managed = -EINVAL",
  "devm_add_action = -ENOMEM (devm_add_action is made to answer -ENOMEM)",
  "memory_group_unregister = -EBUSY",
  "offline_and_remove_memory = -EBUSY (memory_block_offline is made to answer -EBUSY (a page marked offline))",
  "offline_and_remove_memory = -EINTR",
];

/** What is wrong with the posted driver, in no order. */
const ALL = [
  GROUP_STAYS,
  NAME_IS_FREED,
  MEMORY_STAYS,
  MEMORY_IS_LOST,
  UNBIND_NEVER_ENDS,
  {
    property: "memory-types-balance",
    object: "the memory type",
    needs: "nothing",
    place: `${DRIVER}:144 cxl_sysram_release: clear_node_memory_type(sysram->numa_node, sysram->mtype);`,
    run: [PROBE, PIN, UNBIND, SIGNAL],
  },
  {
    property: "online-type-is-as-asked",
    object: "the online type",
    needs: "nothing",
    place: "",
    run: ["probe region0, online type -1 (the default)"],
  },
  {
    property: "values-are-in-range",
    object: "a value of enum mmop",
    needs: "nothing",
    place: `${DRIVER}:339 devm_cxl_add_sysram: if (sysram->online_type > MMOP_OFFLINE) {`,
    run: ["probe region0, online type -1 (the default)"],
  },
  {
    property: "documented-fields-are-kept",
    object: "last_hotplug_cmd",
    needs: "nothing",
    place: "",
    run: [PROBE, write("offline")],
  },
  {
    property: "failed-probe-changes-nothing",
    object: "system memory",
    needs: "small-allocation-failure",
    place: `${DRIVER}:89 sysram_hotplug_add: rc = __add_memory_driver_managed(sysram->mgid,`,
    run: [PROBE, "  devm_add_action = -ENOMEM at 348", "  offline_and_remove_memory = -EBUSY at 111"],
  },
];

interface Reviewed extends Ran {
  readonly report: Report;
}

describe.runIf(areThere)(`a review of the posted patch${missing}`, { tags: ["exhaustive"] }, () => {
  const folder = temporaryFolder();
  const reviewOf = async (
    run: typeof commandLine,
    file: string,
    name: string,
    ...more: readonly string[]
  ): Promise<Reviewed> => {
    const json = join(folder, `${name}.json`);
    const ran = await run([
      "review",
      file,
      "--quiet",
      "--no-color",
      "--json",
      json,
      "--annotate",
      join(folder, `${name}.txt`),
      ...more,
    ]);
    return { ...ran, report: JSON.parse(readFileSync(json, "utf8")) as Report };
  };
  let mail: Reviewed;
  beforeAll(async () => {
    mail = await reviewOf(sysramVerify, inputs.mail, "mail");
  }, 240_000);

  const finding = (property: string): Finding => mail.report.findings.find((found) => found.property === property)!;

  it("exits 1, with nothing but results on the terminal", () => {
    expect({ exitCode: mail.exitCode, stderr: mail.stderr }).toEqual({ exitCode: 1, stderr: "" });
    expect(mail.report.verdict).toBe("violated");
    expect(mail.report.search.ending).toBe("exhausted");
    expect(mail.stdout).toMatch(/^violated {2}\S*v4-24of27\.mbox breaks 10 of \d+ properties: 10 findings\n/);
  });

  it("finds that the memory group stays registered after a hot-remove that fails at teardown", () => {
    expect(gist(finding("groups-are-unregistered"))).toEqual(GROUP_STAYS);
  });

  it("finds that the resource's name is freed while the resource is in the tree", () => {
    expect(gist(finding("names-outlive-resources"))).toEqual(NAME_IS_FREED);
  });

  it("finds that system memory stays online after the region that backs it is gone", () => {
    expect(gist(finding("memory-has-a-backing-region"))).toEqual(MEMORY_STAYS);
  });

  it("finds that memory can be left behind for good, whatever anybody does then", () => {
    expect(gist(finding("memory-can-be-taken-back"))).toEqual(MEMORY_IS_LOST);
    expect(finding("memory-can-be-taken-back").steps.at(-2)).toMatchObject({
      kind: "note",
      what: "whatever is done from here on: 192 states can be reached from here without a fault, and from none of them a way leads out",
    });
  });

  it("finds what else is wrong, and nothing that is not so", () => {
    expect(sorted(mail.report.findings.map(gist))).toEqual(sorted(ALL));
  });

  it("rests on no answer of a call that a kernel would not give there", () => {
    const errors = mail.report.findings.flatMap(({ steps }) =>
      steps.flatMap(({ function: name, result, why }) => {
        if (result === undefined || !/^(-E|NULL)/.test(result)) return [];
        return [`${name} = ${result}${why === undefined ? "" : ` (${why})`}`];
      }),
    );
    expect([...new Set(errors)].sort()).toEqual(ERRORS);
  });

  it("finds that an unbind by a kernel worker never ends while a page is pinned", () => {
    expect(gist(finding("every-call-returns"))).toEqual(UNBIND_NEVER_ENDS);
  });

  it("blames no error path of the probe before device_add", () => {
    for (const { id, steps } of mail.report.findings) {
      const lastCommand = steps.findLastIndex(({ kind }) => kind === "command");
      const isProbe = steps[lastCommand]!.what!.startsWith("probe ");
      const added = steps.findLastIndex(({ function: name, result }) => name === "device_add" && result === "0");
      expect(added, `${id} comes after a device_add that succeeded`).toBeGreaterThan(isProbe ? lastCommand : -1);
    }
  });

  it("shows lines as the patch leaves the file", () => {
    const text = readFileSync(inputs.mail, "utf8").split("\n");
    const first = text.indexOf("@@ -0,0 +1,351 @@");
    const steps = mail.report.findings.flatMap((found) => found.steps.filter(({ file }) => file === DRIVER));
    expect(steps.length).toBeGreaterThan(100);
    for (const { kind, line, text: shown, function: name } of steps) {
      // Where the kernel calls the driver, the line is that of the function's name.
      if (kind === "callback") expect(text[first + line!]).toMatch(new RegExp(`^\\+.*\\b${name}\\(`));
      else expect(text[first + line!]).toBe(`+${shown}`);
    }
  });

  it("says the same of the archive's page as of the mail", async () => {
    const near = ["--bound-depth", "2"];
    const fromMail = await reviewOf(commandLine, inputs.mail, "near-mail", ...near);
    const page = await reviewOf(commandLine, inputs.page, "near-page", ...near);
    const essence = ({ report }: Reviewed) => report.findings.map((found) => ({ id: found.id, ...gist(found) }));
    expect(page.exitCode).toBe(1);
    expect(page.report.findings.length).toBeGreaterThan(2);
    expect(essence(page)).toEqual(essence(fromMail));
    const linesOf = ({ report }: Reviewed) =>
      report.findings.map(({ steps }) => steps.map(({ file, line, function: name }) => [file, line, name]));
    expect(linesOf(page)).toEqual(linesOf(fromMail));
    const { elapsedMs: _, ...search } = fromMail.report.search;
    expect(page.report.search).toMatchObject(search);
  });

  it("writes a report that its schema allows", () => {
    const schema = JSON.parse(readFileSync(join(packageRoot, "report/report.schema.json"), "utf8")) as object;
    const validate = new Ajv2020({ allErrors: true }).compile(schema);
    validate(mail.report);
    expect(validate.errors).toBeNull();
  });

  it("exercises every failure point, or lists it", () => {
    const { total, exercised, unreached } = mail.report.coverage.failurePoints;
    expect(total).toBeGreaterThan(15);
    expect(exercised + unreached.filter(({ result }) => result !== undefined).length).toBe(total);
    const never = "the condition at line 201 was never true";
    expect(unreached).toEqual([{ function: "__warn_printk", file: DRIVER, line: 201, because: never }]);
  });

  it("runs more than 95 % of the driver's lines, and says of each other one why it does not", () => {
    const { lines, branches } = mail.report.coverage;
    expect(lines.covered / lines.total).toBeGreaterThan(0.95);
    expect(lines.uncovered.map(({ line, because }) => [line, because])).toEqual([
      [41, "device_find_child_by_name() at line 39 never returned NULL"],
      [203, "the condition at line 201 was never true"],
      [272, "cxl_region_get_hpa_range() at line 270 returned nothing but 0"],
    ]);
    // An unsigned enumeration is never negative.
    const ways = branches.uncovered.map(({ line, way }) => `${line} ${way}`);
    expect(new Set(ways)).toEqual(new Set(["40 false", "116 false", "201 true", "271 true", "291 false"]));
  });

  it("lists the driver with what was run of it", () => {
    const listing = readFileSync(join(folder, "mail.txt"), "utf8").split("\n");
    const from = listing.findIndex((row) => / {2}69 .*request_mem_region/.test(row));
    expect(listing[from]).toMatch(/^ *[1-9]\d* {4}69 {10}res = request_mem_region\(sysram->hpa_range\.start,$/);
    expect(listing[from + 1]).toMatch(/^ +\^ __request_region: succeeds [1-9]\d*, NULL \(-ENOMEM\) [1-9]\d*$/);
    expect(listing).toContainEqual(expect.stringMatching(/^ +[1-9]\d* {3}210 {10}return &sysram->dev;$/));
    expect(listing).toContainEqual(expect.stringMatching(/^ +0 {3}203 /));
  });

  it("replays each finding from its token, in a process of its own as in this one", async () => {
    const tokens = [...new Set(mail.report.findings.map(({ replay }) => replay))];
    for (const token of tokens) {
      const args = ["replay", token, inputs.mail, "--quiet", "--no-color"];
      const [one, two] = [await commandLine(args), await sysramVerify(args)];

      expect({ exitCode: one.exitCode, stderr: one.stderr }).toEqual({ exitCode: 1, stderr: "" });
      expect(two).toEqual(one);
      const shown = one.stdout.replaceAll(/\s+/g, " ");
      for (const { title, steps } of mail.report.findings.filter(({ replay }) => replay === token)) {
        const commands = steps.filter(({ kind }) => kind === "command").map(({ what }) => what!);
        commands.forEach((what, index) => void expect(shown).toContain(`${index + 1}. ${what}`));
        expect(shown).toContain(`!! after command ${commands.length}: ${title}`);
        const calls = steps
          .filter(({ kind }) => kind === "call" || kind === "fault")
          .map(({ function: name }) => name!);
        expect(one.stdout.match(/(?<==> )\w+(?=\()/g)).toEqual(calls);
      }
    }
  }, 120_000);
});
