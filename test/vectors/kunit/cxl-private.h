/* SPDX-License-Identifier: GPL-2.0 */
/* The private header of the CXL core, which no package of headers has: as much of it as the suite names. */
#ifndef SYSRAM_TEST_CXL_H
#define SYSRAM_TEST_CXL_H

#include <linux/device.h>
#include <linux/range.h>

enum cxl_partition_mode {
	CXL_PARTMODE_RAM,
};

struct cxl_region {
	struct device dev;
	enum cxl_partition_mode mode;
	struct {
		struct resource *res;
	} params;
};

struct cxl_sysram {
	struct device dev;
	int last_hotplug_cmd;
};

int devm_cxl_add_sysram(struct cxl_region *cxlr, int online_type);
struct cxl_sysram *cxl_region_find_sysram(struct cxl_region *cxlr);
int cxl_sysram_offline_and_remove(struct cxl_sysram *sysram);

#endif
