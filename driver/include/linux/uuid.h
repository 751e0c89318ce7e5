// SPDX-License-Identifier: MIT
// Stands in for <linux/uuid.h>: only the type.
#ifndef SYSRAM_LINUX_UUID_H
#define SYSRAM_LINUX_UUID_H

#include <linux/types.h>

typedef struct {
	u8 b[16];
} uuid_t;

#endif
