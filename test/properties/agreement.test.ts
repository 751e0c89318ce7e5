import { describe, expect, it } from "vitest";
import { review } from "../support/review.ts";
import { widget } from "../support/widget.ts";

const HOTPLUG = "#include <linux/memory_hotplug.h>\n#include <linux/memory.h>";

const brokenBy = async (body: string, includes = ""): Promise<readonly string[]> =>
  (await review(widget({ includes, body }))).found.map(({ property, run }) => `${property}: ${run.join(", ")}`);

describe("the result of a command", () => {
  it("may be the error that made it fail, whatever succeeds and fails while it cleans up", async () => {
    const body = `
	void *p = kmalloc(8, GFP_KERNEL), *q;

	if (!p) {
		q = kmalloc(8, GFP_KERNEL);
		kfree(q);
		memory_group_unregister(7);
		err = -ENOMEM;
	}
	kfree(p);`;
    expect(await brokenBy(body, HOTPLUG)).toEqual([]);
  });

  it("may be an error of the driver's own once it has gone on behind a call that failed", async () => {
    const body = `
	void *p = kmalloc(8, GFP_KERNEL);

	if (!p) {
		p = kmalloc(4, GFP_KERNEL);
		if (!p)
			return -ENOMEM;
		err = -EINVAL;
	}
	kfree(p);`;
    expect(await brokenBy(body)).toEqual([]);
  });

  it("is no error that did not happen, also where the driver gives back and tells of it in between", async () => {
    const body = `
	void *p = kzalloc(8, GFP_KERNEL);
	int group = memory_group_register_static(1, 32768);

	if (group < 0) {
		kfree(p);
		return group;
	}
	if (!p) {
		memory_group_unregister(group);
		pr_info("no memory\\n");
		return -EINVAL;
	}
	kfree(p);
	p = kmalloc(8, GFP_KERNEL);
	memory_group_unregister(group);
	if (!p) {
		pr_info("no memory\\n");
		return -EINVAL;
	}
	kfree(p);`;
    expect(await brokenBy(body, HOTPLUG)).toEqual(["results-tell-what-happened: probe region0,   kmalloc = -ENOMEM"]);
  });
});

describe("an entry without a parameter for the online type", () => {
  it("is asked for none", async () => {
    const { system, found } = await review(widget({}));
    expect(found).toEqual([]);
    expect(system.commands[0]!.label).toBe("probe region0");
  });
});
