// SPDX-License-Identifier: MIT
// Stands in for <linux/dax.h>: only the kinds of driver that a CXL DAX region names.
#ifndef SYSRAM_LINUX_DAX_H
#define SYSRAM_LINUX_DAX_H

enum dax_driver_type {
	DAXDRV_KMEM_TYPE,
	DAXDRV_DEVICE_TYPE,
};

#endif
