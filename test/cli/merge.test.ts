import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { merge, VerifyError } from "../../index.ts";
import type { Shard } from "../../verify/shard.ts";
import { commandLine, type Ran, temporaryFolder } from "../support/cli.ts";
import { widgetText } from "../support/widget.ts";

const folder = temporaryFolder();
const file = (name: string): string => join(folder, name);

/** What is allocated is freed only where the second allocation succeeds. */
const LEAKS = `
	void *first = kzalloc(8, GFP_KERNEL);
	void *second;

	if (!first)
		return -ENOMEM;
	second = kzalloc(8, GFP_KERNEL);
	if (!second)
		return -ENOMEM;
	kfree(second);
	kfree(first);`;

const OPTIONS = ["--blocks", "1", "--policy", "none", "-q"];

const run = (...args: readonly string[]): Promise<Ran> => commandLine(args, { folder });

const search = (source: string, ...args: readonly string[]): Promise<Ran> =>
  run("review", ...OPTIONS, "--source", source, ...args);

/** A report without what the clock says. */
const withoutTimes = (text: string): unknown =>
  JSON.parse(text, (key, value) => (key === "elapsedMs" ? undefined : value));

const reportIn = (name: string): unknown => withoutTimes(readFileSync(file(name), "utf8"));

const textWithoutTimes = (text: string): string => text.replaceAll(/\b\d+(\.\d+)? (ms|s)\b/g, "TIME");

const names = [1, 2, 3, 4].map((number) => `shard-${number}.json`);

/** A shard with something else in it. */
const altered = (name: string, change: (shard: Shard) => object): string => {
  const shard = JSON.parse(readFileSync(file(name), "utf8")) as Shard;
  writeFileSync(file("altered.json"), JSON.stringify({ ...shard, ...change(shard) }));
  return "altered.json";
};

beforeAll(async () => {
  writeFileSync(file("leaks.c"), widgetText({ body: LEAKS }));
  writeFileSync(file("other.c"), widgetText({ body: "" }));
  for (const [at, name] of names.entries()) {
    const { exitCode, stdout, stderr } = await search("leaks.c", "--shard", `${at + 1}/4`, "--json", name);
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(new RegExp(`^shard ${at + 1} of 4 {2}\\d+ states, \\d+ findings? by itself`));
  }
});

describe("the shards of a search", () => {
  it("merge to the report, the text and the exit code of one search, in any order", async () => {
    const whole = await search("leaks.c", "--json", "whole.json");
    const merged = await run("merge", ...names.toReversed(), "-q", "--json", "merged.json");
    expect(merged.stderr).toBe("");
    expect(reportIn("merged.json")).toEqual(reportIn("whole.json"));
    expect(reportIn("merged.json")).toMatchObject({ verdict: "violated", search: { ending: "exhausted" } });
    expect(textWithoutTimes(merged.stdout)).toBe(textWithoutTimes(whole.stdout));
    expect([merged.exitCode, whole.exitCode]).toEqual([1, 1]);
  });

  it("share what bounds a search as its parts do", async () => {
    const bounded = ["--bound-states", "40"];
    const whole = await search("leaks.c", ...bounded, "--json", "-");
    for (const at of [1, 2]) await search("leaks.c", ...bounded, "--shard", `${at}/2`, "--json", `half-${at}.json`);
    const merged = await run("merge", "half-1.json", "half-2.json", "--json", "-", "-q");
    expect(withoutTimes(merged.stdout)).toEqual(withoutTimes(whole.stdout));
    expect(withoutTimes(merged.stdout)).toMatchObject({ search: { ending: "state limit", states: 40 } });
  });

  it("need no driver beside them, and give its listing too", async () => {
    await search("leaks.c", "--annotate", "whole.txt");
    writeFileSync(file("leaks.c"), "");
    const merged = await run("merge", ...names, "--annotate", "-", "--json", "ignored.json", "-q");
    writeFileSync(file("leaks.c"), widgetText({ body: LEAKS }));
    expect(merged.stdout).toContain(readFileSync(file("whole.txt"), "utf8"));
  });

  it("merge in the library too, with errors that can be told apart", async () => {
    const { report } = await merge(names.map(file));
    expect(report.verdict).toBe("violated");
    await expect(merge([])).rejects.toMatchObject({ code: "usage" });
    await expect(merge(names.slice(1).map(file))).rejects.toThrow(VerifyError);
  });
});

describe("merge refuses", () => {
  const refusal = async (...files: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await run("merge", ...files, "-q");
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    return stderr.split("\n")[0]!;
  };

  it("a shard that is missing, and one that is there twice", async () => {
    expect(await refusal(...names.filter((_, at) => at !== 2))).toMatch(/shard 3 of 4 is missing: /);
    expect(await refusal(...names, "shard-2.json")).toMatch(/shard 2 of 4 is there twice: shard-2\.json and shard-2/);
  });

  it("a shard of another subject, of other options, or of another number of shards", async () => {
    await search("other.c", "--shard", "4/4", "--json", "other.json");
    expect(await refusal(...names.slice(0, 3), "other.json")).toMatch(
      /other\.json is of another subject or revision than shard-1\.json/,
    );
    await search("leaks.c", "--faults", "1", "--shard", "4/4", "--json", "few.json");
    expect(await refusal(...names.slice(0, 3), "few.json")).toMatch(
      /few\.json is of a search with --faults 1, and shard-1\.json of one with all/,
    );
    await search("leaks.c", "--shard", "1/3", "--json", "third.json");
    expect(await refusal(...names, "third.json")).toMatch(/third\.json is one of 3 shards, and shard-1\.json one of 4/);
  });

  it("a shard of another version of the tool", async () => {
    const old = altered("shard-4.json", () => ({ writer: "0.0.1, V8 1" }));
    expect(await refusal(...names.slice(0, 3), old)).toMatch(
      /altered\.json was written by another version of this tool/,
    );
    const model = altered("shard-4.json", (shard) => ({ model: { ...shard.model, kernel: "0" } }));
    expect(await refusal(...names.slice(0, 3), model)).toMatch(/another version of this tool/);
  });

  it("a file that is damaged, is no shard, or is not there", async () => {
    const damaged = altered("shard-4.json", ({ found }) => ({ found: `A${found.slice(1, -1)}` }));
    expect(await refusal(...names.slice(0, 3), damaged)).toMatch(
      /altered\.json is damaged: it is not what was written/,
    );
    const formless = altered("shard-4.json", () => ({ parts: "all" }));
    expect(await refusal(formless)).toMatch(/altered\.json is damaged: parts is not a list/);
    expect(await refusal("leaks.c")).toMatch(/leaks\.c is no shard: it is not JSON/);
    writeFileSync(file("empty.json"), "{}");
    expect(await refusal("empty.json")).toMatch(/empty\.json is no shard: its format/);
    expect(await refusal("nowhere.json")).toMatch(/cannot read the shard nowhere\.json: ENOENT/);
  });
});

describe("--shard", () => {
  const refusal = async (...args: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await search("leaks.c", ...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    return stderr;
  };

  it("is one of some shares, as many as there are at most", async () => {
    for (const wrong of ["0/2", "3/2", "2", "1/2/3"]) {
      expect(await refusal("--shard", wrong, "--json", "x.json")).toMatch(/give which of how many, such as 2\/4/);
    }
    expect(await refusal("--shard", "1/100", "--json", "x.json")).toMatch(/has nothing to search: there are 9/);
  });

  it("goes with a file, and with nothing that is about a whole search", async () => {
    expect(await refusal("--shard", "1/2")).toMatch(/needs a file/);
    const json = ["--shard", "1/2", "--json", "x.json"];
    expect(await refusal(...json, "--require", "holds")).toMatch(/--require is about a whole search/);
    expect(await refusal(...json, "--corpus", "kept")).toMatch(/--corpus is about a whole search/);
    expect(await refusal(...json, "--engine", "random")).toMatch(/--shard is for the exhaustive search/);
  });
});
