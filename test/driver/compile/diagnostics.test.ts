import { describe, expect, it } from "vitest";
import { BuildError } from "../../../driver/compile/build-error.ts";
import { hashFiles, numbered, type Subject, type SubjectFile } from "../../../driver/patch/subject-file.ts";
import { buildSubject } from "../../../harness/build-subject.ts";
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
