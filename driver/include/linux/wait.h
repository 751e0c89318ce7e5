// SPDX-License-Identifier: MIT
// Stands in for <linux/wait.h>: sleeping until a condition holds; exclusive and lock-dropping waits are left out.
#ifndef SYSRAM_LINUX_WAIT_H
#define SYSRAM_LINUX_WAIT_H

#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

struct wait_queue_head {
	spinlock_t lock;
	struct list_head head;
};
typedef struct wait_queue_head wait_queue_head_t;

struct wait_queue_entry {
	unsigned int flags;
	void *private;
	struct list_head entry;
};
typedef struct wait_queue_entry wait_queue_entry_t;

#define __WAIT_QUEUE_HEAD_INITIALIZER(name) { \
	.lock = __SPIN_LOCK_UNLOCKED((name).lock), \
	.head = LIST_HEAD_INIT((name).head), \
}
#define DECLARE_WAIT_QUEUE_HEAD(name) struct wait_queue_head name = __WAIT_QUEUE_HEAD_INITIALIZER(name)
#define DEFINE_WAIT(name) struct wait_queue_entry name = { .entry = LIST_HEAD_INIT((name).entry) }

void __init_waitqueue_head(struct wait_queue_head *wq_head, const char *name, struct lock_class_key *key);
#define init_waitqueue_head(wq_head) do { \
	static struct lock_class_key __key; \
	__init_waitqueue_head(wq_head, #wq_head, &__key); \
} while (0)

int __wake_up(struct wait_queue_head *wq_head, unsigned int mode, int nr, void *key);
#define wake_up(wq_head) __wake_up(wq_head, TASK_NORMAL, 1, NULL)
#define wake_up_all(wq_head) __wake_up(wq_head, TASK_NORMAL, 0, NULL)
#define wake_up_interruptible(wq_head) __wake_up(wq_head, TASK_INTERRUPTIBLE, 1, NULL)
#define wake_up_interruptible_all(wq_head) __wake_up(wq_head, TASK_INTERRUPTIBLE, 0, NULL)

/* Enters the queue, or says -ERESTARTSYS where the state listens to signals and one is pending. */
long prepare_to_wait_event(struct wait_queue_head *wq_head, struct wait_queue_entry *wq_entry, int state);
void finish_wait(struct wait_queue_head *wq_head, struct wait_queue_entry *wq_entry);

/*
 * The condition is tested after the task has entered the queue, so that a wake-up
 * in between is not lost. The remaining time starts at a value and is what
 * schedule_timeout() leaves of it.
 */
#define WAIT_EVENT(wq_head, condition, state, timeout) ({ \
	DEFINE_WAIT(__entry); \
	long __left = (timeout); \
	long __interrupted = 0; \
	for (;;) { \
		__interrupted = prepare_to_wait_event(&(wq_head), &__entry, state); \
		if (condition) { \
			__interrupted = 0; \
			__left = __left ?: 1; \
			break; \
		} \
		if (__interrupted || !__left) \
			break; \
		__left = schedule_timeout(__left); \
	} \
	finish_wait(&(wq_head), &__entry); \
	__interrupted ?: __left; \
})

#define wait_event(wq_head, condition) do { \
	if (!(condition)) \
		(void)WAIT_EVENT(wq_head, condition, TASK_UNINTERRUPTIBLE, MAX_SCHEDULE_TIMEOUT); \
} while (0)
#define wait_event_timeout(wq_head, condition, timeout) ({ \
	long __budget = (timeout); \
	(condition) ? (__budget ?: 1) : WAIT_EVENT(wq_head, condition, TASK_UNINTERRUPTIBLE, __budget); \
})
#define wait_event_interruptible(wq_head, condition) ({ \
	long __answer = (condition) ? 0 : \
		WAIT_EVENT(wq_head, condition, TASK_INTERRUPTIBLE, MAX_SCHEDULE_TIMEOUT); \
	__answer < 0 ? (int)__answer : 0; \
})
#define wait_event_interruptible_timeout(wq_head, condition, timeout) ({ \
	long __budget = (timeout); \
	(condition) ? (__budget ?: 1) : WAIT_EVENT(wq_head, condition, TASK_INTERRUPTIBLE, __budget); \
})
#define wait_event_killable(wq_head, condition) ({ \
	long __answer = (condition) ? 0 : \
		WAIT_EVENT(wq_head, condition, TASK_KILLABLE, MAX_SCHEDULE_TIMEOUT); \
	__answer < 0 ? (int)__answer : 0; \
})

#endif
