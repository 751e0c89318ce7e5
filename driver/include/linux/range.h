// SPDX-License-Identifier: MIT
// Stands in for <linux/range.h>: a range with an inclusive end; arrays of ranges are left out.
#ifndef SYSRAM_LINUX_RANGE_H
#define SYSRAM_LINUX_RANGE_H

#include <linux/types.h>

struct range {
	u64 start;
	u64 end;
};

#define DEFINE_RANGE(_start, _end) (struct range) { .start = (_start), .end = (_end) }

static __always_inline u64 range_len(const struct range *range)
{
	return range->end - range->start + 1;
}

static __always_inline bool range_contains(const struct range *outer, const struct range *inner)
{
	return outer->start <= inner->start && outer->end >= inner->end;
}

static __always_inline bool range_overlaps(const struct range *a, const struct range *b)
{
	return a->start <= b->end && a->end >= b->start;
}

#endif
