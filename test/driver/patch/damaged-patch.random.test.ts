import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InputError, type Subject } from "../../../driver/patch/subject.ts";
import { change, creation, driverLines, driverPath, headerChange, mail, posting, read } from "./small-patch.ts";

/** Two hunks of one header, a file that is renamed, an empty file, one without a newline at its end, and the driver. */
const diff = [
  change(
    "drivers/cxl/core/core.h",
    [
      "@@ -3,3 +3,4 @@ struct a;",
      " struct b;",
      "+int widget_start(void *p, const char *s, int n);",
      " struct c;",
      " struct d;",
    ],
    ["@@ -20,4 +21,3 @@", " int e;", "-int f;", " int g;", " int h;"],
  ),
  [
    "diff --git a/drivers/cxl/core/old.c b/drivers/cxl/core/new.c",
    "similarity index 98%",
    "rename from drivers/cxl/core/old.c",
    "rename to drivers/cxl/core/new.c",
    "index 1234567890ab..ba0987654321 100644",
    "--- a/drivers/cxl/core/old.c",
    "+++ b/drivers/cxl/core/new.c",
    "@@ -7,3 +7,3 @@",
    " int i;",
    "-int j;",
    "+int k;",
    " int l;",
    "",
  ].join("\n"),
  "diff --git a/drivers/cxl/core/none.h b/drivers/cxl/core/none.h\nnew file mode 100644\nindex 000000000000..e69de29bb2d1\n",
  change("drivers/cxl/Kconfig", ["@@ -9,1 +9,1 @@", "-config CXL", "+config CXM", "\\ No newline at end of file"]),
  creation(driverPath, driverLines),
  headerChange,
].join("");

const whole = mail("[PATCH] cxl: Add a widget", posting(diff));
const lines = whole.split("\n");
const first = lines.findIndex((line) => line.startsWith("diff --git"));
const last = lines.indexOf("-- ");

/** Where the part that speaks of one file begins, for each line of the patch; what is behind it is the last of them. */
const partOf = (line: number): readonly [from: number, to: number] => {
  const starts = [...lines.keys()].filter((at) => at >= first && lines[at]?.startsWith("diff --git"));
  const from = starts.findLast((start) => start <= line) ?? first;
  return [from, starts.find((start) => start > line) ?? lines.length];
};

/** The lines that say what the patch is; and of the others, which is text, only their marks. */
const structural = [...lines.keys()].filter(
  (at) => at >= first && at <= last && !/^[ +-](?!-- |\+\+ )/.test(lines[at] ?? ""),
);
const marked = [...lines.keys()].filter((at) => at >= first && at < last && !structural.includes(at));

const letters = fc.constantFrom(
  ...["@", "+", "-", " ", "\t", ",", ";", "/", "a", "d", "z", "0", "1", "9", "\\", ">", "é"],
);

/** The damage to one line: another line in its place, or more lines, or none. */
type Damage = { readonly at: number; readonly what: string; readonly now: readonly string[] };

const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc
    .record({
      at: fc.constantFrom(...structural),
      place: fc.nat(),
      letter: letters,
      how: fc.constantFrom("put", "insert", "drop", "cut"),
    })
    .map(({ at, place, letter, how }) => {
      const line = lines[at]!;
      const column = place % line.length;
      const rest = line.slice(how === "insert" ? column : column + 1);
      const now =
        how === "cut"
          ? [line.slice(0, column), line.slice(column)]
          : [line.slice(0, column) + (how === "drop" ? "" : letter) + rest];
      return { at, what: `${how} ${JSON.stringify(letter)} at column ${column}`, now };
    }),
  fc
    .record({ at: fc.constantFrom(...marked), mark: fc.constantFrom("", "+", "-", " ", "\\", "x", "@", ">") })
    .map(({ at, mark }) => ({
      at,
      what: `mark ${JSON.stringify(mark)}`,
      now: [mark + lines[at]!.slice(1)],
    })),
  fc.constantFrom(...structural, ...marked).map((at) => ({ at, what: "delete the line", now: [] })),
  fc
    .constantFrom(...structural, ...marked)
    .map((at) => ({ at, what: "double the line", now: [lines[at]!, lines[at]!] })),
  fc.constantFrom(...structural, ...marked).map((at) => ({ at, what: "a blank line above it", now: ["", lines[at]!] })),
  fc.record({ at: fc.constantFrom(...structural), other: fc.constantFrom(...lines) }).map(({ at, other }) => ({
    at,
    what: "another line in its place",
    now: [other],
  })),
);

const contentOf = ({ files, title }: Subject): unknown => [
  title,
  files.map(({ path, role, text }) => [path, role, text]),
];

/** The lines that a message names, counted from 0 in the undamaged patch. */
const namedIn = (messages: readonly string[]): readonly number[] =>
  messages.flatMap((message) => [...message.matchAll(/^patch\.mbox:(\d+)/g)].map(([, line]) => Number(line) - 1));

describe("a patch with one damaged line (seed 14)", { tags: ["random"] }, () => {
  it("is the same change, or a message names the line, or one of the part that it is in", async () => {
    const expected = await read(whole);
    let refused = 0;
    let same = 0;
    await fc.assert(
      fc.asyncProperty(damage, async ({ at, what, now }) => {
        const text = [...lines.slice(0, at), ...now, ...lines.slice(at + 1)].join("\n");
        let messages: readonly string[];
        try {
          const subject = await read(text);
          messages = subject.notes;
          if (JSON.stringify(contentOf(subject)) === JSON.stringify(contentOf(expected))) {
            same += 1;
            return;
          }
        } catch (error) {
          if (!(error instanceof InputError)) throw error;
          messages = [error.message];
          refused += 1;
        }
        const [from, to] = partOf(at);
        const context = `${what} of line ${at + 1}, ${JSON.stringify(lines[at])}: ${messages.join("; ")}`;
        // What is missing at the end of a part is noticed in the first line of the next.
        expect(
          namedIn(messages).some((line) => line >= from && line <= to + now.length),
          context,
        ).toBe(true);
      }),
      { seed: 14, numRuns: 1500 },
    );
    expect(refused, "most damage is refused").toBeGreaterThan(700);
    expect(same, "some damage is harmless").toBeGreaterThan(50);
  });
});
