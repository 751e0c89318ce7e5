// SPDX-License-Identifier: MIT
// Stands in for <linux/align.h>: rounding to a power of two, in the type of the first argument.
#ifndef SYSRAM_LINUX_ALIGN_H
#define SYSRAM_LINUX_ALIGN_H

#define ALIGN_WITH_MASK(x, mask) (((x) + (mask)) & ~(mask))
#define ALIGN(x, a) ALIGN_WITH_MASK(x, (typeof(x))(a) - 1)
#define ALIGN_DOWN(x, a) ((x) & ~((typeof(x))(a) - 1))
#define IS_ALIGNED(x, a) (((x) & ((typeof(x))(a) - 1)) == 0)
#define PTR_ALIGN(p, a) ((typeof(p))ALIGN((unsigned long)(p), (a)))

#endif
