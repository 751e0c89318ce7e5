// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reference driver: System RAM from a CXL region, right under every failure
 * and every interleaving that the checker knows.
 *
 * The device it registers has one attribute, hotplug, to which user space
 * writes what the memory shall be: offline, online, online_kernel or
 * online_movable. Three decisions carry the rest.
 *
 * One mutex, cxl_sysram.lock, is held over every change of state, and what the
 * driver records changes only under it. It is never held over device_add() or
 * device_del(): both may wait for a running store to end, and the store may be
 * waiting for the mutex. A store takes no lock of the region for the same
 * reason, since the region is unbound under its device lock.
 *
 * Everything that a store needs exists before device_add(), because user space
 * may write from inside that call on.
 *
 * Everything is taken back by the devres action and nothing by release(). When
 * the action returns, the region's decoders may be reset, while somebody's
 * reference may keep the structure for as long as they please.
 */

#include <linux/cleanup.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/ioport.h>
#include <linux/memory.h>
#include <linux/memory-tiers.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/numa.h>
#include <linux/range.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <cxlmem.h>
#include <cxl.h>
#include "core.h"

#define SYSRAM_NAME_FMT "sysram_region%d"
#define SYSRAM_RETRY_MS 1000

/* Names the memory itself in the resource tree. The form is the core's, which refuses any other. */
static const char sysram_memory_name[] = "System RAM (CXL)";

static bool is_sysram(const struct device *dev)
{
	return dev->type == &cxl_sysram_type;
}

/**
 * to_cxl_sysram - the sysram device that a device is embedded in
 * @dev: a device of type cxl_sysram_type
 *
 * Return: the sysram device, or NULL with a warning for any other device.
 */
struct cxl_sysram *to_cxl_sysram(struct device *dev)
{
	if (dev_WARN_ONCE(dev, !is_sysram(dev), "this device is no sysram device\n"))
		return NULL;
	return container_of(dev, struct cxl_sysram, dev);
}
EXPORT_SYMBOL_NS_GPL(to_cxl_sysram, "CXL");

/**
 * cxl_sysram_dev - the device inside a sysram device
 * @sysram: the sysram device
 *
 * Return: its device, without a reference of its own.
 */
struct device *cxl_sysram_dev(struct cxl_sysram *sysram)
{
	return &sysram->dev;
}
EXPORT_SYMBOL_NS_GPL(cxl_sysram_dev, "CXL");

/**
 * cxl_region_find_sysram - look up the sysram device of a region
 * @cxlr: the region
 *
 * Return: the device with a reference that the caller gives back with
 * put_device(), or NULL where the region has none.
 */
struct cxl_sysram *cxl_region_find_sysram(struct cxl_region *cxlr)
{
	struct device *dev;
	char name[32];

	snprintf(name, sizeof(name), SYSRAM_NAME_FMT, cxlr->id);
	dev = device_find_child_by_name(&cxlr->dev, name);
	if (!dev)
		return NULL;

	/* The lookup goes by name alone. */
	if (!is_sysram(dev)) {
		put_device(dev);
		return NULL;
	}

	return to_cxl_sysram(dev);
}
EXPORT_SYMBOL_NS_GPL(cxl_region_find_sysram, "CXL");

/*
 * The resource that holds the region's place. It may go only once nothing of
 * the core's lies beneath it; what another owner placed there in the meantime
 * moves up in the tree and stays.
 */
static void sysram_free_resource(struct resource *res)
{
	remove_resource(res);
	kfree(res);
}

/*
 * Remove the memory, or say why it stays.
 *
 * Offlining goes on for as long as a page stays pinned, with the locks of all
 * memory hotplug held, and only a signal ends it. None ever reaches a kernel
 * worker, so there only memory is removed that is offline already.
 */
static int sysram_try_remove(struct cxl_sysram *sysram)
{
	u64 start = sysram->hpa_range.start;
	u64 size = range_len(&sysram->hpa_range);

	if (current_work())
		return remove_memory(start, size);

	return offline_and_remove_memory(start, size);
}

/*
 * Take the memory back at the end of the device, where failure is no answer.
 *
 * Nobody can be told here that the memory stays. A driver that gives up leaves
 * System RAM online behind a region whose decoders are reset next, and the
 * kernel goes on using addresses that nothing answers. So the removal is tried
 * until it succeeds, in between with no lock held that other memory needs.
 *
 * The price: unbinding blocks until the memory is offline. A signal ends what
 * offlines it here, and no later try gets further while the signal is pending:
 * then, and always where a worker unbinds, it is for user space to offline the
 * blocks by hand. It can see which of them are online.
 */
static void sysram_take_back(struct cxl_sysram *sysram)
{
	bool reported = false;
	int err;

	lockdep_assert_held(&sysram->lock);

	if (!sysram->res)
		return;

	for (;;) {
		err = sysram_try_remove(sysram);
		if (!err)
			break;

		if (!reported)
			dev_err(&sysram->dev, "memory is still online (%d), waiting until it is not\n", err);
		reported = true;
		msleep(SYSRAM_RETRY_MS);
	}

	sysram_free_resource(sysram->res);
	sysram->res = NULL;
}

static int sysram_unplug(struct cxl_sysram *sysram)
{
	int err;

	lockdep_assert_held(&sysram->lock);

	if (!sysram->res)
		return 0;

	/* All or nothing: on failure the core has onlined again what it offlined. */
	err = offline_and_remove_memory(sysram->hpa_range.start, range_len(&sysram->hpa_range));
	if (err)
		return err;

	sysram_free_resource(sysram->res);
	sysram->res = NULL;

	return 0;
}

static int sysram_online_block(struct memory_block *mem, void *online_type)
{
	int err;

	if (mem->state == MEM_ONLINE)
		return 0;

	mem->online_type = *(enum mmop *)online_type;
	err = device_online(&mem->dev);

	/* Positive where the block was online after all. */
	return err < 0 ? err : 0;
}

static int sysram_plug(struct cxl_sysram *sysram, enum mmop online_type)
{
	u64 start = sysram->hpa_range.start;
	u64 size = range_len(&sysram->hpa_range);
	struct resource *res;
	int err;

	lockdep_assert_held(&sysram->lock);

	if (sysram->res)
		return -EBUSY;

	res = request_mem_region(start, size, sysram->res_name);
	if (!res)
		return -EBUSY;

	/* Not busy, so that the core can put the memory's own resource beneath. */
	res->flags = IORESOURCE_SYSTEM_RAM;

	err = __add_memory_driver_managed(sysram->mgid, start, size, sysram_memory_name,
					  MHP_NID_IS_MGID, online_type);
	if (err) {
		sysram_free_resource(res);
		return err;
	}
	sysram->res = res;

	/*
	 * The core onlines what it adds, but reports no failure of that and
	 * stops at the first. Ask again for the blocks that are left: either
	 * they go online now or the reason is known.
	 */
	lock_device_hotplug();
	err = walk_memory_blocks(start, size, &online_type, sysram_online_block);
	unlock_device_hotplug();
	if (!err)
		return 0;

	if (!sysram_unplug(sysram))
		return err;

	/* What is online may be in use by now: then all of it stays, and more can be onlined by hand. */
	dev_warn(&sysram->dev, "not all of the memory is online (%d)\n", err);

	return 0;
}

static int sysram_command(struct cxl_sysram *sysram, enum mmop cmd)
{
	int err;

	lockdep_assert_held(&sysram->lock);

	sysram->last_hotplug_cmd = cmd;
	if (cmd == MMOP_OFFLINE)
		err = sysram_unplug(sysram);
	else
		err = sysram_plug(sysram, cmd);

	if (err)
		dev_warn(&sysram->dev, "%s failed: %d\n", cmd == MMOP_OFFLINE ? "offline" : "online", err);

	return err;
}

/**
 * cxl_sysram_offline_and_remove - unplug the memory of a sysram device
 * @sysram: the device, on which the caller holds a reference
 *
 * As if offline had been written to the device's hotplug attribute. Allowed
 * for as long as the reference is held, even after the region was unbound;
 * the memory is unplugged by then.
 *
 * Context: sleeps, takes device_hotplug_lock.
 * Return: 0 when no memory is left, or the errno for which all of it stays.
 */
int cxl_sysram_offline_and_remove(struct cxl_sysram *sysram)
{
	guard(mutex)(&sysram->lock);

	return sysram_command(sysram, MMOP_OFFLINE);
}
EXPORT_SYMBOL_NS_GPL(cxl_sysram_offline_and_remove, "CXL");

static ssize_t hotplug_store(struct device *dev, struct device_attribute *attr,
			     const char *buf, size_t len)
{
	struct cxl_sysram *sysram = to_cxl_sysram(dev);
	int cmd, err;

	cmd = mhp_online_type_from_str(buf);
	if (cmd < 0)
		return cmd;

	/* Another writer may take long to offline: a signal ends the wait for it. */
	ACQUIRE(mutex_intr, lock)(&sysram->lock);
	err = ACQUIRE_ERR(mutex_intr, &lock);
	if (err)
		return err;

	err = sysram_command(sysram, cmd);

	return err ? err : (ssize_t)len;
}
static DEVICE_ATTR_WO(hotplug);

static struct attribute *sysram_attrs[] = {
	&dev_attr_hotplug.attr,
	NULL
};

static const struct attribute_group sysram_group = {
	.attrs = sysram_attrs,
};

static const struct attribute_group *sysram_groups[] = {
	&cxl_base_attribute_group,
	&sysram_group,
	NULL
};

static void sysram_release(struct device *dev)
{
	struct cxl_sysram *sysram = to_cxl_sysram(dev);

	mutex_destroy(&sysram->lock);
	kfree(sysram->res_name);
	kfree(sysram);
}

const struct device_type cxl_sysram_type = {
	.name = "cxl_sysram",
	.groups = sysram_groups,
	.release = sysram_release,
};

/* What nobody asked for otherwise; the three options are members of one Kconfig choice. */
static enum mmop sysram_default_online_type(void)
{
	if (IS_ENABLED(CONFIG_CXL_SYSRAM_ONLINE_TYPE_OFFLINE))
		return MMOP_OFFLINE;
	if (IS_ENABLED(CONFIG_CXL_SYSRAM_ONLINE_TYPE_NORMAL))
		return MMOP_ONLINE;
	if (IS_ENABLED(CONFIG_CXL_SYSRAM_ONLINE_TYPE_MOVABLE))
		return MMOP_ONLINE_MOVABLE;
	return mhp_get_default_online_type();
}

static int sysram_find_node(u64 start)
{
	int nid = phys_to_target_node(start);

	if (nid == NUMA_NO_NODE)
		nid = memory_add_physaddr_to_nid(start);

	return numa_valid_node(nid) ? nid : -EINVAL;
}

/*
 * Give the node a memory type and the region's blocks a group.
 *
 * The type comes from the list that all drivers share, so that a node with
 * memory of several devices has one type and counts its users. A node that
 * already has another type keeps that and counts nothing for us, without
 * saying so.
 */
static int sysram_join_node(struct cxl_sysram *sysram)
{
	int nid = sysram->numa_node;
	int distance = MEMTIER_DEFAULT_LOWTIER_ADISTANCE;
	struct memory_dev_type *type;
	int group;

	/* Nobody may know the node's distance: then the default stands. */
	mt_calc_adistance(nid, &distance);
	type = mt_get_memory_type(distance);
	if (IS_ERR(type))
		return PTR_ERR(type);

	init_node_memory_type(nid, type);
	sysram->mtype = type;

	group = memory_group_register_static(nid, PFN_UP(range_len(&sysram->hpa_range)));
	if (group < 0)
		return group;
	sysram->mgid = group;

	return 0;
}

/*
 * The way back, once the memory is gone: a group with blocks in it cannot be
 * unregistered, and a node whose last memory goes offline still needs its type.
 *
 * The type is given back by name, once for the one time it was offered. Where
 * the node took it, our count has kept it there since; where the node kept
 * another, that one's own users hold it, and a type the node does not have
 * takes nothing from them. NULL for "whatever it has" would.
 *
 * One case stays out of reach: if that other type goes before we do, the node
 * is left without any, which the core does not expect of this call. Nothing in
 * its interface tells a driver whether its offer was taken.
 */
static void sysram_leave_node(struct cxl_sysram *sysram)
{
	if (sysram->mgid >= 0)
		WARN_ON(memory_group_unregister(sysram->mgid));
	sysram->mgid = -1;

	if (sysram->mtype)
		clear_node_memory_type(sysram->numa_node, sysram->mtype);
	sysram->mtype = NULL;
}

/*
 * Ends a sysram device that is not registered, however far it came. There may
 * be memory even if device_add() failed: its attribute exists before all of
 * the call's steps are done, and somebody may have written to it.
 */
static void sysram_dispose(struct cxl_sysram *sysram)
{
	scoped_guard(mutex, &sysram->lock) {
		sysram_take_back(sysram);
		sysram_leave_node(sysram);
	}
	put_device(&sysram->dev);
}
DEFINE_FREE(sysram_dispose, struct cxl_sysram *, if (!IS_ERR_OR_NULL(_T)) sysram_dispose(_T))

/* First no store can run any more, so that what is taken back stays back. */
static void sysram_unregister(void *data)
{
	struct cxl_sysram *sysram = data;

	device_del(&sysram->dev);
	sysram_dispose(sysram);
}

/*
 * A region of dynamic capacity gets its memory later. Otherwise a failure is
 * reported and no more: the device is there for user space to try again.
 */
static void sysram_auto_hotplug(struct cxl_sysram *sysram)
{
	if (sysram->cxlr->mode != CXL_PARTMODE_RAM || sysram->online_type == MMOP_OFFLINE)
		return;

	guard(mutex)(&sysram->lock);

	/* The device is visible, and user space may have been faster. */
	if (!sysram->res)
		sysram_command(sysram, sysram->online_type);
}

static struct lock_class_key sysram_dev_key;

/* From here on the structure is freed by the last put_device(), and never otherwise. */
static struct cxl_sysram *sysram_alloc(struct cxl_region *cxlr)
{
	struct cxl_sysram *sysram = kzalloc_obj(*sysram);

	if (!sysram)
		return ERR_PTR(-ENOMEM);

	sysram->cxlr = cxlr;
	sysram->mgid = -1;
	sysram->last_hotplug_cmd = MMOP_OFFLINE;
	mutex_init(&sysram->lock);
	device_initialize(&sysram->dev);
	lockdep_set_class(&sysram->dev.mutex, &sysram_dev_key);
	device_set_pm_not_required(&sysram->dev);
	sysram->dev.parent = &cxlr->dev;
	sysram->dev.bus = &cxl_bus_type;
	sysram->dev.type = &cxl_sysram_type;

	return sysram;
}

/**
 * devm_cxl_add_sysram - make a region's memory pluggable as System RAM
 * @cxlr: the region, being probed
 * @online_type: how to online the memory, any value that is no online type for
 *	the default
 *
 * Registers a child device of the region and, for a static RAM region whose
 * online type is not MMOP_OFFLINE, plugs the memory in. When the region is
 * unbound, the device goes and the memory with it, however long that takes.
 *
 * Return: 0 with the device registered, its memory plugged in or not; or an
 * errno with everything as it was.
 */
int devm_cxl_add_sysram(struct cxl_region *cxlr, enum mmop online_type)
{
	struct range region_range, range;
	int nid, err;

	err = cxl_region_get_hpa_range(cxlr, &region_range);
	if (err)
		return err;

	/* Aligning can also wrap around either end of the address space. */
	range = memory_block_align_range(&region_range);
	if (range.start >= range.end || !range_contains(&region_range, &range)) {
		dev_warn(&cxlr->dev, "region holds no whole memory block\n");
		return -ENOSPC;
	}

	nid = sysram_find_node(range.start);
	if (nid < 0) {
		dev_warn(&cxlr->dev, "region belongs to no node\n");
		return nid;
	}

	struct cxl_sysram *sysram __free(sysram_dispose) = sysram_alloc(cxlr);
	if (IS_ERR(sysram))
		return PTR_ERR(sysram);

	sysram->hpa_range = range;
	sysram->numa_node = nid;

	/* The type is unsigned: a caller's -1 is a large number. */
	if (online_type > MMOP_ONLINE_MOVABLE)
		online_type = sysram_default_online_type();
	sysram->online_type = online_type;

	sysram->res_name = kasprintf(GFP_KERNEL, "cxl_sysram%d", cxlr->id);
	if (!sysram->res_name)
		return -ENOMEM;

	err = dev_set_name(&sysram->dev, SYSRAM_NAME_FMT, cxlr->id);
	if (err)
		return err;

	err = sysram_join_node(sysram);
	if (err)
		return err;

	err = device_add(&sysram->dev);
	if (err)
		return err;

	dev_dbg(&cxlr->dev, "registered %s\n", dev_name(&sysram->dev));
	sysram_auto_hotplug(sysram);

	return devm_add_action_or_reset(&cxlr->dev, sysram_unregister, no_free_ptr(sysram));
}
EXPORT_SYMBOL_NS_GPL(devm_cxl_add_sysram, "CXL");
