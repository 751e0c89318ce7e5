import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../abi/package-root.ts";
import { replay } from "../../checker/schedule.ts";
import { readInputs } from "../../driver/patch/subject.ts";
import { DEFAULT_CONFIGURATION } from "../../harness/configuration.ts";
import { readCorpus, recall } from "../../harness/corpus.ts";
import { claims } from "../../properties/index.ts";
import type { Report } from "../../report/report.ts";
import { commandLine, inputs, temporaryFolder } from "../support/cli.ts";
import { referenceSubject, systemOf } from "../support/review.ts";

const random = ["--quiet", "--engine", "random", "--seed", "1", "--runs", "60", "--max-commands", "50"];

/** The report without what differs from run to run. */
const timeless = (text: string): string => text.replace(/"elapsedMs": \d+/, "").replaceAll(/in [\d.]+ m?s\b/g, "");

describe("review --engine random (seed 1)", { tags: ["random"] }, () => {
  it("gives the same output twice, is not sure, and tells what the runs were made of", async () => {
    const [once, again] = [
      await commandLine(["review", ...random, "-v"]),
      await commandLine(["review", ...random, "-v"]),
    ];

    expect(once.exitCode).toBe(0);
    expect(timeless(again.stdout)).toBe(timeless(once.stdout));
    expect(once.stdout).toMatch(/^inconclusive /);
    expect(once.stdout).toContain("60 runs drawn; 0.00 % of the steps were thrown away");
    expect(once.stdout).toMatch(/enabled {3}executed {6}share {4}refused {5}failed {2}command/);
    expect(once.stdout).toContain("was never possible");
    expect(await commandLine(["review", ...random, "--require", "holds"])).toHaveProperty("exitCode", 3);
  });

  it("saves what it finds, and finds it first the next time, whatever else lies there", async ({ skip }) => {
    skip(!existsSync(inputs.mail), "the posted patch is not on this machine");
    const folder = temporaryFolder();
    const corpus = join(folder, "corpus");
    const one = ["review", "--quiet", "--engine", "random", "--seed", "1", "--corpus", corpus, "--json", "-"];
    const first = await commandLine([...one, "--runs", "100", inputs.mail]);
    const saved = readdirSync(corpus);
    const [damaged] = saved;
    writeFileSync(join(corpus, damaged!), readFileSync(join(corpus, damaged!), "utf8").slice(0, 100));
    const second = await commandLine([...one, "--runs", "1", "--max-commands", "1", inputs.mail]);
    const idsOf = ({ stdout }: { readonly stdout: string }) =>
      (JSON.parse(stdout) as Report).findings.map(({ property }) => property).sort();

    expect(saved).toHaveLength(idsOf(first).length);
    expect(idsOf(second)).toEqual(idsOf(first).filter((property) => !damaged!.includes(property)));
    expect(second.exitCode).toBe(1);
    expect(second.stderr).toBe(
      `sysram-verify: ${join(corpus, damaged!)} is damaged and left out: it is no JSON\nhint: repair it, or delete it\n`,
    );
  });

  it("does not exit 0 where a saved run cannot be read", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "damaged.json"), "{");

    expect(await commandLine(["review", ...random, "--corpus", folder])).toHaveProperty("exitCode", 2);
  });

  it.each([
    [["--engine", "quantum"], "argument 'quantum' is invalid"],
    [["--engine", "random", "--seed", "one"], "give a whole number from 0 to 2147483647"],
    [["--engine", "random", "--runs", "0"], "give a whole number from 1 to"],
    [
      ["--engine", "random", "--bound-depth", "4"],
      "--bound-depth is for the exhaustive search, and this one draws runs at random",
    ],
    [["--seed", "1"], "--seed is for random search, and this one is exhaustive"],
    [["--engine", "random", "--corpus", join(packageRoot, "package.json")], "cannot read the corpus"],
  ])("refuses %j", async (options, reason) => {
    const { exitCode, stdout, stderr } = await commandLine(["review", "--quiet", ...options]);

    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain(reason);
  });
});

describe("the corpus of this repository", () => {
  it("still fails on the posted patch, and passes on our own driver", async ({ skip }) => {
    skip(!existsSync(inputs.mail), "the posted patch is not on this machine");
    const subject = await readInputs([inputs.mail]);
    const scope = { configuration: DEFAULT_CONFIGURATION };
    const [posted, reference] = [await systemOf(subject, scope), await systemOf(referenceSubject(), scope)];
    const { entries, damaged, passedOver } = await readCorpus(join(packageRoot, "corpus"), subject.sha256);

    expect([damaged, passedOver]).toEqual([[], []]);
    expect(entries).toHaveLength(9);
    for (const { file, run } of entries) {
      const breaks = (system: typeof posted): boolean => {
        const found = recall(system, run);
        if ("reason" in found) return false;
        const property = claims.find(({ id }) => id === run.property)!;
        return replay(system, found.schedule).steps.some(({ transition }) =>
          property.violations(transition).some(({ object }) => object === run.object),
        );
      };
      expect({ file, posted: breaks(posted), reference: breaks(reference) }).toEqual({
        file,
        posted: true,
        reference: false,
      });
    }
  });
});
