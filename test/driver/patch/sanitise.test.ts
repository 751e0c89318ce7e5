import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cleanPath, printable } from "../../../driver/patch/sanitise.ts";
import { InputError, readSource } from "../../../driver/patch/subject.ts";
import { change, creation, driverLines, driverPath, mail, posting, read, refusal, smallDiff } from "./small-patch.ts";

// What no terminal may be sent: control characters, and what turns the direction of writing.
const raw = /(?!\t)[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

const nasty = fc.string({ unit: "binary", maxLength: 40 });
const pathLike = fc
  .array(fc.oneof(nasty, fc.constantFrom("..", ".", "", "drivers", "a", "b", "__proto__", "C:\\x", "con\u202e", "~")), {
    maxLength: 6,
  })
  .map((parts) => parts.join("/"));

describe("the path of a file", () => {
  it.each([
    ["a/drivers/cxl/cxl.h", "drivers/cxl/cxl.h"],
    ["drivers/cxl/cxl.h", "drivers/cxl/cxl.h"],
    ["linux-6.1.orig/drivers/cxl/cxl.h", "drivers/cxl/cxl.h"],
    ["/home/me/src/linux/drivers/cxl/cxl.h", "drivers/cxl/cxl.h"],
    ["a/tools/include/linux/x.h", "tools/include/linux/x.h"],
    ["b/x.c", "x.c"],
    ["x.c", "x.c"],
    ["../../../etc/passwd", "etc/passwd"],
    ["/etc/passwd", "etc/passwd"],
    ["a/../../drivers/./cxl//x.c", "drivers/cxl/x.c"],
    ["..\\..\\drivers\\x.c", "drivers/x.c"],
    ["a/__proto__/x.c", "_proto_/x.c"],
    ['b/drivers/x"\u001b[31m\n#line.c', "drivers/x__[31m__line.c"],
    ["", "unnamed"],
    ["..", "unnamed"],
  ])("%j is cleaned to %j", (name, path) => {
    expect(cleanPath(name)).toBe(path.replace("[", "_"));
  });

  it("is relative, stays inside, and is safe everywhere (seed 7)", { tags: ["random"] }, () => {
    fc.assert(
      fc.property(pathLike, (name) => {
        const path = cleanPath(name);
        expect(path).toMatch(/^[\w.+,@=~-]+(?:\/[\w.+,@=~-]+)*$/);
        expect(path.split("/")).not.toContain("..");
        expect(path.split("/")).not.toContain("__proto__");
      }),
      { seed: 7, numRuns: 1000 },
    );
  });

  it("never leads out of the kernel tree from a patch", async () => {
    const { files } = await read(creation("../../../../tmp/evil.c", driverLines));
    expect(files.map(({ path }) => path)).toEqual(["tmp/evil.c"]);
    const quoted = creation("x.c", driverLines)
      .replaceAll("a/x.c", '"a/\\033[2J\\n.c"')
      .replaceAll("b/x.c", '"b/\\033[2J\\n.c"');
    expect((await read(quoted)).files.map(({ path }) => path)).toEqual(["__2J_.c"]);
  });
});

describe("untrusted text", () => {
  it("is shown without what a terminal would obey (seed 7)", { tags: ["random"] }, () => {
    fc.assert(
      fc.property(nasty, (text) => {
        expect(printable(text)).not.toMatch(raw);
        expect(new InputError("no-driver", text, text).message).not.toMatch(raw);
        expect(new InputError("no-driver", text, text).hint).not.toMatch(raw);
      }),
      { seed: 7, numRuns: 1000 },
    );
  });

  it("keeps its letters and tabs, and spells out the rest", () => {
    expect(printable("\tGrüße \u001b[31m\u0000\r\n\u009b\u202e\ud800 漢字")).toBe(
      "\tGrüße \\x1b[31m\\x00\\x0d\\x0a\\x9b\\u{202e}\\u{d800} 漢字",
    );
  });

  it("reaches no field of a subject that is for display", async () => {
    const control = "\u001b]0;owned\u0007";
    const lines = [`/* ${control} */`, ...driverLines];
    const text = mail(`[PATCH] ${control}`, `${control}\n${posting(creation(driverPath, lines))}`, [
      `X-A: ${control}`,
    ]).replace("A Developer", `A ${control}`);
    const { files, ...shown } = await read(text, `${control}.mbox`);

    for (const [field, value] of Object.entries(shown)) {
      for (const line of (Array.isArray(value) ? value : String(value).split("\n")).map(String))
        expect(line, field).not.toMatch(raw);
    }
    expect(files[0]?.lines.get(1)).toBe("/* \\x1b]0;owned\\x07 */");
    expect(files[0]?.text, "the compiler gets what the patch has").toContain(control);
  });

  it("is quoted in messages without doing harm", async () => {
    const evil = smallDiff
      .replace("@@ -0,0 +1,17 @@", "@@ -0,0 +1,18 @@")
      .replaceAll(driverPath, `drivers/\u001b[2J.c`);
    const { message } = await refusal(read(evil, "\u001b[1m.patch"));
    expect(message).not.toMatch(raw);
    expect(message).toContain("\\x1b[1m.patch");
    expect((await refusal(readSource("/nowhere/\u001b[1m.c"))).message).not.toMatch(raw);
    const context = change(driverPath, ["@@ -1,1 +1,1 @@", "-\u001b[2J", "+x"]);
    expect((await refusal(read(smallDiff + context))).message).toContain('should read "\\x1b[2J"');
  });
});
