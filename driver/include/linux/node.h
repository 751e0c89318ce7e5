// SPDX-License-Identifier: MIT
// Stands in for <linux/node.h>: the notifier of nodes that gain their first or lose their last memory; node devices are left out.
#ifndef SYSRAM_LINUX_NODE_H
#define SYSRAM_LINUX_NODE_H

#include <linux/device.h>
#include <linux/nodemask.h>
#include <linux/notifier.h>

struct access_coordinate {
	unsigned int read_bandwidth;
	unsigned int write_bandwidth;
	unsigned int read_latency;
	unsigned int write_latency;
};

enum access_coordinate_class {
	ACCESS_COORDINATE_LOCAL,
	ACCESS_COORDINATE_CPU,
	ACCESS_COORDINATE_MAX
};

struct node_notify {
	int nid;
};

#define NODE_ADDING_FIRST_MEMORY (1 << 0)
#define NODE_ADDED_FIRST_MEMORY (1 << 1)
#define NODE_CANCEL_ADDING_FIRST_MEMORY (1 << 2)
#define NODE_REMOVING_LAST_MEMORY (1 << 3)
#define NODE_REMOVED_LAST_MEMORY (1 << 4)
#define NODE_CANCEL_REMOVING_LAST_MEMORY (1 << 5)

int register_node_notifier(struct notifier_block *nb);
void unregister_node_notifier(struct notifier_block *nb);
#define hotplug_node_notifier(fn, pri) ({ \
	static struct notifier_block __block = { .notifier_call = fn, .priority = pri }; \
	register_node_notifier(&__block); \
})

#endif
