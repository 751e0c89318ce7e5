import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { machineSubject } from "../../harness/machine-driver/subject.ts";
import type { Report } from "../../report/report.ts";
import { commandLine, temporaryFolder } from "../support/cli.ts";

const asPosted = ["verify", "--quiet", "--policy", "as-posted"];

const foundBy = ({ stdout }: { readonly stdout: string }): readonly string[] =>
  (JSON.parse(stdout) as Report).findings.map(({ property }) => property).sort();

describe("verify --corpus (seed 1)", { tags: ["random"] }, () => {
  it("saves what it finds, and takes it first the next time, whatever the engine and whatever else lies there", {
    tags: ["long"],
  }, async () => {
    const corpus = join(temporaryFolder(), "corpus");
    const random = ["--engine", "random", "--seed", "1"];
    const first = await commandLine([...asPosted, ...random, "--runs", "100", "--corpus", corpus, "--json", "-"]);
    const saved = readdirSync(corpus);
    const [damaged] = saved;
    const text = readFileSync(join(corpus, damaged!), "utf8");
    writeFileSync(join(corpus, damaged!), text.slice(0, 100));
    const rest = foundBy(first).filter((property) => !damaged!.includes(property));
    const warning = `sysram-verify: ${join(corpus, damaged!)} is damaged and left out: it is no JSON\nhint: repair it, or delete it\n`;

    expect(saved.length).toBeGreaterThan(3);
    expect(saved).toHaveLength(foundBy(first).length);
    for (const engine of [
      [...random, "--runs", "1", "--max-commands", "1"],
      ["--bound-depth", "1"],
    ]) {
      const second = await commandLine([...asPosted, ...engine, "--corpus", corpus, "--json", "-"]);
      expect(second).toMatchObject({ exitCode: 1, stderr: warning });
      expect(foundBy(second)).toEqual(expect.arrayContaining([...rest]));
    }
  });

  it("finds the drawn values of a saved run again", async () => {
    const folder = temporaryFolder();
    const answers: readonly unknown[] = [];
    const step = (command: string) => ({ command, answers });
    const run = {
      format: "sysram-verify/corpus",
      version: 1,
      subject: machineSubject("as-posted").sha256.slice(0, 8),
      configuration: { regions: 1, blocks: 1 },
      property: "documented-fields-are-kept",
      object: "last_hotplug_cmd",
      detail: "offline was written last, and last_hotplug_cmd says online_movable",
      situation: "a static RAM region, aligned to memory blocks, on node 9, auto_online_blocks=online",
      steps: [step("probe region0, online_movable"), step("printf 'offline\\000' > sysram_region0/hotplug")],
    };
    writeFileSync(join(folder, "run.json"), JSON.stringify(run));
    const found = await commandLine([...asPosted, "--bound-depth", "1", "--corpus", folder, "--json", "-"]);

    expect(foundBy(found)).toContain("documented-fields-are-kept");
    const token = (JSON.parse(found.stdout) as Report).findings[0]!.replay;
    expect(await commandLine(["replay", token])).toMatchObject({ exitCode: 1 });
  });

  it("warns once of a damaged file, and does not exit 0 for it", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "damaged.json"), "{");
    const short = ["verify", "--quiet", "--bound-depth", "1", "--corpus", folder];
    const both = await commandLine(short);

    expect(both.exitCode).toBe(1);
    expect(both.stderr.split("\n")).toHaveLength(3);
    expect(await commandLine([...short, "--policy", "intended"])).toHaveProperty("exitCode", 2);
  });
});
