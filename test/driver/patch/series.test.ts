import { describe, expect, it } from "vitest";
import { inOrder, placeOf } from "../../../driver/patch/series.ts";
import {
  change,
  creation,
  driverLines,
  driverPath,
  driverText,
  headerChange,
  mail,
  mbox,
  posting,
  read,
  readAll,
  refusal,
  smallDiff,
  textOf,
} from "./small-patch.ts";

const patch = (place: string, diff: string): string => mail(`[PATCH ${place}] cxl: step`, posting(diff));

const first = creation(driverPath, driverLines);
const second = change(driverPath, [
  "@@ -9,6 +9,7 @@ int devm_cxl_add_widget(struct cxl_region *cxlr,",
  ...around(9, 3),
  "+\t/* second */",
  ...around(12, 3),
]);
const third = change(driverPath, [
  "@@ -10,4 +10,4 @@",
  ...around(10, 2),
  "-\t/* second */",
  "+\t/* third */",
  ...around(12, 1),
]);

/** Lines of the driver as context. */
function around(from: number, count: number): readonly string[] {
  return driverLines.slice(from - 1, from - 1 + count).map((line) => ` ${line}`);
}

const driverWith = (comment: string): string =>
  [...driverLines.slice(0, 11), `\t/* ${comment} */`, ...driverLines.slice(11)].map((line) => `${line}\n`).join("");

describe("the place of a patch in its series", () => {
  it.each([
    ["[PATCH] x", { version: 1, number: undefined, total: undefined, isReply: false }],
    ["[PATCH 3/7] x", { version: 1, number: 3, total: 7, isReply: false }],
    ["[RFC PATCH v4 24/27] x", { version: 4, number: 24, total: 27, isReply: false }],
    ["[PATCH cxl-next v12 04/10] x", { version: 12, number: 4, total: 10, isReply: false }],
    ["[linux-cxl] [PATCH v2 1/2] x", { version: 2, number: 1, total: 2, isReply: false }],
    ["Re: [PATCH 1/2] x", { version: 1, number: 1, total: 2, isReply: true }],
    ["about 1/2 of it", { version: 1, number: undefined, total: undefined, isReply: false }],
    [undefined, { version: 1, number: undefined, total: undefined, isReply: false }],
  ])("is read from %j", (subject, place) => {
    expect(placeOf(subject)).toEqual(place);
  });
});

describe("a series", () => {
  it("is applied by its numbers, however it is given", async () => {
    const steps = [patch("1/3", first), patch("2/3", second), patch("3/3", third)];
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
    ]) {
      const shuffled = order.map((at) => steps[at] ?? "");
      expect(textOf(await readAll(...shuffled), driverPath)).toBe(driverWith("third"));
      expect(textOf(await read(mbox(...shuffled)), driverPath)).toBe(driverWith("third"));
    }
  });

  it("is applied in the order given where the subjects carry no numbers", async () => {
    expect(textOf(await readAll(first, second, third), driverPath)).toBe(driverWith("third"));
    const { code, message } = await refusal(readAll(first, third, second));
    expect(code).toBe("does-not-apply");
    expect(message).toBe(
      `2.patch:5: hunk 1 of ${driverPath} (@@ -10,4 +10,4 @@) does not apply: line 12 should read "/* second */", but it reads "return -EINVAL;"`,
    );
  });

  it("lets patches without numbers keep their place among those with numbers", () => {
    const labels = inOrder(
      ["2/2", "", "1/2", ""].map((place, at) => ({ label: `${at}`, place: placeOf(`[PATCH ${place}] x`) })),
    ).map(({ label }) => label);
    expect(labels).toEqual(["2", "1", "0", "3"]);
  });

  it("may be a part of a longer one", async () => {
    const { notes } = await readAll(patch("v2 4/9", first), patch("v2 5/9", second));
    expect(notes).toContain("only patches 4-5 of 9 are given: what the others change is not known");
    expect((await read(patch("v2 4/9", first))).notes).toContain(
      "only patch 4 of 9 is given: what the others change is not known",
    );
    expect((await read(patch("1/1", first))).notes).toEqual([]);
  });

  it("may not have a gap", async () => {
    const { code, message } = await refusal(readAll(patch("1/3", first), patch("3/3", third)));
    expect(code).toBe("series-gap");
    expect(message).toMatch(/^patch 2\/3 is missing between 1\.patch, .* and 2\.patch, /);
  });

  it("may not have a patch twice", async () => {
    expect(await refusal(readAll(patch("1/3", first), patch("1/3", first)))).toMatchObject({
      code: "series-duplicate",
    });
    expect(await refusal(readAll(first, first))).toMatchObject({
      code: "does-not-apply",
      message: expect.stringContaining("is there already"),
    });
  });

  it("may not mix versions, or series", async () => {
    expect(await refusal(readAll(patch("v2 1/3", first), patch("v3 2/3", second)))).toMatchObject({
      code: "series-mixed",
    });
    expect(await refusal(readAll(patch("1/3", first), patch("2/4", second)))).toMatchObject({ code: "series-mixed" });
  });

  it("skips the cover letter and the replies of a thread, and says so", async () => {
    const thread = mbox(
      patch("0/2", "").replace("cxl: step", "cxl: cover"),
      patch("1/2", first),
      mail("Re: [PATCH 1/2] cxl: step", `> ${first.split("\n").join("\n> ")}\nWhy?\n`),
      patch("2/2", second),
      mail("Re: [PATCH 2/2] cxl: step", `How about\n\n${third}`),
      mail("build failure", "on some machine"),
    );
    const subject = await read(thread, "t.mbox");

    expect(textOf(subject, driverPath)).toBe(driverWith("second"));
    expect(subject.notes).toEqual([
      't.mbox, mail 1, "[PATCH 0/2] cxl: cover": a cover letter, skipped',
      't.mbox, mail 6, "build failure": no patch in it, skipped',
      "2 replies in the thread skipped",
    ]);
  });

  it("takes a patch that was sent as a reply when it is all there is", async () => {
    expect(textOf(await read(mail("Re: [PATCH] cxl", posting(first))), driverPath)).toBe(driverText);
  });

  it("is named after the mail that adds the driver", async () => {
    const { title, name } = await readAll(
      mail("[PATCH 1/2] cxl: headers", posting(headerChange)),
      mail("[PATCH 2/2] cxl: driver", posting(first)),
    );
    expect({ title, name }).toEqual({ title: "[PATCH 2/2] cxl: driver", name: "1.patch, 2.patch" });
  });

  it("moves what it has seen of a header when a later patch adds lines above", async () => {
    const above = change("drivers/cxl/cxl.h", [
      "@@ -2,2 +2,4 @@",
      " /* top */",
      "+int devm_cxl_one(void);",
      "+int devm_cxl_two(void);",
      " ",
    ]);
    const { files } = await readAll(smallDiff, above);
    expect(files[1]?.text).toBe(
      [
        '#line 3 "drivers/cxl/cxl.h"',
        "int devm_cxl_one(void);",
        "int devm_cxl_two(void);",
        '#line 15 "drivers/cxl/cxl.h"',
        "int devm_cxl_add_widget(struct cxl_region *cxlr, int mode);",
        "",
      ].join("\n"),
    );
  });

  it("forgets a declaration that a later patch takes back", async () => {
    const back = change("drivers/cxl/cxl.h", [
      "@@ -12,3 +12,3 @@",
      " ",
      "-int devm_cxl_add_widget(struct cxl_region *cxlr, int mode);",
      "+int devm_cxl_add_widget(struct cxl_region *cxlr, bool now);",
      " struct cxl_after {",
    ]);
    const { files } = await readAll(smallDiff, back);
    expect(files[1]?.text).toBe(
      '#line 13 "drivers/cxl/cxl.h"\nint devm_cxl_add_widget(struct cxl_region *cxlr, bool now);\n',
    );
  });

  it("checks what it has seen of a header", async () => {
    const wrong = change("drivers/cxl/cxl.h", ["@@ -14,2 +14,1 @@", " struct cxl_other {", "-\tint value;"]);
    expect(await refusal(readAll(smallDiff, wrong))).toMatchObject({
      code: "does-not-apply",
      message: expect.stringContaining('line 14 should read "struct cxl_other {", but it reads "struct cxl_after {"'),
    });
  });

  it("follows a file through a rename, a copy and a deletion", async () => {
    const renamed = "drivers/cxl/core/region_gadget.c";
    const rename = `diff --git a/${driverPath} b/${renamed}\nsimilarity index 100%\nrename from ${driverPath}\nrename to ${renamed}\n`;
    const deletion = first
      .replace("new file mode", "deleted file mode")
      .replace("--- /dev/null", `--- a/${driverPath}`)
      .replace(`+++ b/${driverPath}`, "+++ /dev/null")
      .replace("@@ -0,0 +1,17 @@", "@@ -1,17 +0,0 @@")
      .replace(/^\+(?!\+\+ )/gm, "-");

    const moved = await readAll(first, rename);
    expect(moved.files.map(({ path }) => path)).toEqual([renamed]);
    expect((await readAll(patch("1/2", first), patch("2/2", rename))).title).toBe("[PATCH 1/2] cxl: step");
    expect(textOf(moved, renamed)).toBe(driverText);

    const copied = await readAll(first, rename.replaceAll("rename", "copy"), deletion);
    expect(copied.files.map(({ path }) => path)).toEqual([renamed]);

    expect(await refusal(readAll(first, deletion))).toMatchObject({ code: "no-driver" });
    expect(textOf(await readAll(first, deletion, first), driverPath)).toBe(driverText);
  });

  it("applies a patch from an archive's page to files from mails, and the other way round", async () => {
    const page = (text: string): string =>
      text
        .split("\n")
        .map((line) => line.replace(/[ \t]+/g, " ").replace(/^ | $/g, ""))
        .join("\n");
    const mixed = await readAll(first, page(second), third);
    expect(textOf(mixed, driverPath)?.replace(/[ \t]+/g, " ")).toBe(driverWith("third").replace(/[ \t]+/g, " "));
    const lost = await readAll(page(first), second, page(third));
    expect(textOf(lost, driverPath)?.replace(/\s+/g, " ")).toBe(driverWith("third").replace(/\s+/g, " "));
  });
});

describe("what a patch makes beside the driver", () => {
  const helper = creation("drivers/cxl/core/widget_start.c", [
    "int widget_start(void *p, const char *s, int n)",
    "{",
    "\treturn n;",
    "}",
  ]);
  const stranger = creation("drivers/cxl/core/stranger.c", ["int stranger(void)", "{", "\treturn 0;", "}"]);
  const header = creation("drivers/cxl/core/widget.h", ["#define WIDGETS 3"]);

  it("is compiled when the driver needs it, and left out when not", async () => {
    const { files, notes } = await read(first + helper + stranger);
    expect(files.map(({ path, role }) => [path, role])).toEqual([
      [driverPath, "driver"],
      ["drivers/cxl/core/widget_start.c", "driver"],
    ]);
    expect(notes).toEqual([
      "drivers/cxl/core/widget_start.c: compiled too, since the driver needs widget_start from it",
      "drivers/cxl/core/stranger.c: new, but the driver does not need it; not compiled",
    ]);
  });

  it("is a header when it is included, directly or by a header", async () => {
    const including = creation(driverPath, ['#include "widget.h"', ...driverLines]);
    const nested =
      creation("drivers/cxl/core/widget.h", ["#include <linux/gadget.h>"]) +
      creation("include/linux/gadget.h", ["#define GADGETS 1"]);
    expect((await read(including + header)).files.map(({ path, role }) => [path, role])).toContainEqual([
      "drivers/cxl/core/widget.h",
      "header",
    ]);
    expect((await read(including + nested)).files.map(({ path }) => path)).toEqual([
      driverPath,
      "drivers/cxl/core/widget.h",
      "include/linux/gadget.h",
    ]);
    const { files, notes } = await read(first + header);
    expect(files).toHaveLength(1);
    expect(notes).toEqual(["drivers/cxl/core/widget.h: new, but the driver does not include it; left out"]);
  });

  it("does not hide the driver behind a neighbour that hands regions on", async () => {
    const dax = creation("drivers/cxl/core/region_dax.c", [
      "int devm_cxl_add_dax_region(struct cxl_region *cxlr)",
      "{",
      "\treturn 0;",
      "}",
    ]);
    expect((await read(dax + first)).files.map(({ path }) => path)).toEqual([driverPath]);
    expect((await read(dax)).files.map(({ path }) => path)).toEqual(["drivers/cxl/core/region_dax.c"]);
  });
});
