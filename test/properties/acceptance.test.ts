import { describe, expect, it } from "vitest";
import { explore } from "../../checker/explore.ts";
import { mergeParts, partOf, pricedPart, withRuns } from "../../checker/parts.ts";
import type { Subject } from "../../driver/patch/subject-file.ts";
import type { SysramAction, SysramState } from "../../harness/state.ts";
import type { SysramEvent } from "../../models/observation.ts";
import { claims } from "../../properties/index.ts";
import { doing, runLines, systemOf } from "../support/review.ts";
import { widget } from "../support/widget.ts";

const ONLY = claims.filter(({ id }) => id === "what-is-valid-is-accepted");
const SPEAKS_OF = /^(probe|unbind|echo|printf)/;

/** Searches a driver in all initial configurations, each a part of its own, as a review does. */
const judged = async (subject: Subject, maxDepth = Number.POSITIVE_INFINITY) => {
  const whole = await systemOf(subject, { configuration: { regions: 1, blocks: 1 } });
  const system = doing(whole, (label) => SPEAKS_OF.test(label));
  const parts = [];
  for (const initial of system.initial.keys()) {
    const part = partOf(system, initial);
    const found = await explore<SysramState, SysramAction, SysramEvent>(part, {
      ...{ claims: ONLY, faults: 0, bounds: { maxDepth } },
    });
    const exploration = withRuns(found, ({ steps }) => ({ initial, steps }));
    parts.push({ ...pricedPart(part, found), exploration });
  }
  const { properties, findings } = mergeParts(parts, { elapsedMs: 0 });
  const [{ verdict, because } = { verdict: undefined, because: "" }] = properties;
  return {
    verdict,
    because,
    found: findings.map(({ object, detail, counterexample }) => ({
      ...{ object, detail, run: runLines(system, counterexample) },
    })),
  };
};

const probing = (body: string): Subject =>
  widget({ includes: "#include <linux/memory.h>\n#include <linux/range.h>\n#include <linux/align.h>", body });

/** A driver with one attribute; `store` gives `err`. */
const storing = (attribute: string, store: string): Subject =>
  widget({
    includes: "#include <linux/string.h>\n#include <linux/memory.h>",
    top: `static void widget_release(struct device *dev) { kfree(dev); }
static ssize_t ${attribute}_store(struct device *dev, struct device_attribute *attr, const char *buf, size_t len)
{
	int err = -EINVAL;

	${store}
	return err ? err : len;
}
static DEVICE_ATTR_WO(${attribute});
static struct attribute *widget_attrs[] = { &dev_attr_${attribute}.attr, NULL };
ATTRIBUTE_GROUPS(widget);
static const struct device_type widget_type = { .name = "widget", .release = widget_release, .groups = widget_groups };
static void widget_unregister(void *data) { device_unregister(data); }`,
    body: `	struct device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);

	if (!dev)
		return -ENOMEM;
	device_initialize(dev);
	dev->parent = &cxlr->dev;
	dev->type = &widget_type;
	err = dev_set_name(dev, "widget%d", cxlr->id);
	if (!err)
		err = device_add(dev);
	if (err) {
		put_device(dev);
		return err;
	}
	err = devm_add_action_or_reset(&cxlr->dev, widget_unregister, dev);`,
  });

const HOLDS = { verdict: "holds", found: [] };

describe("a driver that refuses", () => {
  it("every probe accepts nothing", async () => {
    expect(await judged(probing("\terr = -EINVAL;"))).toEqual({
      verdict: "violated",
      because: "a probe: refused in the whole space, wherever it was asked for",
      found: [
        {
          object: "a probe",
          detail: "every probe is refused, whatever the region: here with -EINVAL, and no call of the kernel failed",
          run: ["probe region0"],
        },
      ],
    });
  });

  it("what it cannot use, and takes the rest, is right", async () => {
    const body = `	struct range range;

	err = cxl_region_get_hpa_range(cxlr, &range);
	if (!err && !IS_ALIGNED(range.start, memory_block_size_bytes()))
		err = -EINVAL;`;
    expect(await judged(probing(body))).toMatchObject(HOLDS);
  });

  it("every word of the kernel's in the attribute that is documented to take them accepts nothing", async () => {
    expect(await judged(storing("hotplug", ";"))).toMatchObject({
      verdict: "violated",
      found: [{ object: "a word in hotplug", run: ["probe region0", "echo offline > sysram_region0/hotplug"] }],
    });
  });

  it("a word because of its newline accepts nothing that echo writes, whatever the attribute is called", async () => {
    expect(await judged(storing("state", 'if (!strcmp(buf, "online"))\n\t\terr = 0;'))).toMatchObject({
      verdict: "violated",
      found: [
        {
          object: "a word in state",
          detail:
            'no word of the kernel\'s is taken as echo writes it, with a newline behind it: "echo offline > state" gives -EINVAL, and no call of the kernel failed',
          run: ["probe region0", "echo offline > sysram_region0/state"],
        },
      ],
    });
  });

  it.each([
    ["one word and takes another", "hotplug", 'if (sysfs_streq(buf, "online"))\n\t\terr = 0;'],
    ["the kernel's words, and has its own", "mode", 'if (sysfs_streq(buf, "plug"))\n\t\terr = 0;'],
    ["because a call of the kernel does", "hotplug", "err = memory_group_unregister(100);"],
  ])("%s is right", async (_, attribute, store) => {
    expect(await judged(storing(attribute, store))).toMatchObject(HOLDS);
  });

  it("everything so far is not blamed for what was not looked at", async () => {
    const { verdict, because, found } = await judged(
      storing("hotplug", "static int tries;\n\n\tif (tries < 5)\n\t\ttries++;"),
      2,
    );
    expect({ verdict, found }).toEqual({ verdict: "inconclusive", found: [] });
    expect(because).toMatch(/^a word in hotplug: refused so far, but the search stopped at its depth limit/);
  });
});
