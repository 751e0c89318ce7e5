// SPDX-License-Identifier: MIT
// Stands in for <linux/workqueue.h>: work run by another task; per-CPU placement, attributes and RCU work are left out.
#ifndef SYSRAM_LINUX_WORKQUEUE_H
#define SYSRAM_LINUX_WORKQUEUE_H

#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/types.h>

struct workqueue_struct;
struct work_struct;
typedef void (*work_func_t)(struct work_struct *work);

struct work_struct {
	atomic_long_t data;
	struct list_head entry;
	work_func_t func;
};

struct timer_list {
	struct hlist_node entry;
	unsigned long expires;
	void (*function)(struct timer_list *timer);
	u32 flags;
};

struct delayed_work {
	struct work_struct work;
	struct timer_list timer;
	struct workqueue_struct *wq;
	int cpu;
};

enum wq_flags {
	WQ_UNBOUND = 1 << 1,
	WQ_FREEZABLE = 1 << 2,
	WQ_MEM_RECLAIM = 1 << 3,
	WQ_HIGHPRI = 1 << 4,
	WQ_CPU_INTENSIVE = 1 << 5,
	WQ_SYSFS = 1 << 6,
	WQ_PERCPU = 1 << 8,
	__WQ_ORDERED = 1 << 17,
};

extern struct workqueue_struct *system_wq;
extern struct workqueue_struct *system_percpu_wq;
extern struct workqueue_struct *system_highpri_wq;
extern struct workqueue_struct *system_long_wq;
extern struct workqueue_struct *system_unbound_wq;
extern struct workqueue_struct *system_dfl_wq;
extern struct workqueue_struct *system_freezable_wq;

#define __WORK_INITIALIZER(work, function) { \
	.entry = { &(work).entry, &(work).entry }, \
	.func = (function), \
}
#define DECLARE_WORK(work, function) struct work_struct work = __WORK_INITIALIZER(work, function)
#define DECLARE_DELAYED_WORK(dwork, function) \
	struct delayed_work dwork = { .work = __WORK_INITIALIZER((dwork).work, function) }

void __init_work(struct work_struct *work, int onstack);
void destroy_work_on_stack(struct work_struct *work);
void destroy_delayed_work_on_stack(struct delayed_work *dwork);

#define INIT_WORK_AS(work, function, onstack) do { \
	struct work_struct *__work = (work); \
	__init_work(__work, onstack); \
	INIT_LIST_HEAD(&__work->entry); \
	__work->func = (function); \
} while (0)
#define INIT_WORK(work, function) INIT_WORK_AS(work, function, 0)
#define INIT_WORK_ONSTACK(work, function) INIT_WORK_AS(work, function, 1)
#define INIT_DELAYED_WORK(dwork, function) INIT_WORK_AS(&(dwork)->work, function, 0)
#define INIT_DELAYED_WORK_ONSTACK(dwork, function) INIT_WORK_AS(&(dwork)->work, function, 1)

struct work_struct *current_work(void);
bool queue_work(struct workqueue_struct *wq, struct work_struct *work);
bool queue_delayed_work(struct workqueue_struct *wq, struct delayed_work *dwork, unsigned long delay);
bool mod_delayed_work(struct workqueue_struct *wq, struct delayed_work *dwork, unsigned long delay);
bool flush_work(struct work_struct *work);
bool flush_delayed_work(struct delayed_work *dwork);
bool cancel_work(struct work_struct *work);
bool cancel_work_sync(struct work_struct *work);
bool cancel_delayed_work(struct delayed_work *dwork);
bool cancel_delayed_work_sync(struct delayed_work *dwork);
bool disable_work_sync(struct work_struct *work);
bool disable_delayed_work_sync(struct delayed_work *dwork);
bool enable_work(struct work_struct *work);
bool work_pending(struct work_struct *work);
bool delayed_work_pending(struct delayed_work *dwork);
unsigned int work_busy(struct work_struct *work);

struct workqueue_struct *alloc_workqueue(const char *fmt, unsigned int flags, int max_active, ...) __printf(1, 4);
#define alloc_ordered_workqueue(fmt, flags, ...) \
	alloc_workqueue(fmt, WQ_UNBOUND | __WQ_ORDERED | (flags), 1, ##__VA_ARGS__)
#define create_workqueue(name) alloc_workqueue("%s", WQ_MEM_RECLAIM, 1, name)
#define create_singlethread_workqueue(name) alloc_ordered_workqueue("%s", WQ_MEM_RECLAIM, name)
void destroy_workqueue(struct workqueue_struct *wq);
void __flush_workqueue(struct workqueue_struct *wq);
#define flush_workqueue(wq) __flush_workqueue(wq)
void drain_workqueue(struct workqueue_struct *wq);

static __always_inline bool schedule_work(struct work_struct *work)
{
	return queue_work(system_wq, work);
}

static __always_inline bool schedule_delayed_work(struct delayed_work *dwork, unsigned long delay)
{
	return queue_delayed_work(system_wq, dwork, delay);
}

static __always_inline struct delayed_work *to_delayed_work(struct work_struct *work)
{
	return container_of(work, struct delayed_work, work);
}

#endif
