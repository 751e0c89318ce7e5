// SPDX-License-Identifier: MIT
// Stands in for <linux/memory_hotplug.h>: adding, onlining and removing memory as a driver asks for it; the core's own steps are left out.
#ifndef SYSRAM_LINUX_MEMORY_HOTPLUG_H
#define SYSRAM_LINUX_MEMORY_HOTPLUG_H

#include <linux/bits.h>
#include <linux/bug.h>
#include <linux/mmzone.h>
#include <linux/notifier.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct range;
struct resource;

/* No member is negative, so the compiler makes the type unsigned. */
enum mmop {
	MMOP_OFFLINE = 0,
	MMOP_ONLINE,
	MMOP_ONLINE_KERNEL,
	MMOP_ONLINE_MOVABLE,
};

typedef int mhp_t;

#define MHP_NONE ((mhp_t)0)
#define MHP_MERGE_RESOURCE ((mhp_t)BIT(0))
#define MHP_MEMMAP_ON_MEMORY ((mhp_t)BIT(1))
#define MHP_NID_IS_MGID ((mhp_t)BIT(2))
#define MHP_OFFLINE_INACCESSIBLE ((mhp_t)BIT(3))

int mhp_online_type_from_str(const char *str);
const char *mhp_online_type_to_str(int online_type);
enum mmop mhp_get_default_online_type(void);
void mhp_set_default_online_type(enum mmop online_type);
bool mhp_range_allowed(u64 start, u64 size, bool need_mapping);
bool mhp_supports_memmap_on_memory(void);

int add_memory(int nid, u64 start, u64 size, mhp_t mhp_flags);
int __add_memory(int nid, u64 start, u64 size, mhp_t mhp_flags);
int add_memory_resource(int nid, struct resource *resource, mhp_t mhp_flags);
int add_memory_driver_managed(int nid, u64 start, u64 size, const char *resource_name, mhp_t mhp_flags);
int __add_memory_driver_managed(int nid, u64 start, u64 size, const char *resource_name, mhp_t mhp_flags,
				enum mmop online_type);
int remove_memory(u64 start, u64 size);
void __remove_memory(u64 start, u64 size);
int offline_and_remove_memory(u64 start, u64 size);
int offline_and_remove_memory_ranges(const struct range *ranges, unsigned int nr_ranges);

void get_online_mems(void);
void put_online_mems(void);

#endif
