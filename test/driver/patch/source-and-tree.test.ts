import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readSource, readTree } from "../../../driver/patch/subject.ts";
import { driverText, refusal } from "./small-patch.ts";

const root = mkdtempSync(join(tmpdir(), "sysram-verify-"));
afterAll(() => rmSync(root, { recursive: true }));

let folders = 0;

/** A new folder with files in it. */
const folderOf = (files: Readonly<Record<string, string>>): string => {
  folders += 1;
  const folder = join(root, `${folders}`);
  mkdirSync(folder);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
};

const c = (...lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");

const sysram = c(
  "#include <linux/slab.h>",
  '#include "core.h"',
  '#include "region_sysram.h"',
  "int devm_cxl_add_sysram(struct cxl_region *cxlr, enum mmop type)",
  "{",
  '\treturn sysram_tier(cxlr) ?: __add_memory_driver_managed(0, 0, 0, "x", 0);',
  "}",
);

const coreHeader = c(
  "#ifndef __CXL_CORE_H__",
  "#define __CXL_CORE_H__",
  "struct cxl_sysram;",
  "#ifdef CONFIG_CXL_REGION",
  "int devm_cxl_add_pmem_region(struct cxl_region *cxlr);",
  "/* Adds it. */",
  "int devm_cxl_add_sysram(struct cxl_region *cxlr,",
  "\t\t\tenum mmop type);",
  "#define CXL_SYSRAM_TYPE(x) (&cxl_sysram_type)",
  "#else",
  "static inline int devm_cxl_add_sysram(struct cxl_region *cxlr, enum mmop type)",
  "{",
  "\treturn -ENXIO;",
  "}",
  "#define CXL_SYSRAM_TYPE(x) NULL",
  "#endif",
  "struct cxl_region {",
  "\tstruct cxl_sysram *sysram;",
  "};",
  "#endif /* __CXL_CORE_H__ */",
);

const cxlHeader = c(
  "#ifndef __CXL_H__",
  "#define __CXL_H__",
  "/**",
  " * struct cxl_sysram - it's kept",
  " */",
  "struct cxl_sysram {",
  "\tstruct device dev;",
  "};",
  "DEFINE_FREE(put_cxl_sysram, struct cxl_sysram *, if (_T) put_device(&_T->dev))",
  "#define CXL_DEVICE_SYSRAM 10",
  "#define CXL_DEVICE_PMU 9",
  "#endif",
);

const core = "drivers/cxl/core";

const tree: Readonly<Record<string, string>> = {
  [`${core}/region.c`]: c(
    "static int devm_cxl_add_dax_region(struct cxl_region *cxlr)",
    "{",
    "\treturn devm_cxl_add_sysram(cxlr, 0);",
    "}",
  ),
  [`${core}/region_sysram.c`]: sysram,
  [`${core}/sysram_tier.c`]: c("int sysram_tier(struct cxl_region *cxlr)", "{", "\treturn 0;", "}"),
  [`${core}/sysram_debug.c`]: c("int sysram_debug(void)", "{", "\treturn 0;", "}"),
  [`${core}/empty.c`]: "",
  [`${core}/core.h`]: coreHeader,
  [`${core}/region_sysram.h`]: c("int sysram_tier(struct cxl_region *cxlr);"),
  "drivers/cxl/cxl.h": cxlHeader,
};

const coreAdditions = c(
  `#line 3 "${core}/core.h"`,
  "struct cxl_sysram;",
  `#line 6 "${core}/core.h"`,
  "/* Adds it. */",
  "int devm_cxl_add_sysram(struct cxl_region *cxlr,",
  "\t\t\tenum mmop type);",
  "#define CXL_SYSRAM_TYPE(x) (&cxl_sysram_type)",
);
const cxlAdditions = c('#line 3 "drivers/cxl/cxl.h"', ...cxlHeader.split("\n").slice(2, 10));

describe("a kernel tree", () => {
  it("gives the driver, what is named like it, and what the headers say of it", async () => {
    const subject = await readTree(folderOf(tree));

    expect(subject.kind).toBe("tree");
    expect(subject.files.map(({ path, role, text }) => ({ path, role, text }))).toEqual([
      { path: `${core}/region_sysram.c`, role: "driver", text: sysram },
      { path: `${core}/sysram_tier.c`, role: "driver", text: tree[`${core}/sysram_tier.c`] },
      { path: `${core}/core.h`, role: "header additions", text: coreAdditions },
      { path: "drivers/cxl/cxl.h", role: "header additions", text: cxlAdditions },
      { path: `${core}/region_sysram.h`, role: "header", text: tree[`${core}/region_sysram.h`] },
    ]);
    expect(subject.files[2]?.lines.get(1)).toBe("#ifndef __CXL_CORE_H__");
    expect(subject.notes).toEqual([
      `${core}/sysram_tier.c: compiled too, since the driver needs sysram_tier from it`,
      `${core}/core.h: lines 11-15: for a kernel without the feature, left out`,
      `${core}/core.h: lines 17-19: a declaration that the stand-in header has in its own words, left out`,
    ]);
  });

  it("is refused without the driver, and when it is none", async () => {
    const { [`${core}/region_sysram.c`]: _, ...without } = tree;
    expect(await refusal(readTree(folderOf(without)))).toMatchObject({ code: "no-driver" });
    expect(await refusal(readTree(folderOf({ README: "hello" })))).toMatchObject({ code: "not-a-kernel-tree" });
    expect(await refusal(readTree(join(root, "missing")))).toMatchObject({ code: "no-such-file" });
    expect(await refusal(readTree(join(folderOf({ file: "x" }), "file")))).toMatchObject({ code: "not-a-directory" });
  });
});

describe("a source", () => {
  it("comes with the headers beside it that it includes", async () => {
    const folder = folderOf({
      "widget.c": `#include "widget.h"\n#include "../above.h"\n#include "missing.h"\n${driverText}`,
      "widget.h": '#include "nested.h"\n',
      "nested.h": '#include "widget.h"\n',
      "other.h": "",
      "core.h": "#define OWN 1\n",
    });
    const subject = await readSource(join(folder, "widget.c"));

    expect(subject).toMatchObject({ kind: "source", name: join(folder, "widget.c"), notes: [] });
    expect(subject.files.map(({ path, role }) => [path, role])).toEqual([
      ["widget.c", "driver"],
      ["widget.h", "header"],
      ["nested.h", "header"],
      ["core.h", "header"],
    ]);
    expect(subject.files[0]?.lines.get(1)).toBe('#include "widget.h"');
  });

  it("in a kernel tree takes of the kernel's headers only what they say of the driver", async () => {
    const folder = folderOf({
      ...tree,
      [`${core}/region_sysram.c`]: sysram.replace("slab.h>", "slab.h>\n#include <cxl.h>"),
    });
    const subject = await readSource(join(folder, `${core}/region_sysram.c`));

    expect(subject.files.map(({ path, role }) => [path, role])).toEqual([
      [`${core}/region_sysram.c`, "driver"],
      ["drivers/cxl/cxl.h", "header additions"],
      [`${core}/core.h`, "header additions"],
      [`${core}/region_sysram.h`, "header"],
    ]);
    expect(subject.files[1]?.text).toBe(cxlAdditions);
    expect(subject.files[2]?.text).toBe(coreAdditions);
  });

  it("has the same hash wherever it lies", async () => {
    const one = await readSource(join(folderOf({ "widget.c": driverText }), "widget.c"));
    const other = await readSource(join(folderOf({ "widget.c": driverText.replaceAll("\n", "\r\n") }), "widget.c"));
    expect(one.sha256).toBe(other.sha256);
  });

  it("is refused without an entry, empty, or missing", async () => {
    const folder = folderOf({ "none.c": "int x;\n", "empty.c": "" });
    expect(await refusal(readSource(join(folder, "none.c")))).toMatchObject({ code: "no-driver" });
    expect(await refusal(readSource(join(folder, "empty.c")))).toMatchObject({ code: "empty-file" });
    expect(await refusal(readSource(join(folder, "missing.c")))).toMatchObject({ code: "no-such-file" });
  });
});
