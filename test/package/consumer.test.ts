import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { packageRoot } from "../../abi/package-root.ts";
import { temporaryFolder } from "../support/cli.ts";
import { addExamples, complaints, consumer, manifest, packedFiles } from "../support/consumer.ts";

const execute = promisify(execFile);

describe("a project that has this package", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await consumer();
    addExamples(folder);
  });

  it.each(["nodenext", "bundler"] as const)("compiles the examples under --strict, with %s", async (resolution) => {
    expect(await complaints(folder, resolution)).toBe("");
  });

  it("runs the command line, which finds its headers and its own driver", async () => {
    const program = join(folder, "node_modules/sysram-verify/dist/cli/main.js");
    const bounds = ["--blocks", "1", "--bound-depth", "1", "--faults", "0", "--workers", "2"];
    const { stdout } = await execute(process.execPath, [program, "review", "--quiet", ...bounds], { cwd: folder });
    expect(stdout).toMatch(/^inconclusive {2}the reference driver was not seen to break any of /);
  });

  it("runs the examples", { tags: ["long"] }, async () => {
    const vitest = join(folder, "node_modules/vitest/vitest.mjs");
    const { stdout } = await execute(process.execPath, [vitest, "run", "--testTimeout=120000"], { cwd: folder });
    expect(stdout).toMatch(/Test Files .*4 passed/);
  });

  it("shares with this package what a user has of its own", () => {
    expect(Object.keys(manifest.peerDependencies)).toEqual(["@xstate/graph", "fast-check", "xstate"]);
    for (const name of Object.keys(manifest.peerDependencies)) expect(manifest.dependencies).not.toHaveProperty(name);
  });
});

describe("a project that npm installs this package into", { tags: ["long"] }, () => {
  it.each([
    ["newest", ["fast-check@4", "xstate@5", "@xstate/graph@3"]],
    ["oldest", ["fast-check@4.0.0", "xstate@5.33.0", "@xstate/graph@3.0.0"]],
  ])("compiles the examples with the %s versions of what it shares", async (_, shared) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
    const pack = ["pack", "--json", "--pack-destination", folder];
    const { stdout } = await execute("npm", pack, { cwd: packageRoot, maxBuffer: 2 ** 26 });
    const [, name] = /"filename": "([^"]+)"/.exec(stdout)!;
    const quiet = ["--no-audit", "--no-fund", "--ignore-scripts"];
    const tools = ["vitest@4", "typescript", "@types/node@20"];
    await execute("npm", ["install", ...quiet, `./${name}`, ...shared, ...tools], { cwd: folder, maxBuffer: 2 ** 26 });
    addExamples(folder);
    for (const resolution of ["nodenext", "bundler"] as const) expect(await complaints(folder, resolution)).toBe("");
  });
});

describe("what a release holds", () => {
  it("is documents, licences, headers and what is copied into a kernel, and no test", async () => {
    const files = await packedFiles();
    const needed = ["LICENSE", "LICENSES/GPL-2.0-only.txt", "README.md", "docs/models.md", "driver/include/cxl.h"];
    expect(files).toEqual(expect.arrayContaining(needed));
    expect(files.filter((path) => /^test\//.test(path))).toEqual([]);
  });
});
