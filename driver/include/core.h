// SPDX-License-Identifier: MIT
// Stands in for drivers/cxl/core/core.h: what the files of the CXL core share about regions.
#ifndef SYSRAM_CXL_CORE_H
#define SYSRAM_CXL_CORE_H

#include <linux/rwsem.h>
#include <cxl.h>

extern struct attribute_group cxl_base_attribute_group;

struct cxl_rwsem {
	struct rw_semaphore region;
	struct rw_semaphore dpa;
};

extern struct cxl_rwsem cxl_rwsem;

#define CXL_REGION_TYPE(x) (&cxl_region_type)

/* What the patch under review adds to this header. */
#if __has_include("patch/drivers/cxl/core/core.h")
#include "patch/drivers/cxl/core/core.h"
#endif

#endif
