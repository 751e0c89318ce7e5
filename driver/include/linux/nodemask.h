// SPDX-License-Identifier: MIT
// Stands in for <linux/nodemask.h>: one mask type and the states of a node; walking over masks is left out.
#ifndef SYSRAM_LINUX_NODEMASK_H
#define SYSRAM_LINUX_NODEMASK_H

#include <linux/bitops.h>
#include <linux/numa.h>

typedef struct {
	DECLARE_BITMAP(bits, MAX_NUMNODES);
} nodemask_t;

enum node_states {
	N_POSSIBLE,
	N_ONLINE,
	N_NORMAL_MEMORY,
	N_HIGH_MEMORY = N_NORMAL_MEMORY,
	N_MEMORY,
	N_CPU,
	N_GENERIC_INITIATOR,
	NR_NODE_STATES
};

int node_state(int node, enum node_states state);
int num_node_state(enum node_states state);
#define node_online(node) node_state(node, N_ONLINE)
#define node_possible(node) node_state(node, N_POSSIBLE)

#define node_isset(node, mask) test_bit(node, (mask).bits)
#define node_set(node, mask) set_bit(node, (mask).bits)
#define node_clear(node, mask) clear_bit(node, (mask).bits)
#define NODE_MASK_NONE ((nodemask_t){ .bits = { 0 } })

#endif
