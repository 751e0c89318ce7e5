import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { Certificate } from "../../checker/certificate.ts";
import { readReference } from "../../driver/reference.ts";
import { commandLine, type Ran, temporaryFolder } from "../support/cli.ts";
import { type WidgetParts, widgetText } from "../support/widget.ts";

const folder = temporaryFolder();

/** Small enough to be searched in no time. */
const SMALL = ["--blocks", "1", "--bound-depth", "2", "--faults", "0", "-q"];

/** A driver with a function that it hands out and nobody calls. */
const UNCALLED: WidgetParts = {
  top: `static ssize_t boom_store(struct device *dev, struct device_attribute *attr, const char *buf, size_t len)
{
	return len;
}
static DEVICE_ATTR_WO(boom);
static struct attribute *boom_attrs[] = { &dev_attr_boom.attr, NULL };
static const struct attribute_group boom_group = { .name = "memctl", .attrs = boom_attrs };`,
  body: "\terr = devm_device_add_group(&cxlr->dev, &boom_group);",
};

const file = (name: string): string => join(folder, name);

const certificateIn = (name: string): Certificate => JSON.parse(readFileSync(file(name), "utf8"));

describe("certify and check on the command line", () => {
  let certified: Ran;
  beforeAll(async () => {
    certified = await commandLine(["certify", "-o", "reference.json", ...SMALL], { folder });
  });

  it("writes what was proved, and how to establish it again", async () => {
    expect(certified.stderr).toBe("");
    expect(certified.exitCode).toBe(0);
    expect(certified.stdout).toMatch(/^inconclusive {2}the reference driver: certified in reference\.json\n/);
    expect(certified.stdout).toMatch(/\n {6}sysram-verify check reference\.json\n$/);
    const { subject, configuration } = certificateIn("reference.json");
    expect(subject).toMatchObject({ name: "the reference driver", sha256: readReference().sha256 });
    expect(configuration).toEqual({
      ...{ regions: 1, blocks: 1, tasks: 1, faults: 0, preemptions: "all", maxSteps: 2, policy: "intended" },
    });
  });

  it("establishes it again, and exits 0", async () => {
    const { exitCode, stdout, stderr } = await commandLine(["check", "reference.json", "-q"], { folder });
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^established {2}all that reference\.json says of the reference driver: inconclusive\n/);
    expect(exitCode).toBe(0);
  });

  it("exits 1 with the claims that are not so", async () => {
    const certificate = certificateIn("reference.json");
    const { states } = certificate.space;
    const doctored = { ...certificate, space: { ...certificate.space, states: states + 1 } };
    writeFileSync(file("doctored.json"), JSON.stringify(doctored));
    const { exitCode, stdout } = await commandLine(["check", "doctored.json", "-q"], { folder });
    expect(stdout).toMatch(/^not established {2}1 of \d+ claims of doctored\.json are not so\n/);
    expect(stdout).toMatch(new RegExp(`\n {2}the number of states\n +claimed +${states + 1}\n +found +${states}\n`));
    expect(exitCode).toBe(1);
  });

  it("does so of two tasks that are interrupted before each load and store, with the build for it", async () => {
    const two = ["--tasks", "2", "--interrupt-at", "accesses", "--preemptions", "1"];
    const once = ["--blocks", "1", "--bound-depth", "1", "--faults", "0", "-q"];
    const written = await commandLine(["certify", "-o", "accesses.json", ...two, ...once], { folder });
    expect(written).toMatchObject({ exitCode: 0, stderr: "" });
    expect(written.stdout).toContain("interrupted at accesses");
    expect(certificateIn("accesses.json").configuration).toMatchObject({ tasks: 2, interruptAt: "accesses" });
    const checked = await commandLine(["check", "accesses.json", "-q"], { folder });
    expect(checked).toMatchObject({ exitCode: 0, stderr: "" });
  });

  it("names in every text, and in the file, what was never run, and holds nothing then", async () => {
    writeFileSync(file("store.c"), widgetText(UNCALLED));
    const source = ["--source", "store.c"];
    const whole = ["--blocks", "1", "--faults", "0", "-q"];
    const written = await commandLine(["certify", "-o", "store.json", ...source, ...whole], { folder });
    const line =
      /\n {2}never run: boom_store\(\) in .*store\.c:9 \(nothing that the environment does calls\s+boom_store\(\)\)/;
    expect(written.stderr).toBe("");
    expect(written.stdout).toMatch(line);
    const { neverRun, verdict } = certificateIn("store.json");
    expect(neverRun).toMatchObject([{ kind: "function", function: "boom_store", line: 9 }]);
    expect(verdict).toBe("inconclusive");

    const checked = await commandLine(["check", "store.json", ...source, "-q"], { folder });
    expect([checked.exitCode, checked.stdout]).toEqual([0, expect.stringMatching(line)]);
    const required = await commandLine(["check", "store.json", ...source, "--require", "holds", "-q"], { folder });
    expect(required.exitCode).toBe(3);
    writeFileSync(file("silent.json"), JSON.stringify({ ...certificateIn("store.json"), neverRun: [] }));
    const silent = await commandLine(["check", "silent.json", ...source, "-q"], { folder });
    expect([silent.exitCode, silent.stdout]).toEqual([
      1,
      expect.stringMatching(/boom_store\(\) in .*store\.c:9 is never run: .*\n +claimed +nothing\n/),
    ]);
  });

  it.each([
    [
      "another patch",
      (certificate: Certificate) => ({ ...certificate, subject: { ...certificate.subject, sha256: "0".repeat(64) } }),
      /of another subject \(00000000, and this is [0-9a-f]{8}\)/,
    ],
    [
      "another model",
      (certificate: Certificate) => ({ ...certificate, model: { ...certificate.model, kernel: "0".repeat(64) } }),
      /rests on another kernel model \(00000000, and this one is [0-9a-f]{8}\)/,
    ],
    [
      "another life cycle",
      (certificate: Certificate) => ({
        ...certificate,
        configuration: { ...certificate.configuration, policy: "eternal" },
      }),
      /rests on a life cycle "eternal" that is not known/,
    ],
    ["nothing", () => "hello", /this is no certificate: its format is not/],
  ])("exits 2 with one line for a certificate of %s", async (_, change, message) => {
    writeFileSync(file("other.json"), JSON.stringify(change(certificateIn("reference.json"))));
    const { exitCode, stdout, stderr } = await commandLine(["check", "other.json", "-q"], { folder });
    expect(stdout).toBe("");
    expect(stderr.split("\n")).toHaveLength(3);
    expect(stderr).toMatch(message);
    expect(exitCode).toBe(2);
  });

  it("writes nothing where the search was stopped, and says so", async () => {
    const args = ["certify", "-o", "none.json", "--bound-states", "5", ...SMALL];
    const { exitCode, stdout } = await commandLine(args, { folder });
    expect(stdout).toMatch(
      /^inconclusive {2}the reference driver: nothing was certified\n {2}because {4}the search stopped at its state limit\n/,
    );
    expect(() => readFileSync(file("none.json"))).toThrow("ENOENT");
    expect(exitCode).toBe(3);
  });

  it("exits 2 where the certificate is not there, and 74 where it cannot be written", async () => {
    const missing = await commandLine(["check", "nowhere.json"], { folder });
    expect([missing.exitCode, missing.stderr]).toEqual([
      2,
      "sysram-verify: cannot read the certificate nowhere.json: ENOENT\nhint: give the file that certify -o wrote\n",
    ]);
    const unwritable = await commandLine(["certify", "-o", "no/where.json", ...SMALL], { folder });
    expect(unwritable.exitCode).toBe(74);
    expect(unwritable.stderr).toMatch(
      /^sysram-verify: cannot write the certificate to no\/where\.json: ENOENT.*\nhint: name another file\n$/,
    );
  });
});
