import { describe, expect, it } from "vitest";
import { BuildError } from "../../../driver/compile/build-error.ts";
import { hashFiles, numbered, type Subject, type SubjectFile } from "../../../driver/patch/subject-file.ts";
import { buildNotes, buildSubject } from "../../../harness/build-subject.ts";
import { subjectOfC } from "../../support/review.ts";
import { WIDGET_PATH, type WidgetParts, widget, widgetText } from "../../support/widget.ts";

const refusal = async (subject: Subject) => {
  const error: unknown = await buildSubject(subject).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof BuildError)) throw new Error(`it was not refused: ${error}`);
  return { code: error.code, message: error.message, hint: error.hint };
};

describe("what a driver uses and the models lack", () => {
  it.each<[what: string, parts: WidgetParts, expected: object]>([
    [
      "functions that it declares itself, with the first line of the first and the names of the others",
      {
        top: "int mt_one(void);\nvoid two(long a);\nint three(const char *f, ...);\nint unused(void);",
        body: '\tif (cxlr->id)\n\t\terr = mt_one();\n\ttwo(3);\n\terr += three("x", 1) + mt_one();',
      },
      {
        code: "not-modelled",
        message: `${WIDGET_PATH}:15: calls mt_one(), which is not modelled (and 2 more: two, three)`,
        hint: "its model belongs in models/memory-tier.ts, its prototype in driver/include/",
      },
    ],
    [
      "a function that nobody declares",
      { body: "\tsysfs_frobnicate(cxlr);" },
      {
        code: "not-modelled",
        message: `${WIDGET_PATH}:11: calls sysfs_frobnicate(), which is not modelled`,
        hint: "its model belongs in models/sysfs.ts, its prototype in driver/include/",
      },
    ],
    [
      "a function that nobody declares, whose name tells no part of the kernel",
      { body: "\tfrobnicate(cxlr);" },
      {
        code: "not-modelled",
        message: `${WIDGET_PATH}:11: calls frobnicate(), which no header that was given declares, and which is not modelled`,
        hint: "give the header or the patch that declares it; if it is the kernel's, its model belongs in a new file in models/, its prototype in driver/include/",
      },
    ],
    [
      "a function whose address is all that it takes",
      { top: "void helper(void *data);", body: "\terr = devm_add_action(&cxlr->dev, helper, cxlr);" },
      {
        code: "not-modelled",
        message: `${WIDGET_PATH}:11: calls helper(), which is not modelled`,
        hint: "its model belongs in a new file in models/, its prototype in driver/include/",
      },
    ],
    [
      "a function that a variable begins with",
      { top: "void frob_release(struct device *dev);\nstruct device_type frob = { .release = frob_release };" },
      { code: "not-modelled", message: `${WIDGET_PATH}:8: calls frob_release(), which is not modelled` },
    ],
    [
      "a variable",
      { top: "extern int memory_frobnication;", body: "\terr = memory_frobnication;" },
      {
        code: "not-modelled",
        message: `${WIDGET_PATH}:11: uses memory_frobnication, which is not modelled`,
        hint: "its definition belongs to models/memory-hotplug.ts, its declaration in driver/include/",
      },
    ],
    [
      "a field",
      { body: "\tcxlr->dev.frobnicated = 1;" },
      {
        code: "not-modelled",
        message: `${WIDGET_PATH}:11: uses the field frobnicated of struct device, which is not modelled`,
      },
    ],
    [
      "a type",
      { body: "\tfrob_t x = 1;" },
      { code: "not-modelled", message: expect.stringMatching(/region_widget\.c:11: .*'frob_t'/) },
    ],
    [
      "a constant",
      { body: "\terr = MMOP_FROBNICATE;" },
      { code: "not-modelled", message: expect.stringMatching(/region_widget\.c:11: .*'MMOP_FROBNICATE'/) },
    ],
  ])("is told: %s", async (_, parts, expected) => {
    expect(await refusal(widget(parts))).toMatchObject(expected);
  });
});

describe("a function that is called before it is declared", () => {
  const bottom = "static int later(void)\n{\n\treturn 0;\n}\n";
  const withBottom = (text: string): Subject => subjectOfC(`${text}\n${bottom}`);

  it("is told with the line in which the file defines it", async () => {
    const text = widgetText({ body: "\terr = later();" });
    const line = `${text}\n${bottom}`.split("\n").indexOf("static int later(void)") + 1;
    expect(await refusal(withBottom(text))).toEqual({
      code: "does-not-compile",
      message: `${WIDGET_PATH}:11: calls later(), which is defined in line ${line}, below, and not declared above the call`,
      hint: "declare it above, in the file or in a header that it includes; if the patch's header does, give that too",
    });
  });

  it("is told with the header that would declare it", async () => {
    const text = "int devm_cxl_add_widget(struct cxl_region *cxlr)\n{\n\tkfree(cxlr);\n\treturn 0;\n}\n";
    expect(await refusal(subjectOfC(`struct cxl_region;\n${text}`))).toMatchObject({
      code: "does-not-compile",
      message: expect.stringMatching(
        /:4: calls kfree\(\), which <linux\/slab\.h> declares, and nothing includes that$/,
      ),
    });
  });

  it("is told together with the others, and with what the models lack", async () => {
    const body = "\terr = later();\n\tsysfs_frobnicate(cxlr);\n\terr = declared();\n\terr = later();";
    const { message } = await refusal(withBottom(widgetText({ top: "int declared(void);", body })));
    expect(message).toMatch(
      /calls later\(\), which is defined .* \(and 2 more: sysfs_frobnicate\(\) in line \d+, which is not modelled; declared, which is not modelled\)$/,
    );
  });
});

describe("a header of the kernel's that has no stand-in", () => {
  const include = "#include <linux/frobnicate.h>";

  it("is taken as empty, and that is noted", async () => {
    const subject = widget({ includes: include });
    await expect(buildSubject(subject)).resolves.toHaveProperty("wasm");
    expect(buildNotes(subject)).toEqual([
      "<linux/frobnicate.h>: included, and there is no stand-in for it; taken as empty",
    ]);
    expect(buildNotes(widget({}))).toEqual([]);
  });

  it("is named where what the driver uses may come from it", async () => {
    expect(await refusal(widget({ includes: include, body: "\tfrobnicate(cxlr);" }))).toMatchObject({
      message: expect.stringMatching(/calls frobnicate\(\), which is not modelled$/),
      hint: expect.stringMatching(/; there is no stand-in for <linux\/frobnicate\.h>$/),
    });
    expect((await refusal(widget({ includes: include, body: "\tfrob_t x = 1;" }))).hint).toContain(
      "<linux/frobnicate.h>",
    );
  });

  it("is refused where it is none of the kernel's", async () => {
    expect(await refusal(widget({ includes: '#include "frobnicate.h"' }))).toMatchObject({
      code: "no-stand-in",
      message: expect.stringMatching(/includes "frobnicate\.h", which was not given/),
    });
    expect(await refusal(widget({ includes: "#include <frobnicate.h>" }))).toMatchObject({ code: "no-stand-in" });
  });
});

describe("a static function whose name a stand-in header has too", () => {
  it("is the driver's own, be it defined there or declared", async () => {
    const top = [
      "static struct cxl_region *to_cxl_region(struct device *dev)\n{\n\treturn (void *)dev;\n}",
      "static void kfree(const void *p)\n{\n}",
    ].join("\n");
    const image = await buildSubject(widget({ top, body: "\tkfree(to_cxl_region(&cxlr->dev));" }));
    expect(image.kernelFunctions.map(({ name }) => name)).not.toContain("kfree");
  });

  it("leaves fields of that name alone", async () => {
    const top = "static void release(struct device *dev)\n{\n}\nstruct device_type frob = { .release = release };";
    await expect(buildSubject(widget({ top }))).resolves.toHaveProperty("wasm");
  });

  it("is refused as anything else with the place of the other", async () => {
    expect(await refusal(widget({ top: "struct cxl_region { int a; };" }))).toMatchObject({
      code: "does-not-compile",
      message: expect.stringMatching(/redefinition of 'cxl_region' \(the stand-in header cxl\.h:\d+ has it already\)$/),
    });
  });
});

describe("C that does not compile", () => {
  it("is told with the line of the driver that expands a macro", async () => {
    expect(await refusal(widget({ body: "\tguard(mutex)(&cxlr->nothing);" }))).toMatchObject({
      message: `${WIDGET_PATH}:11: uses the field nothing of struct cxl_region, which is not modelled`,
    });
  });

  it("is told with the line of a header that the patch adds", async () => {
    const subject = subjectOfC(widgetText({ includes: '#include "widget.h"' }));
    const text = "struct widget {\n\tint a;\n\tint b c;\n};\n";
    const header: SubjectFile = {
      path: "drivers/cxl/core/widget.h",
      role: "header",
      text,
      lines: numbered(text.split("\n")),
    };
    const files = [...subject.files, header];
    expect(await refusal({ ...subject, files, sha256: hashFiles(files) })).toMatchObject({
      code: "does-not-compile",
      message: "drivers/cxl/core/widget.h:3: expected ';' at end of declaration list",
    });
  });

  it("is told with the line of a kernel header that the patch changes", async () => {
    const additions = '#line 640 "drivers/cxl/cxl.h"\nint fine(void);\nint broken(;\n';
    expect(await refusal(subjectOfC(widgetText({}), additions))).toMatchObject({
      code: "does-not-compile",
      message: expect.stringMatching(/^drivers\/cxl\/cxl\.h:641: expected/) as string,
    });
  });
});
