// SPDX-License-Identifier: MIT
// Stands in for <linux/memory.h>: memory blocks, groups of them, and their notifier; the core's own steps are left out.
#ifndef SYSRAM_LINUX_MEMORY_H
#define SYSRAM_LINUX_MEMORY_H

#include <linux/align.h>
#include <linux/device.h>
#include <linux/memory_hotplug.h>
#include <linux/mutex.h>
#include <linux/node.h>
#include <linux/notifier.h>
#include <linux/range.h>

#define MIN_MEMORY_BLOCK_SIZE (1UL << SECTION_SIZE_BITS)

struct vmem_altmap;

struct memory_group {
	int nid;
	struct list_head memory_blocks;
	unsigned long present_kernel_pages;
	unsigned long present_movable_pages;
	bool is_dynamic;
	union {
		struct {
			unsigned long max_pages;
		} s;
		struct {
			unsigned long unit_pages;
		} d;
	};
};

enum memory_block_state {
	MEM_ONLINE,
	MEM_GOING_OFFLINE,
	MEM_OFFLINE,
	MEM_GOING_ONLINE,
	MEM_CANCEL_ONLINE,
	MEM_CANCEL_OFFLINE,
};

struct memory_block {
	unsigned long start_section_nr;
	enum memory_block_state state;
	enum mmop online_type;
	int nid;
	struct zone *zone;
	struct device dev;
	struct vmem_altmap *altmap;
	struct memory_group *group;
	struct list_head group_next;
};

struct memory_notify {
	unsigned long start_pfn;
	unsigned long nr_pages;
};

#define DEFAULT_CALLBACK_PRI 0
#define SLAB_CALLBACK_PRI 1
#define CXL_CALLBACK_PRI 5
#define HMAT_CALLBACK_PRI 6
#define MEMTIER_HOTPLUG_PRI 100

typedef int (*walk_memory_blocks_func_t)(struct memory_block *mem, void *arg);
typedef int (*walk_memory_groups_func_t)(struct memory_group *group, void *arg);

unsigned long memory_block_size_bytes(void);
int register_memory_notifier(struct notifier_block *nb);
void unregister_memory_notifier(struct notifier_block *nb);
int walk_memory_blocks(unsigned long start, unsigned long size, void *arg, walk_memory_blocks_func_t func);
int for_each_memory_block(void *arg, walk_memory_blocks_func_t func);
struct memory_block *find_memory_block(unsigned long section_nr);

int memory_group_register_static(int nid, unsigned long max_pages);
int memory_group_register_dynamic(int nid, unsigned long unit_pages);
int memory_group_unregister(int mgid);
struct memory_group *memory_group_find_by_id(int mgid);
int walk_dynamic_memory_groups(int nid, walk_memory_groups_func_t func, struct memory_group *excluded, void *arg);

#define hotplug_memory_notifier(fn, pri) ({ \
	static struct notifier_block __block = { .notifier_call = fn, .priority = pri }; \
	register_memory_notifier(&__block); \
})

/*
 * The part of a range that whole memory blocks cover. Where no block ends
 * above the first boundary the end wraps round to the top of the address
 * space, as in the series this helper comes from.
 */
static __always_inline struct range memory_block_align_range(const struct range *range)
{
	u64 size = memory_block_size_bytes();

	return DEFINE_RANGE(ALIGN(range->start, size), ALIGN_DOWN(range->end + 1, size) - 1);
}

/* The later name; a range without a whole block comes out empty, start equal to end. */
static __always_inline struct range memory_block_aligned_range(const struct range *range)
{
	u64 size = memory_block_size_bytes();
	u64 start = ALIGN(range->start, size);
	u64 end = ALIGN_DOWN(range->end + 1, size);

	return end > start ? DEFINE_RANGE(start, end - 1) : DEFINE_RANGE(end, end);
}

#endif
