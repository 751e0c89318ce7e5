import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";
import { packageRoot } from "../../abi/package-root.ts";
import { hashesOfSources, type ModelHashes, modelHashes } from "../../harness/model-hashes.ts";
import { temporaryFolder } from "../support/cli.ts";

/** A package with the sources of this one, as far as they are hashed. */
const copy = temporaryFolder();

const hashesIn = (bundle: string): ModelHashes =>
  JSON.parse(
    execFileSync(process.execPath, [
      "--input-type=module",
      "--eval",
      `import { modelHashes } from ${JSON.stringify(bundle)}; console.log(JSON.stringify(modelHashes()))`,
    ]).toString(),
  );

describe("the hashes of what a verdict rests on", () => {
  beforeAll(async () => {
    for (const folder of [
      "abi",
      "models",
      "machines",
      "harness",
      "properties",
      "driver/include",
      "driver/compile",
      "driver/run",
    ]) {
      cpSync(join(packageRoot, folder), join(copy, folder), { recursive: true });
    }
    cpSync(join(packageRoot, "package.json"), join(copy, "package.json"));
    mkdirSync(join(copy, "dist"));
    for (const name of ["dist/index.js", "from-source.mjs"]) {
      const entryPoints = [join(copy, "harness/model-hashes.ts")];
      await build({ entryPoints, bundle: true, platform: "node", format: "esm", outfile: join(copy, name) });
    }
  });

  it("are those of the sources, where these run", () => {
    expect(modelHashes()).toEqual(hashesOfSources());
    expect(hashesIn(join(copy, "from-source.mjs"))).toEqual(hashesOfSources());
  });

  it("change with each part, and only with that", () => {
    const before = hashesIn(join(copy, "from-source.mjs"));
    const changes = {
      "models/slab.ts": "kernel",
      "machines/does.ts": "machines",
      "properties/safety.ts": "properties",
    };
    for (const [file, part] of Object.entries(changes)) {
      const path = join(copy, file);
      const text = readFileSync(path, "utf8");
      writeFileSync(path, `${text}\n`);
      const after = hashesIn(join(copy, "from-source.mjs"));
      writeFileSync(path, text);
      const changed = Object.keys(after).filter(
        (name) => after[name as keyof ModelHashes] !== before[name as keyof ModelHashes],
      );
      expect(changed).toEqual([part]);
    }
  });

  it("are those of the build in dist/, whatever became of the sources since", () => {
    const noted = { kernel: "k", machines: "m", properties: "p" };
    writeFileSync(join(copy, "dist/model-hashes.json"), JSON.stringify(noted));
    expect(hashesIn(join(copy, "dist/index.js"))).toEqual(noted);
  });
});
