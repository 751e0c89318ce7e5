import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readPreamble, restoreHunk } from "../../../driver/patch/archive-page.ts";
import {
  driverPath,
  driverText,
  headerChange,
  mail,
  posting,
  read,
  refusal,
  smallDiff,
  textOf,
} from "./small-patch.ts";

/** What the archive's page makes of a line. */
const damaged = (line: string): string => line.replace(/[ \t]+/g, " ").replace(/^ | $/g, "");
const page = (text: string): string => text.split("\n").map(damaged).join("\n");
const collapsed = (text: string): string => text.replace(/\s+/g, " ");

const hunks = fc.array(
  fc.tuple(
    fc.constantFrom(" ", " ", "+", "-"),
    fc.constantFrom("a", "\ta", "\t\t    a b", "", "{", "+ a", "\t- a", "@", "diff", "a  b"),
  ),
  { minLength: 1, maxLength: 20 },
);

describe("an archive's page", () => {
  it("gives the C of the mail, but for white space", async () => {
    const subject = await read(page(mail("[PATCH] cxl: Add a widget", posting(smallDiff))));
    expect(collapsed(textOf(subject, driverPath) ?? "")).toBe(collapsed(driverText));
    expect(textOf(subject, "drivers/cxl/cxl.h")).toBe(
      '#line 13 "drivers/cxl/cxl.h"\nint devm_cxl_add_widget(struct cxl_region *cxlr, int mode);\n',
    );
    expect(subject.notes).toEqual([expect.stringMatching(/which has lost its white space/)]);
  });

  it("may be of a plain diff, with times behind the names", async () => {
    const diff = smallDiff
      .replace(/^(?:diff|index|new file) .*\n/gm, "")
      .replace(/^((?:---|\+\+\+) .*)$/gm, "$1\t2026-03-02 10:00:00.000000000 +0100");
    const subject = await read(page(diff));
    expect(subject.files.map(({ path }) => path)).toEqual([driverPath, "drivers/cxl/cxl.h"]);
  });

  it("may have hard spaces from a browser", async () => {
    const subject = await read(page(smallDiff).replaceAll("+ ", "+\u00a0"));
    expect(collapsed(textOf(subject, driverPath) ?? "")).toBe(collapsed(driverText));
  });

  it("is told from a mail with one damaged line", async () => {
    expect(await refusal(read(smallDiff.replace(" struct cxl_after", "struct cxl_after")))).toMatchObject({
      code: "hunk-count-mismatch",
    });
  });

  it("is refused when it is cut off, or its counts are wrong", async () => {
    const lines = page(smallDiff).split("\n");
    expect(await refusal(read(lines.slice(0, -3).join("\n")))).toMatchObject({ code: "truncated-hunk" });
    expect(await refusal(read(page(headerChange + smallDiff).replace("-10,6", "-10,8")))).toMatchObject({
      code: "hunk-count-mismatch",
    });
  });

  it("tells its subject, author and date above the text", () => {
    expect(readPreamble(["", "[PATCH v2] cxl: x", "", "From: A Developer", "", "Date: Mon Mar 2 2026", ""])).toEqual({
      subject: "[PATCH v2] cxl: x",
      author: "A Developer",
      date: "Mon Mar 2 2026",
    });
    expect(readPreamble(["diff --git a/x b/x"])).toEqual({ subject: undefined, author: undefined, date: undefined });
  });
});

describe("a hunk from an archive's page (seed 11)", () => {
  it("gets its marks back, or none where the page does not tell", { tags: ["random"] }, () => {
    let restored = 0;
    fc.assert(
      fc.property(hunks, (lines) => {
        const count = (marks: string): number => lines.filter(([mark]) => marks.includes(mark)).length;
        const counts = { oldLines: count(" -"), newLines: count(" +") };
        const found = restoreHunk(
          lines.map(([mark, text]) => damaged(mark + text)),
          counts,
        );
        if (found === undefined) return;
        restored += 1;
        expect(found.map((line) => (line[0] ?? "") + damaged(line.slice(1)))).toEqual(
          lines.map(([mark, text]) => mark + damaged(text)),
        );
      }),
      { seed: 11, numRuns: 2000 },
    );
    expect(restored).toBeGreaterThan(1000);
  });

  it("takes a sign at the beginning for context when the counts leave no other way", () => {
    expect(restoreHunk(["int a", "- b;", "+int c;"], { oldLines: 2, newLines: 3 })).toEqual([
      " int a",
      " - b;",
      "+int c;",
    ]);
    expect(restoreHunk(["+ b", "int a;"], { oldLines: 2, newLines: 2 })).toEqual([" + b", " int a;"]);
    expect(restoreHunk(["+ b", "+int a;"], { oldLines: 1, newLines: 2 })).toBeUndefined();
  });
});
