import { describe, expect, it } from "vitest";
import type { Subject } from "../../driver/patch/subject-file.ts";
import type { Report } from "../../report/report.ts";
import { renderReport } from "../../report/terminal.ts";
import { composeReport } from "../../verify/compose-report.ts";
import { exploreAll, SMALL, subjectOfC, systemOf } from "../support/review.ts";
import { type WidgetParts, widget, widgetText } from "../support/widget.ts";

const reported = async (subject: Subject): Promise<Report> => {
  const system = await systemOf(subject, SMALL);
  const exploration = await exploreAll(system);
  return composeReport({ subject, system, configuration: system.configuration, exploration, options: {} }).report;
};

/** What a driver gets: what was never run, the verdicts without doubles, and the top of the text. */
const told = async (parts: WidgetParts | Subject) => {
  const report = await reported("files" in parts ? parts : widget(parts));
  const text = renderReport(report, {
    isVerbose: false,
    width: 400,
    isColour: false,
    command: { program: "p", command: "review", given: new Map(), inputs: [] },
  });
  return {
    neverRun: report.neverRun.map(({ kind, function: name, because }) => `${kind} ${name}: ${because}`),
    verdicts: [...new Set(report.properties.map(({ verdict }) => verdict))].sort(),
    because: report.properties.find(({ verdict }) => verdict === "inconclusive")?.because.replace(/.*, but /, ""),
    top: text.split("\n").find((line) => line.startsWith("  never run")),
  };
};

const STORE = `static ssize_t boom_store(struct device *dev, struct device_attribute *attr, const char *buf, size_t len)
{
	kfree(dev);
	return len;
}
static DEVICE_ATTR_WO(boom);
static struct attribute *boom_attrs[] = { &dev_attr_boom.attr, NULL };
static const struct attribute_group boom_group = { .name = "memctl", .attrs = boom_attrs };`;

describe("code that was never run", () => {
  it("is a function that nothing calls, and then nothing holds", async () => {
    expect(await told({ top: STORE, body: "\terr = devm_device_add_group(&cxlr->dev, &boom_group);" })).toEqual({
      neverRun: ["function boom_store: nothing that the environment does calls boom_store()"],
      verdicts: ["inconclusive", "unreached"],
      because: "boom_store() was never run",
      top: "  never run: boom_store() in region_widget.c:9 (nothing that the environment does calls boom_store())",
    });
  });

  it("is a part of one that stands behind a word which nobody writes", async () => {
    const top = `#include <linux/string.h>
static const char *word = "plugged";`;
    const body = `	if (sysfs_streq(word, "unplugged"))
		kfree(cxlr);`;
    expect(await told({ top, body })).toMatchObject({
      neverRun: [expect.stringMatching(/^part devm_cxl_add_widget: sysfs_streq\(\) at line \d+ never returned true$/)],
      verdicts: ["inconclusive", "unreached"],
      because: "a part of devm_cxl_add_widget() was never run",
    });
  });

  it("is a part of the entry where that takes what nobody knows the meaning of", async () => {
    const text = widgetText({ body: "\tif (private)\n\t\tkfree(cxlr);" });
    const subject = subjectOfC(text.replace("cxl_region *cxlr)", "cxl_region *cxlr, bool private)"));
    expect(await told(subject)).toMatchObject({
      neverRun: ["part devm_cxl_add_widget: nobody gives another value than 0 for its bool"],
      verdicts: ["inconclusive", "unreached"],
      because: "a part of devm_cxl_add_widget() was never run",
    });
  });

  it("is none where the driver holds no more than what was run", async () => {
    const top = "static int twice(int n)\n{\n\treturn 2 * n;\n}";
    expect(await told({ top, body: "\terr = twice(0);" })).toEqual({
      neverRun: [],
      verdicts: ["holds", "unreached"],
      because: undefined,
      top: undefined,
    });
  });
});
