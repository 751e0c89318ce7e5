// SPDX-License-Identifier: MIT
// Stands in for <linux/jiffies.h>: time at 1000 Hz; reading the clock is a kernel call.
#ifndef SYSRAM_LINUX_JIFFIES_H
#define SYSRAM_LINUX_JIFFIES_H

#include <linux/limits.h>
#include <linux/math.h>
#include <linux/types.h>

#define HZ 1000
#define MAX_JIFFY_OFFSET ((LONG_MAX >> 1) - 1)

u64 get_jiffies_64(void);
#define jiffies ((unsigned long)get_jiffies_64())

#define time_after(a, b) ((long)((b) - (a)) < 0)
#define time_before(a, b) time_after(b, a)
#define time_after_eq(a, b) ((long)((a) - (b)) >= 0)
#define time_before_eq(a, b) time_after_eq(b, a)
#define time_is_before_jiffies(a) time_after(jiffies, a)
#define time_is_after_jiffies(a) time_before(jiffies, a)

static __always_inline unsigned long msecs_to_jiffies(unsigned int ms)
{
	return ms;
}

static __always_inline unsigned long secs_to_jiffies(unsigned int seconds)
{
	return (unsigned long)seconds * HZ;
}

static __always_inline unsigned long usecs_to_jiffies(unsigned int us)
{
	return DIV_ROUND_UP((unsigned long)us, 1000);
}

static __always_inline unsigned int jiffies_to_msecs(unsigned long j)
{
	return j;
}

#endif
