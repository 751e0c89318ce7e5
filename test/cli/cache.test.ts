import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { commandLine, temporaryFolder } from "../support/cli.ts";

const folder = temporaryFolder();

const ran = (cache: string, ...args: readonly string[]) =>
  commandLine(["cache", ...args], { environment: { SYSRAM_VERIFY_CACHE: cache } });

/** A cache with one built driver, the rest of an interrupted write, and a file of somebody else's. */
const filled = (name: string): string => {
  const cache = join(folder, name);
  mkdirSync(cache);
  writeFileSync(join(cache, "a".repeat(64)), "x".repeat(2000));
  writeFileSync(join(cache, `${"b".repeat(64)}.0123456789ab`), "x".repeat(48));
  writeFileSync(join(cache, "notes.txt"), "x".repeat(5000));
  return cache;
};

describe("the cache of built drivers", () => {
  it("is shown with where it is and how large", async () => {
    const cache = filled("shown");
    expect(await ran(cache)).toMatchObject({ exitCode: 0, stdout: `2 built drivers, 2 KiB  ${cache}\n`, stderr: "" });
    expect(readdirSync(cache)).toHaveLength(3);
  });

  it("is cleared of what is ours, and of nothing else", async () => {
    const cache = filled("cleared");
    expect((await ran(cache, "--clear")).stdout).toBe(`removed 2 built drivers, 2 KiB  ${cache}\n`);
    expect(readdirSync(cache)).toEqual(["notes.txt"]);
  });

  it("is empty before anything was built, and is not made by looking at it", async () => {
    const cache = join(folder, "none");
    expect((await ran(cache)).stdout).toBe(`0 built drivers, 0 KiB  ${cache}\n`);
    expect((await ran(cache, "--clear")).exitCode).toBe(0);
    expect(existsSync(cache)).toBe(false);
  });

  it("is an error that names the folder where that is none", async () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    const { exitCode, stderr } = await ran(file);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`cannot read the cache in ${file}`);
  });
});
