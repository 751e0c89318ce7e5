// SPDX-License-Identifier: MIT
// Stands in for <linux/sched.h>: the running task, its signals, and giving way; all of it is the scheduler model's.
#ifndef SYSRAM_LINUX_SCHED_H
#define SYSRAM_LINUX_SCHED_H

#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/types.h>

#define TASK_COMM_LEN 16
#define TASK_RUNNING 0x00000000
#define TASK_INTERRUPTIBLE 0x00000001
#define TASK_UNINTERRUPTIBLE 0x00000002
#define TASK_WAKEKILL 0x00000100
#define TASK_NOLOAD 0x00000400
#define TASK_KILLABLE (TASK_WAKEKILL | TASK_UNINTERRUPTIBLE)
#define TASK_IDLE (TASK_UNINTERRUPTIBLE | TASK_NOLOAD)
#define TASK_NORMAL (TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE)
#define MAX_SCHEDULE_TIMEOUT LONG_MAX

struct task_struct {
	unsigned int __state;
	pid_t pid;
	char comm[TASK_COMM_LEN];
};

struct task_struct *get_current(void);
#define current get_current()

int signal_pending(struct task_struct *p);
int fatal_signal_pending(struct task_struct *p);
void set_current_state(unsigned int state);
#define __set_current_state(state) set_current_state(state)
void schedule(void);
signed long schedule_timeout(signed long timeout);
signed long schedule_timeout_interruptible(signed long timeout);
signed long schedule_timeout_killable(signed long timeout);
signed long schedule_timeout_uninterruptible(signed long timeout);
int cond_resched(void);

#endif
