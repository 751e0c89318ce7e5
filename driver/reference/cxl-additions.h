/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the reference driver adds to drivers/cxl/cxl.h. The build puts this text
 * where it puts the additions of a patch, at patch/drivers/cxl/cxl.h, so it is
 * included from inside that header and includes nothing itself.
 */
#ifndef SYSRAM_REFERENCE_CXL_ADDITIONS_H
#define SYSRAM_REFERENCE_CXL_ADDITIONS_H

#define CXL_DEVICE_SYSRAM 10

struct memory_dev_type;

/**
 * struct cxl_sysram - memory of a CXL region that is plugged in as System RAM
 * @dev: the device that user space sees, a child of the region
 * @cxlr: the region; valid only while @dev is registered
 * @hpa_range: the whole memory blocks inside the region, ends included
 * @online_type: how the memory is onlined where nobody names another type;
 *	MMOP_OFFLINE means that probing leaves it unplugged
 * @numa_node: the node that the memory belongs to, never negative
 * @res_name: name of @res, alive for as long as this structure is
 * @lock: serialises commands, and protects every field below it once @dev is
 *	registered
 * @mtype: the memory type that the node was asked to take, NULL before that
 *	and after it was given back
 * @mgid: id of the memory group of the region's blocks, -1 while there is none
 * @res: the region's place in the resource tree, held exactly while the memory
 *	is plugged in, whether its blocks are online or not; NULL otherwise
 * @last_hotplug_cmd: the command that this device began last, whatever came of
 *	it: a word written to the hotplug attribute, the automatic hotplug of
 *	the probe, or MMOP_OFFLINE for cxl_sysram_offline_and_remove();
 *	MMOP_OFFLINE before the first. Taking the memory back, after a failed
 *	command or at the end, is no command.
 *
 * The fields above @lock do not change once the device is registered.
 */
struct cxl_sysram {
	struct device dev;
	struct cxl_region *cxlr;
	struct range hpa_range;
	enum mmop online_type;
	int numa_node;
	const char *res_name;
	struct mutex lock;
	struct memory_dev_type *mtype;
	int mgid;
	struct resource *res;
	enum mmop last_hotplug_cmd;
};

extern const struct device_type cxl_sysram_type;

int devm_cxl_add_sysram(struct cxl_region *cxlr, enum mmop online_type);
struct cxl_sysram *cxl_region_find_sysram(struct cxl_region *cxlr);
int cxl_sysram_offline_and_remove(struct cxl_sysram *sysram);
struct cxl_sysram *to_cxl_sysram(struct device *dev);
struct device *cxl_sysram_dev(struct cxl_sysram *sysram);

#endif
