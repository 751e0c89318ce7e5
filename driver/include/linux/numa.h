// SPDX-License-Identifier: MIT
// Stands in for <linux/numa.h>: which node an address belongs to.
#ifndef SYSRAM_LINUX_NUMA_H
#define SYSRAM_LINUX_NUMA_H

#include <linux/types.h>

#define NODES_SHIFT CONFIG_NODES_SHIFT
#define MAX_NUMNODES (1 << NODES_SHIFT)
#define NUMA_NO_NODE (-1)
#define NUMA_NO_MEMBLK (-1)

int phys_to_target_node(u64 start);
int memory_add_physaddr_to_nid(u64 start);
int numa_map_to_online_node(int node);

static __always_inline bool numa_valid_node(int nid)
{
	return nid >= 0 && nid < MAX_NUMNODES;
}

#endif
