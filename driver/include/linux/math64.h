// SPDX-License-Identifier: MIT
// Stands in for <linux/math64.h>: 64-bit division, which this target does in one instruction.
#ifndef SYSRAM_LINUX_MATH64_H
#define SYSRAM_LINUX_MATH64_H

#include <linux/math.h>

static __always_inline u64 div_u64(u64 dividend, u32 divisor)
{
	return dividend / divisor;
}

static __always_inline u64 div64_u64(u64 dividend, u64 divisor)
{
	return dividend / divisor;
}

static __always_inline u64 div_u64_rem(u64 dividend, u32 divisor, u32 *remainder)
{
	*remainder = dividend % divisor;
	return dividend / divisor;
}

#define do_div(n, base) ({ \
	u32 __base = (base); \
	u32 __remainder = (u64)(n) % __base; \
	(n) = (u64)(n) / __base; \
	__remainder; \
})

#endif
