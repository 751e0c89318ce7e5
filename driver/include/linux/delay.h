// SPDX-License-Identifier: MIT
// Stands in for <linux/delay.h>: waiting by the clock.
#ifndef SYSRAM_LINUX_DELAY_H
#define SYSRAM_LINUX_DELAY_H

#include <linux/math.h>
#include <linux/sched.h>
#include <linux/types.h>

void msleep(unsigned int msecs);
unsigned long msleep_interruptible(unsigned int msecs);
void usleep_range(unsigned long min, unsigned long max);
void udelay(unsigned long usecs);
void mdelay(unsigned long msecs);

static __always_inline void ssleep(unsigned int seconds)
{
	msleep(seconds * 1000);
}

static __always_inline void fsleep(unsigned long usecs)
{
	if (usecs <= 10)
		udelay(usecs);
	else if (usecs < 20000)
		usleep_range(usecs, 2 * usecs);
	else
		msleep(DIV_ROUND_UP(usecs, 1000));
}

#endif
