import { existsSync } from "node:fs";
import { join, parse } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot, packageRootAbove } from "../../abi/package-root.ts";

describe("the root folder of the package", () => {
  it("is the folder that holds this test's package.json", () => {
    expect(packageRoot).toBe(join(import.meta.dirname, "..", ".."));
    expect(existsSync(join(packageRoot, "package.json"))).toBe(true);
  });

  it("is found from the root itself, from a source folder and from a bundle, built or not", () => {
    for (const start of ["", "abi", "dist", "dist/cli", "dist/chunks"]) {
      expect(packageRootAbove(join(packageRoot, start))).toBe(packageRoot);
    }
  });

  it("passes over the package.json of another package", () => {
    expect(packageRootAbove(join(packageRoot, "node_modules", "vitest", "dist"))).toBe(packageRoot);
  });

  it("is refused, with a remedy, where no folder above is ours", () => {
    const top = parse(packageRoot).root;
    expect(() => packageRootAbove(top)).toThrow(`at or above ${top}: install the package again`);
  });
});
