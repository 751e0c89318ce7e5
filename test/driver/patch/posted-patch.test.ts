import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, type TestContext } from "vitest";
import { findEntry } from "../../../driver/patch/entry.ts";
import { readInputs, type Subject } from "../../../driver/patch/subject.ts";

const inputs = join(import.meta.dirname, "../../../../shared/inputs");

/** The subject of a real input; the test is skipped where the folder with these is not there. */
const subjectOf = async ({ skip }: TestContext, name: string): Promise<Subject> => {
  const path = join(inputs, name);
  skip(!existsSync(path), `the real input ${path} is not on this machine`);
  return readInputs([path]);
};

const driver = "drivers/cxl/core/region_sysram.c";

/** Which lines of a header the compiler is given, read off its `#line` directives. */
const numbersOf = (text: string): readonly number[] => {
  let next = 0;
  const numbers: number[] = [];
  for (const line of text.trimEnd().split("\n")) {
    const directive = /^#line (\d+) /.exec(line);
    if (directive !== null) next = Number(directive[1]);
    else {
      numbers.push(next);
      next += 1;
    }
  }
  return numbers;
};

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, at) => from + at);

describe("the posted patch", () => {
  it("gives the driver whole, and of the headers what it adds", async (context) => {
    const subject = await subjectOf(context, "v4-24of27.mbox");

    expect(subject.files.map(({ path, role }) => [path, role])).toEqual([
      [driver, "driver"],
      ["drivers/cxl/core/core.h", "header additions"],
      ["drivers/cxl/cxl.h", "header additions"],
    ]);
    expect(subject.kind).toBe("patch");
    expect(subject.title).toBe("[RFC PATCH v4 24/27] cxl/core: Add cxl_sysram region type");
    expect(subject.messageId).toBe("<20260222084842.1824063-25-gourry@gourry.net>");
    expect(subject.author).toContain("gourry@gourry.net");
    expect(subject.date).toBe("Sun, 22 Feb 2026 03:48:39 -0500");
    expect(subject.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it("keeps each line of the new file under its number", async (context) => {
    const subject = await subjectOf(context, "v4-24of27.mbox");
    const [file] = subject.files;

    expect(file?.lines.size).toBe(351);
    expect(file?.text.split("\n")).toHaveLength(352);
    expect([...(file?.lines.values() ?? [])].join("\n")).toBe(file?.text.trimEnd());
    const mail = readFileSync(join(inputs, "v4-24of27.mbox"), "utf8").split("\n");
    const hunk = mail.indexOf("@@ -0,0 +1,351 @@");
    for (const [number, line] of file?.lines ?? []) expect(`+${line}`).toBe(mail[hunk + number]);
  });

  it("numbers what it adds to core.h as the patch leaves the file", async (context) => {
    const subject = await subjectOf(context, "v4-24of27.mbox");
    const header = subject.files[1]!;

    expect(numbersOf(header.text)).toEqual([38, 50, 59]);
    expect(header.lines.get(38)).toMatch(/^extern .* cxl_sysram_type;$/);
    expect(header.lines.get(50)).toMatch(/^#define CXL_SYSRAM_TYPE\(x\) \(&/);
    expect(header.lines.get(59)).toMatch(/^int devm_cxl_add_sysram\(/);
    expect(header.lines.get(94)).toMatch(/^#define CXL_SYSRAM_TYPE\(x\) NULL$/);
    expect(header.lines.get(1)).toBeUndefined();
  });

  it("numbers what it adds to cxl.h as the patch leaves the file", async (context) => {
    const subject = await subjectOf(context, "v4-24of27.mbox");
    const header = subject.files[2]!;

    expect(numbersOf(header.text)).toEqual([...range(610, 636), 838, 921, 969, ...range(988, 991)]);
    expect(header.lines.get(610)).toBe("/**");
    expect(header.lines.get(625)).toBe("struct cxl_sysram {");
    expect(header.lines.get(636)).toBe("};");
    expect(header.lines.get(838)).toMatch(/^DEFINE_FREE\(put_cxl_sysram, /);
    expect(header.lines.get(921)).toMatch(/ \*cxl_region_find_sysram\(/);
    expect(header.lines.get(969)).toMatch(/^#define CXL_DEVICE_SYSRAM\s+10$/);
    expect(header.text).not.toMatch(/static inline|NULL$|-ENXIO/m);
  });

  it("says what it leaves out", async (context) => {
    const subject = await subjectOf(context, "v4-24of27.mbox");

    expect(subject.notes).toEqual([
      "only patch 24 of 27 is given: what the others change is not known",
      "drivers/cxl/core/port.c: only hunks are known, not compiled",
      "drivers/cxl/core/core.h: line 94: for a kernel without the feature, left out",
      "drivers/cxl/cxl.h: lines 1010-1022: for a kernel without the feature, left out",
      "drivers/cxl/core/Makefile: not C, left out",
    ]);
  });

  it("has the entry that a region driver's probe calls", async (context) => {
    const subject = await subjectOf(context, "v4-24of27.mbox");
    const entry = findEntry(subject.files[0]?.text ?? "");

    expect(entry).toEqual({
      name: "devm_cxl_add_sysram",
      parameters: [
        { type: "struct cxl_region *", name: "cxlr" },
        { type: "enum mmop", name: "online_type" },
      ],
      line: 260,
      isStatic: false,
    });
    expect(subject.files[0]?.lines.get(260)).toMatch(/^int devm_cxl_add_sysram\(/);
  });
});

describe("the posted patch as an archive's web page", () => {
  it("gives the same C but for white space, on the same lines", async (context) => {
    const mail = await subjectOf(context, "v4-24of27.mbox");
    const page = await subjectOf(context, "v4-24of27.archive-page.txt");

    const collapsed = (text: string): string => text.replace(/[ \t]+/g, " ").replace(/^ | $/gm, "");
    expect(page.files.map(({ path, role }) => [path, role])).toEqual(mail.files.map(({ path, role }) => [path, role]));
    for (const [at, { text, lines }] of mail.files.entries()) {
      const other = page.files[at]!;
      expect(collapsed(other.text)).toBe(collapsed(text));
      expect([...other.lines].map(([number, line]) => [number, collapsed(line)])).toEqual(
        [...lines].map(([number, line]) => [number, collapsed(line)]),
      );
    }
  });

  it("finds the title above the text, and says what is lost", async (context) => {
    const page = await subjectOf(context, "v4-24of27.archive-page.txt");

    expect(page.title).toBe("[RFC PATCH v4 24/27] cxl/core: Add cxl_sysram region type");
    expect(page.author).toBe("Gregory Price");
    expect(page.messageId).toBeUndefined();
    expect(page.notes[0]).toMatch(/archive's web page, which has lost its white space/);
  });
});
