import type { Subject } from "../../driver/patch/subject-file.ts";
import { type Edit, replaceOnce, subjectOfC } from "./review.ts";

/**
 * A small driver of ours that leaves its hot-plug to a work: a word that is written is noted, and the work does what was noted
 * last. It keeps every property: offlining goes on for as long as a page is pinned, and no signal ends that in a kernel worker,
 * so the work only removes what somebody else has taken offline.
 */
const TEXT = `#include <linux/device.h>
#include <linux/delay.h>
#include <linux/ioport.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/mutex.h>
#include <linux/numa.h>
#include <linux/range.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <cxlmem.h>
#include <cxl.h>
#include "core.h"

struct box {
	struct device dev;
	struct mutex lock;
	struct work_struct work;
	struct range range;
	struct resource *res;
	enum mmop wanted;
	bool insists;
	int nid;
};

static int box_apply(struct box *box)
{
	u64 start = box->range.start, size = range_len(&box->range);
	struct resource *res = box->res;
	int err;

	guard(mutex)(&box->lock);

	if (box->wanted == MMOP_OFFLINE) {
		if (!box->res)
			return 0;
		err = remove_memory(start, size);
		if (err)
			return err;
		remove_resource(box->res);
		kfree(box->res);
		box->res = NULL;
		return 0;
	}

	if (box->res)
		return -EBUSY;
	res = request_mem_region(start, size, "box");
	if (!res)
		return -EBUSY;
	res->flags = IORESOURCE_SYSTEM_RAM;
	err = __add_memory_driver_managed(box->nid, start, size, "System RAM (box)", MHP_NONE, box->wanted);
	if (err) {
		remove_resource(res);
		kfree(res);
		return err;
	}
	box->res = res;
	return 0;
}

static void box_work(struct work_struct *work)
{
	struct box *box = container_of(work, struct box, work);

	while (box_apply(box) && box->insists)
		msleep(1000);
}

static ssize_t hotplug_store(struct device *dev, struct device_attribute *attr, const char *buf, size_t len)
{
	struct box *box = container_of(dev, struct box, dev);
	int cmd = mhp_online_type_from_str(buf);

	if (cmd < 0)
		return cmd;

	scoped_guard(mutex, &box->lock)
		box->wanted = cmd;
	queue_work(system_long_wq, &box->work);

	return len;
}
static DEVICE_ATTR_WO(hotplug);

static struct attribute *box_attrs[] = { &dev_attr_hotplug.attr, NULL };
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

	device_del(&box->dev);
	cancel_work_sync(&box->work);
	scoped_guard(mutex, &box->lock)
		box->wanted = MMOP_OFFLINE;
	box->insists = true;
	queue_work(system_long_wq, &box->work);
	flush_work(&box->work);
	put_device(&box->dev);
}

int devm_cxl_add_box(struct cxl_region *cxlr, enum mmop online_type)
{
	struct range range;
	struct box *box;
	int err;

	err = cxl_region_get_hpa_range(cxlr, &range);
	if (err)
		return err;
	range = memory_block_aligned_range(&range);
	if (range.start >= range.end)
		return -ENOSPC;

	box = kzalloc(sizeof(*box), GFP_KERNEL);
	if (!box)
		return -ENOMEM;
	device_initialize(&box->dev);
	mutex_init(&box->lock);
	INIT_WORK(&box->work, box_work);
	box->range = range;
	box->wanted = (int)online_type < 0 ? mhp_get_default_online_type() : online_type;
	box->dev.parent = &cxlr->dev;
	box->dev.type = &box_type;

	box->nid = phys_to_target_node(range.start);
	if (box->nid == NUMA_NO_NODE)
		box->nid = memory_add_physaddr_to_nid(range.start);
	err = numa_valid_node(box->nid) ? 0 : -EINVAL;
	if (!err)
		err = dev_set_name(&box->dev, "sysram_region%d", cxlr->id);
	if (!err)
		err = device_add(&box->dev);
	if (err) {
		/* A write may have come in before the files went again. */
		cancel_work_sync(&box->work);
		put_device(&box->dev);
		return err;
	}

	err = devm_add_action_or_reset(&cxlr->dev, box_remove, box);
	if (err)
		return err;

	guard(mutex)(&box->lock);
	if (cxlr->mode == CXL_PARTMODE_RAM && box->wanted != MMOP_OFFLINE)
		queue_work(system_long_wq, &box->work);
	return 0;
}
`;

/** That driver, with some of its text replaced. */
export const deferredSubject = (...edits: readonly Edit[]): Subject =>
  subjectOfC(edits.reduce(replaceOnce, TEXT), "", "drivers/cxl/core/region_box.c");
