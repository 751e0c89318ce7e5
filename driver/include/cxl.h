// SPDX-License-Identifier: MIT
// Stands in for drivers/cxl/cxl.h: regions and what they are made of; ports, registers and everything behind a decoder are left out.
#ifndef SYSRAM_CXL_H
#define SYSRAM_CXL_H

#include <linux/bitops.h>
#include <linux/cleanup.h>
#include <linux/dax.h>
#include <linux/device.h>
#include <linux/memory_hotplug.h>
#include <linux/module.h>
#include <linux/node.h>
#include <linux/notifier.h>
#include <linux/range.h>
#include <linux/uuid.h>

#define CXL_DECODER_MAX_INTERLEAVE 16

enum cxl_decoder_type {
	CXL_DECODER_DEVMEM = 2,
	CXL_DECODER_HOSTONLYMEM = 3,
};

enum cxl_config_state {
	CXL_CONFIG_IDLE,
	CXL_CONFIG_INTERLEAVE_ACTIVE,
	CXL_CONFIG_ACTIVE,
	CXL_CONFIG_RESET_PENDING,
	CXL_CONFIG_COMMIT,
};

/* The third member belongs to the dynamic capacity series. */
enum cxl_partition_mode {
	CXL_PARTMODE_RAM,
	CXL_PARTMODE_PMEM,
	CXL_PARTMODE_DYNAMIC_RAM_A,
};
#define CXL_PARTMODE_DYNAMIC_RAM_1 CXL_PARTMODE_DYNAMIC_RAM_A

#define CXL_REGION_F_AUTO 0
#define CXL_REGION_F_NEEDS_RESET 1
#define CXL_REGION_F_LOCK 2
#define CXL_REGION_F_NORMALIZED_ADDRESSING 3

struct cxl_endpoint_decoder;
struct cxl_nvdimm_bridge;
struct cxl_pmem_region;
struct cxl_root_decoder;
struct cxl_memdev;
struct cxl_sysram;

struct cxl_region_params {
	enum cxl_config_state state;
	uuid_t uuid;
	int interleave_ways;
	int interleave_granularity;
	struct resource *res;
	struct cxl_endpoint_decoder *targets[CXL_DECODER_MAX_INTERLEAVE];
	int nr_targets;
	resource_size_t cache_size;
};

struct cxl_region {
	struct device dev;
	int id;
	enum cxl_partition_mode mode;
	enum cxl_decoder_type type;
	struct cxl_nvdimm_bridge *cxl_nvb;
	struct cxl_pmem_region *cxlr_pmem;
	unsigned long flags;
	struct cxl_region_params params;
	struct access_coordinate coord[ACCESS_COORDINATE_MAX];
	struct notifier_block node_notifier;
	struct notifier_block adist_notifier;
};

struct cxl_dax_region {
	struct device dev;
	struct cxl_region *cxlr;
	struct range hpa_range;
	enum mmop online_type;
	enum dax_driver_type dax_driver;
};

struct cxl_driver {
	const char *name;
	int (*probe)(struct device *dev);
	void (*remove)(struct device *dev);
	struct device_driver drv;
	int id;
};

extern const struct bus_type cxl_bus_type;
extern const struct device_type cxl_region_type;

int cxl_region_get_hpa_range(struct cxl_region *cxlr, struct range *range);
int __cxl_driver_register(struct cxl_driver *cxl_drv, struct module *owner, const char *modname);
void cxl_driver_unregister(struct cxl_driver *cxl_drv);
#define cxl_driver_register(driver) __cxl_driver_register(driver, THIS_MODULE, KBUILD_MODNAME)
#define module_cxl_driver(driver) module_driver(driver, cxl_driver_register, cxl_driver_unregister)

static __always_inline bool is_cxl_region(struct device *dev)
{
	return dev->type == &cxl_region_type;
}

static __always_inline struct cxl_region *to_cxl_region(struct device *dev)
{
	if (dev_WARN_ONCE(dev, !is_cxl_region(dev), "not a cxl_region device\n"))
		return NULL;
	return container_of(dev, struct cxl_region, dev);
}

#define CXL_DEVICE_NVDIMM_BRIDGE 1
#define CXL_DEVICE_NVDIMM 2
#define CXL_DEVICE_PORT 3
#define CXL_DEVICE_ROOT 4
#define CXL_DEVICE_MEMORY_EXPANDER 5
#define CXL_DEVICE_REGION 6
#define CXL_DEVICE_PMEM_REGION 7
#define CXL_DEVICE_DAX_REGION 8
#define CXL_DEVICE_PMU 9

#define MODULE_ALIAS_CXL(type) MODULE_ALIAS("cxl:t" __stringify(type) "*")
#define CXL_MODALIAS_FMT "cxl:t%d"

DEFINE_FREE(put_cxl_region, struct cxl_region *, if (!IS_ERR_OR_NULL(_T)) put_device(&_T->dev))
DEFINE_FREE(put_cxl_dax_region, struct cxl_dax_region *, if (!IS_ERR_OR_NULL(_T)) put_device(&_T->dev))

/* What the patch under review adds to this header. */
#if __has_include("patch/drivers/cxl/cxl.h")
#include "patch/drivers/cxl/cxl.h"
#endif

#endif
