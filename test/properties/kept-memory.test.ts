import { describe, expect, it } from "vitest";
import { renderReport } from "../../report/terminal.ts";
import { composeReport } from "../../verify/compose-report.ts";
import { PIN, SIGNAL, UNBIND } from "../support/commands.ts";
import { doing, exploreAll, runLines, SMALL, systemOf } from "../support/review.ts";
import { widget } from "../support/widget.ts";

const INCLUDES = ["ioport", "memory", "memory-tiers", "memory_hotplug", "mm", "range"]
  .map((name) => `#include <linux/${name}.h>`)
  .join("\n");

const REMOVES = "offline_and_remove_memory(w->range.start, range_len(&w->range))";

/** What the driver does where others do something else. */
interface Parts {
  /** Where what it holds cannot be removed. */
  readonly stuck: string;
  /** How it removes it, as a condition that is true where that fails. */
  readonly removes?: string;
  /** Where its probe fails. */
  readonly failed?: string;
}

/** A driver that adds the memory of its region, and removes it when it goes. */
const driver = ({ stuck, removes = REMOVES, failed = "" }: Parts) =>
  widget({
    includes: INCLUDES,
    top: `struct widget {
	struct device *dev;
	struct range range;
	char *name;
	struct memory_dev_type *type;
	int mgid;
	struct resource *res;
};

static void widget_free(struct widget *w)
{
	if (w->res) {
		remove_resource(w->res);
		kfree(w->res);
	}
	if (w->type)
		clear_node_memory_type(1, w->type);
	if (w->mgid >= 0)
		memory_group_unregister(w->mgid);
	kfree(w->name);
	kfree(w);
}

static void widget_remove(void *data)
{
	struct widget *w = data;

	if (${removes}) {
		${stuck}
		return;
	}
	widget_free(w);
}

static int widget_add(struct widget *w)
{
	u64 start = w->range.start, size = range_len(&w->range);
	struct memory_dev_type *type;
	int err;

	w->name = kasprintf(GFP_KERNEL, "widget");
	if (!w->name)
		return -ENOMEM;
	w->mgid = memory_group_register_static(1, PFN_UP(size));
	if (w->mgid < 0)
		return w->mgid;
	type = mt_get_memory_type(100);
	if (IS_ERR(type))
		return PTR_ERR(type);
	init_node_memory_type(1, type);
	w->type = type;
	w->res = request_mem_region(start, size, w->name);
	if (!w->res)
		return -EBUSY;
	w->res->flags = IORESOURCE_SYSTEM_RAM;
	err = __add_memory_driver_managed(w->mgid, start, size, "System RAM (widget)", MHP_NID_IS_MGID,
					  MMOP_ONLINE_MOVABLE);
	return err;
}`,
    body: `	struct widget *w = kzalloc(sizeof(*w), GFP_KERNEL);

	if (!w)
		return -ENOMEM;
	w->dev = &cxlr->dev;
	w->mgid = -1;
	err = cxl_region_get_hpa_range(cxlr, &w->range);
	if (!err)
		err = widget_add(w);
	if (err) {
		${failed}
		widget_free(w);
		return err;
	}
	err = devm_add_action_or_reset(&cxlr->dev, widget_remove, w);`,
  });

const SPEAKS_OF = /^(probe|unbind|decommit|a page|the page|the administrator)/;

const told = async (parts: Parts, faults = 1) => {
  const subject = driver(parts);
  const system = doing(await systemOf(subject, SMALL), (label) => SPEAKS_OF.test(label));
  const exploration = await exploreAll(system, { faults });
  const { report } = composeReport({
    ...{ subject, system, configuration: system.configuration, exploration, options: {} },
  });
  const look = { width: 400, isColour: false, isVerbose: false };
  const text = renderReport(report, {
    ...look,
    command: { program: "p", command: "review", given: new Map(), inputs: [] },
  });
  return {
    ending: exploration.ending,
    broken: [...new Set(exploration.findings.map(({ property }) => property))].sort(),
    isNoted: text.includes("  kept on purpose: memory that could not be removed when the driver went stays for good"),
    kept: report.keptOnPurpose.map(({ function: name, text }) => `${name}: ${text?.trim()}`),
    first: runLines(system, exploration.findings[0]?.counterexample ?? { initial: 0, steps: [] }),
  };
};

const WARN = 'dev_warn(w->dev, "stuck online until reboot\\n");';

describe("memory that could not be removed when the driver goes", () => {
  it.each([
    ["dev_warn()", WARN, 2],
    ["pr_err()", 'pr_err("stuck online until reboot\\n");', 1],
    ["WARN()", 'WARN(1, "stuck online until reboot\\n");', 1],
  ])("may be kept with all that belongs to it, where %s says so, which is noted", async (_, stuck, faults) => {
    expect(await told({ stuck }, faults)).toEqual({
      ending: "exhausted",
      broken: [],
      isNoted: true,
      kept: [`widget_remove: ${stuck}`],
      first: [],
    });
  });

  it.each([
    ["in silence", ";"],
    ["with a word that nobody sees", 'dev_info(w->dev, "stuck online until reboot\\n");'],
  ])("is not kept %s", async (_, stuck) => {
    const { broken, kept, first, isNoted } = await told({ stuck });
    expect(isNoted).toBe(false);
    expect(broken).toEqual(["allocations-are-freed", "groups-are-unregistered", "memory-has-a-backing-region"]);
    expect(kept).toEqual([]);
    expect(first).toEqual(["probe region0", PIN, UNBIND, SIGNAL]);
  });

  it("is not kept with a word that comes when it is bound again", async () => {
    const { broken, kept } = await told({ stuck: ";", failed: 'dev_err(w->dev, "cannot be added\\n");' });
    expect(broken).toContain("groups-are-unregistered");
    expect(kept).toEqual([]);
  });

  it.each([
    ["nobody tried to remove it", "true"],
    ["what was tried could never have removed it", "offline_and_remove_memory(w->range.start + 1, 1)"],
    ["it was only looked at", "mhp_range_allowed(w->range.start, range_len(&w->range), true)"],
  ])("is not kept where %s, whatever is said", async (_, removes) => {
    const { broken, kept, first, isNoted } = await told({ stuck: WARN, removes }, 0);
    expect({ kept, isNoted }).toEqual({ kept: [], isNoted: false });
    expect(broken).toEqual(["allocations-are-freed", "groups-are-unregistered", "memory-has-a-backing-region"]);
    expect(first).toEqual(["probe region0", UNBIND]);
  });

  it.each([
    ["its name", "kfree(w->name);", "names-outlive-resources"],
    ["its resource", "remove_resource(w->res);\n\t\tkfree(w->res);", "memory-has-a-backing-region"],
    ["the memory type of its node", "clear_node_memory_type(1, w->type);", "memory-types-balance"],
  ])("is not kept without %s, whatever is said", async (_, freed, property) => {
    expect((await told({ stuck: `${WARN}\n\t\t${freed}` })).broken).toContain(property);
  });
});
