import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../abi/package-root.ts";

const textOf = (file: string): string => readFileSync(join(packageRoot, file), "utf8");

/** What the library exports, each name with the file that defines it. */
const exported = [...textOf("index.ts").matchAll(/^export (?:type )?\{([^}]*)\} from "\.\/([^"]+)";$/gm)].flatMap(
  ([, names, file]) =>
    names!
      .split(",")
      .map((name) => name.trim().replace(/^type /, ""))
      .filter((name) => name !== "")
      .map((name) => ({ name: name.replace(/ as .*/, ""), exported: name.replace(/.* as /, ""), file: file! })),
);

interface Exported {
  readonly name: string;
  readonly file: string;
}

/** The file that defines it: a file may pass on what another one defines. */
const definedIn = ({ name, file }: Exported): string => {
  const passedOn = [...textOf(file).matchAll(/^export (?:type )?\{([^}]*)\} from "([^"]+)";$/gm)];
  const [, , from] = passedOn.find(([, names]) => new RegExp(`\\b${name}\\b`).test(names!)) ?? [];
  return from === undefined ? file : definedIn({ name, file: join(dirname(file), from) });
};

/** Whether a definition stands right behind a docstring. */
const isDocumented = (entry: Exported): boolean =>
  new RegExp(`\\*/\\nexport (?:const|(?:async )?function\\*?|interface|type|class) ${entry.name}\\b`).test(
    textOf(definedIn(entry)),
  );

describe("the library", () => {
  it("gives arbitraries, machines, models, claims, and the commands", () => {
    const names = exported.map((entry) => entry.exported);
    expect(names).toEqual(expect.arrayContaining(["arbitraryRun", "MACHINES", "kernelFunctions", "claims"]));
    expect(names).toEqual(
      expect.arrayContaining(["review", "verify", "compare", "certify", "check", "replay", "vectors"]),
    );
    expect(new Set(names).size).toBe(names.length);
  });

  it("says of everything that it gives what that is", () => {
    expect(exported.length).toBeGreaterThan(50);
    expect(exported.filter((entry) => !isDocumented(entry))).toEqual([]);
  });
});
