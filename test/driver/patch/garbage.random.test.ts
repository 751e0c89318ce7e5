import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InputError, readPatches } from "../../../driver/patch/subject.ts";
import { base64, change, driverPath, headerChange, mail, mbox, posting, smallDiff } from "./small-patch.ts";

/** Whether an input was taken; anything but a refusal in the caller's words is a bug. */
const isTaken = async (...inputs: readonly Uint8Array[]): Promise<boolean> => {
  try {
    const { files } = await readPatches(inputs.map((bytes, at) => ({ name: `${at}.patch`, bytes })));
    expect(files[0]?.role).toBe("driver");
    return true;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    expect(error.message).not.toMatch(/\n|undefined|\[object/);
    return false;
  }
};

const fix = change(driverPath, [
  "@@ -14,3 +14,3 @@",
  " \treturn widget_start(cxlr, label,",
  "-\t\t\t    mode - 1);",
  "+\t\t\t    mode - 2);",
  " }",
]);
const seeds: readonly string[] = [
  smallDiff,
  mail("[PATCH] x", posting(smallDiff)),
  mail("[PATCH] x", base64(posting(smallDiff)), ["Content-Transfer-Encoding: base64"]),
  mail("[PATCH] x", posting(smallDiff), ["Content-Type: text/plain; format=flowed"]),
  mbox(mail("[PATCH 1/2] x", posting(smallDiff)), mail("[PATCH 2/2] y", posting(fix))),
  smallDiff + fix,
  smallDiff.replace(/[ \t]+/g, " ").replace(/^ /gm, ""),
  smallDiff.replace(driverPath, "x.png").replace(/@@[\s\S]*?(?=diff)/, "GIT binary patch\nliteral 0\n\n"),
];

/** Pieces that mean something to one of the readers. */
const words = fc.constantFrom(
  ...[
    "\n",
    "\r\n",
    " ",
    "\t",
    "+",
    "-",
    "\\",
    "@@ -1,2 +1,2 @@\n",
    "@@ -0,0 +1,999999999 @@\n",
    "--- ",
    "+++ /dev/null\n",
  ],
  ...[
    "diff --git a/x b/x\n",
    "rename from x\n",
    "From a 00:00\n",
    "Subject: x\n\n",
    "-- \n",
    "/*",
    "*/",
    '"',
    "{",
    "}",
    "(",
    ")",
    ";",
  ],
  ...[
    "#if ",
    "#else\n",
    "#endif\n",
    "\u0000",
    "\u001b[2J",
    "\ufeff",
    "Content-Type: multipart/mixed; boundary=x\n",
    "--x\n",
    "devm_cxl_add_",
    "static inline ",
  ],
);

const edits = fc.array(
  fc.record({
    at: fc.nat(),
    kind: fc.constantFrom("insert", "delete", "double", "cut", "other line"),
    length: fc.integer({ min: 1, max: 60 }),
    word: words,
  }),
  { minLength: 1, maxLength: 6 },
);

type Edit = typeof edits extends fc.Arbitrary<readonly (infer One)[]> ? One : never;

const edited = (text: string, { at: anywhere, kind, length, word }: Edit): string => {
  const at = anywhere % (text.length + 1);
  const before = text.slice(0, at);
  const part = text.slice(at, at + length);
  const rest = text.slice(at + length);
  if (kind === "insert") return before + word + part + rest;
  if (kind === "delete") return before + rest;
  if (kind === "double") return before + part + part + rest;
  if (kind === "cut") return before;
  const lines = text.split("\n");
  const line = anywhere % lines.length;
  return lines.with(line, lines[(line + length) % lines.length] ?? "").join("\n");
};

describe("the patch reader, on what no one should send it", () => {
  it("refuses random bytes in its own words (seed 3)", { tags: ["random"] }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 3 }), async (inputs) => {
        expect(await isTaken(...inputs)).toBe(false);
      }),
      { seed: 3, numRuns: 1000 },
    );
  });

  it("refuses random pieces of patches in its own words (seed 4)", { tags: ["random"] }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(words, fc.constantFrom(...smallDiff.split("\n"))), { maxLength: 40 }),
        async (pieces) => {
          await isTaken(Buffer.from(pieces.join("")));
          await isTaken(Buffer.from(pieces.join("\n")));
          await isTaken(Buffer.from(headerChange + smallDiff + pieces.join("\n")));
        },
      ),
      { seed: 4, numRuns: 1000 },
    );
  });

  it("takes or refuses a patch with random damage, and never breaks (seed 5)", { tags: ["random"] }, async () => {
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...seeds), edits, async (seed, changes) => {
        if (await isTaken(Buffer.from(changes.reduce(edited, seed)))) taken += 1;
      }),
      { seed: 5, numRuns: 3000 },
    );
    expect(taken, "some damage is harmless").toBeGreaterThan(100);
  });

  it("answers soon, whatever is repeated", async () => {
    const many = 50_000;
    const header = "--- a/x.h\n+++ b/x.h\n@@ -1,0 +1,50000 @@\n";
    const hostile: readonly string[] = [
      header + "+f(\n+;\n".repeat(many / 2),
      header + "+#if (\n".repeat(many),
      header + "+#if X\n+int f(void);\n".repeat(many / 2),
      header + "+#if X\n+#endif\n".repeat(many / 2),
      header + "+struct a {\n".repeat(many),
      header + "+/* *\n".repeat(many),
      `${header}+${"(".repeat(many)}\n`,
      `${header}+${"a ".repeat(many)}(\n`,
      `${header}+#if ${"(".repeat(many)}1${")".repeat(many)}\n`,
      "@@ -1,1 +1,1 @@\n".repeat(many),
      "--- a/x\n+++ b/x\n@@ -1,1 +1,1 @@\na\n".repeat(many / 2),
      "--- a/x.h\n+++ b/x.h\n" +
        Array.from({ length: many / 4 }, (_, at) => `@@ -${at * 2 + 1},1 +${at * 2 + 1},1 @@\n-a\n+b\n`).join(""),
      smallDiff + "+".repeat(many),
      `${smallDiff}${"\r".repeat(many)}x`,
      `--- a/${"x/".repeat(many)}\n+++ b/x\n`,
      `--- a/x${" ".repeat(many)}\n+++ b/x${" ".repeat(many)}y\n`,
      smallDiff
        .replace("+1,17", `+1,${17 + many}`)
        .replace("+}\n", `+}\n${"+int devm_cxl_add_a(struct cxl_region *b) {}\n".repeat(many)}`),
    ];
    const mails = [
      `Subject: ${"[".repeat(many)}\n\n${smallDiff}`,
      `Subject: x${" ".repeat(many)}y\n\n${smallDiff}${" ".repeat(many)}x`,
    ];
    for (const [which, text] of [...mails, ...hostile.map((text) => smallDiff + text)].entries()) {
      const start = performance.now();
      await isTaken(Buffer.from(text));
      expect(performance.now() - start, `input ${which}`).toBeLessThan(10_000);
    }
  });
});
