import { existsSync, readFileSync, watch } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Blueprint, systemFrom } from "../../harness/blueprint.ts";
import type { Report } from "../../report/report.ts";
import type { searchInParts } from "../../verify/search-parts.ts";
import { bundledModule, commandLine, type RunOptions, sysramVerify, temporaryFolder } from "../support/cli.ts";

const folder = temporaryFolder();
const file = (name: string): string => join(folder, name);

/** Small enough to be searched in no time. */
const REVIEW = ["review", "--blocks", "1", "--faults", "0", "-q", "--visited", "hashed"];

const reportIn = (name: string): Report =>
  JSON.parse(readFileSync(file(name), "utf8"), (key, value) => (key === "elapsedMs" ? undefined : value)) as Report;

/** Interrupts a process as soon as a part is kept. */
const interruptedAt = (part: string): RunOptions => ({
  folder,
  meanwhile: (child) => {
    const watcher = watch(folder, { recursive: true }, () => {
      if (!existsSync(file(part))) return;
      watcher.close();
      child.kill("SIGINT");
    });
  },
});

describe("a command that knows states again by hashes", () => {
  it("says in its report that it did, with the odds", async () => {
    const shallow = ["verify", "--policy", "intended", "-q", "--bound-depth", "1", "--visited", "hashed"];
    const { exitCode, stderr } = await commandLine([...shallow, "--json", "machine.json"], { folder });
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);

    const { verdict, search } = reportIn("machine.json");
    expect(verdict).toBe("inconclusive");
    expect(search.configuration["visited"]).toBe("hashed");
    expect(search.hashed!.bits).toBe(64);
    // Of the parts together, so it is less than that of one search with as many states.
    expect(search.hashed!.chance).toBeGreaterThan(0);
    expect(search.hashed!.chance).toBeLessThan((search.states * (search.states + 1)) / 2 ** 65);
  });

  it("is interrupted and gone on with, to the same report; but not in other words", {
    tags: ["long"],
  }, async () => {
    await commandLine([...REVIEW, "--json", "whole.json"], { folder });
    const keeping = [...REVIEW, "--checkpoint", "kept", "--checkpoint-every", "1", "--workers", "1"];
    const interrupted = await sysramVerify(keeping, interruptedAt("kept/part-2"));
    expect(interrupted.exitCode).toBe(130);

    const exact = await commandLine([...keeping, "--resume", "--visited", "exact"], { folder });
    expect(exact.exitCode).toBe(2);
    expect(exact.stderr).toMatch(/with --visited hashed, and this one has exact/);

    const ended = await commandLine([...keeping, "--resume", "--json", "resumed.json"], { folder });
    expect(ended.exitCode).toBe(0);
    expect(reportIn("resumed.json")).toEqual(reportIn("whole.json"));
  });

  it("is no matter of runs that are drawn", async () => {
    const { exitCode, stderr } = await commandLine(["verify", "--engine", "random", "--visited", "hashed"], {
      folder,
    });
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/--visited hashed is for the exhaustive search/);
  });
});

describe("a search in parts that knows states again by hashes", () => {
  it("comes to what one comes to that knows all of them, however many threads there are", async () => {
    const { searchInParts: search, sourceOf } = await bundledModule<{
      readonly searchInParts: typeof searchInParts;
      readonly sourceOf: typeof import("../../verify/search-parts.ts").sourceOf;
    }>("verify/search-parts.js");
    const found = async (visited: "exact" | "hashed", workers: number) => {
      const blueprint: Blueprint = {
        driver: { kind: "machine", policy: "as-posted" },
        configuration: { regions: 1, blocks: 1 },
      };
      const { elapsedMs: _, ...rest } = await search(sourceOf(blueprint), systemFrom(blueprint), {
        ...{ faults: "all", preemptions: "all", bounds: { maxDepth: 1 }, workers, visited },
        signal: new AbortController().signal,
        onProgress: () => {},
      });
      return rest;
    };
    const { hashed: odds, ...others } = await found("hashed", 2);

    expect(others).toEqual(await found("exact", 1));
    expect(odds!.bits).toBe(64);
    expect(odds!.chance).toBeGreaterThan(0);
  });
});
