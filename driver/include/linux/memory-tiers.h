// SPDX-License-Identifier: MIT
// Stands in for <linux/memory-tiers.h>: the memory type of a node; which nodes a page may be demoted to is left out.
#ifndef SYSRAM_LINUX_MEMORY_TIERS_H
#define SYSRAM_LINUX_MEMORY_TIERS_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/notifier.h>
#include <linux/types.h>

#define MEMTIER_CHUNK_BITS 7
#define MEMTIER_CHUNK_SIZE (1 << MEMTIER_CHUNK_BITS)
#define MEMTIER_ADISTANCE_DRAM ((4L * MEMTIER_CHUNK_SIZE) + (MEMTIER_CHUNK_SIZE >> 1))
#define MEMTIER_DEFAULT_LOWTIER_ADISTANCE (MEMTIER_ADISTANCE_DRAM * 5)

struct memory_dev_type {
	struct list_head tier_sibling;
	struct list_head list;
	int adistance;
	nodemask_t nodes;
	struct kref kref;
};

int mt_calc_adistance(int node, int *adist);
struct memory_dev_type *mt_get_memory_type(int adist);
struct memory_dev_type *mt_find_alloc_memory_type(int adist, struct list_head *memory_types);
void mt_put_memory_types(struct list_head *memory_types);
struct memory_dev_type *alloc_memory_type(int adistance);
void put_memory_type(struct memory_dev_type *memtype);
void init_node_memory_type(int node, struct memory_dev_type *default_type);
void clear_node_memory_type(int node, struct memory_dev_type *memtype);
int register_mt_adistance_algorithm(struct notifier_block *nb);
int unregister_mt_adistance_algorithm(struct notifier_block *nb);
int next_demotion_node(int node);
bool node_is_toptier(int node);

#endif
