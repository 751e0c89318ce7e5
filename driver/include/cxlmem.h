// SPDX-License-Identifier: MIT
// Stands in for drivers/cxl/cxlmem.h: the memory device as a name only; mailboxes, events and partitions are left out.
#ifndef SYSRAM_CXLMEM_H
#define SYSRAM_CXLMEM_H

#include <linux/device.h>
#include <cxl.h>

struct cxl_dev_state;

struct cxl_memdev {
	struct device dev;
	struct cxl_dev_state *cxlds;
	int id;
};

static __always_inline struct cxl_memdev *to_cxl_memdev(struct device *dev)
{
	return container_of(dev, struct cxl_memdev, dev);
}

DEFINE_FREE(put_cxl_memdev, struct cxl_memdev *, if (!IS_ERR_OR_NULL(_T)) put_device(&_T->dev))

/* What the patch under review adds to this header. */
#if __has_include("patch/drivers/cxl/cxlmem.h")
#include "patch/drivers/cxl/cxlmem.h"
#endif

#endif
