// SPDX-License-Identifier: MIT
// Stands in for <linux/sched/signal.h>: only what it includes.
#ifndef SYSRAM_LINUX_SCHED_SIGNAL_H
#define SYSRAM_LINUX_SCHED_SIGNAL_H

#include <linux/sched.h>

#endif
