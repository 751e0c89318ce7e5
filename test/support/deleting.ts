import type { Subject } from "../../driver/patch/subject-file.ts";
import { type Edit, replaceOnce, subjectOfC } from "./review.ts";

/**
 * A small driver of ours whose device has a file, `delete`, that deletes it. Who comes first, the file or an unbind, deletes the
 * device, and the other one does not; an unbind waits for a deletion that it finds under way. It keeps every property.
 */
const TEXT = `#include <linux/completion.h>
#include <linux/device.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <cxl.h>
#include "core.h"

struct box {
	struct device dev;
	struct mutex lock;
	struct completion ended;
	bool ends;
};

static bool box_begin_end(struct box *box)
{
	guard(mutex)(&box->lock);

	if (box->ends)
		return false;
	box->ends = true;
	return true;
}

static ssize_t delete_store(struct device *dev, struct device_attribute *attr, const char *buf, size_t len)
{
	struct box *box = container_of(dev, struct box, dev);
	ssize_t result = len;

	get_device(dev);
	if (!device_remove_file_self(dev, attr)) {
		result = -ENODEV;
	} else if (box_begin_end(box)) {
		device_del(dev);
		complete_all(&box->ended);
	}
	put_device(dev);

	return result;
}
static DEVICE_ATTR_WO(delete);

static struct attribute *box_attrs[] = { &dev_attr_delete.attr, NULL };
ATTRIBUTE_GROUPS(box);

static void box_release(struct device *dev)
{
	kfree(container_of(dev, struct box, dev));
}

static const struct device_type box_type = {
	.name = "box",
	.groups = box_groups,
	.release = box_release,
};

static void box_remove(void *data)
{
	struct box *box = data;

	if (box_begin_end(box))
		device_del(&box->dev);
	else
		wait_for_completion(&box->ended);
	put_device(&box->dev);
}

int devm_cxl_add_box(struct cxl_region *cxlr)
{
	struct box *box;
	int err;

	box = kzalloc(sizeof(*box), GFP_KERNEL);
	if (!box)
		return -ENOMEM;
	device_initialize(&box->dev);
	mutex_init(&box->lock);
	init_completion(&box->ended);
	box->dev.parent = &cxlr->dev;
	box->dev.type = &box_type;

	err = dev_set_name(&box->dev, "sysram_region%d", cxlr->id);
	if (!err)
		err = device_add(&box->dev);
	if (err) {
		put_device(&box->dev);
		return err;
	}

	return devm_add_action_or_reset(&cxlr->dev, box_remove, box);
}
`;

/** That driver, with some of its text replaced. */
export const deletingSubject = (...edits: readonly Edit[]): Subject =>
  subjectOfC(edits.reduce(replaceOnce, TEXT), "", "drivers/cxl/core/region_box.c");
