/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A small kernel between the sysram driver and the real one: the functions that
 * the driver calls are redirected to it at link time (ld --wrap), so that each
 * of them can be made to fail and everything that the driver takes is counted.
 */
#ifndef SYSRAM_FAKE_H
#define SYSRAM_FAKE_H

#include <linux/device.h>
#include <linux/ioport.h>
#include <linux/memory.h>
#include <linux/memory-tiers.h>
#include <linux/memory_hotplug.h>
#include <linux/range.h>
#include <linux/slab.h>
#include <cxl.h>

#define SYSRAM_FAKE_BLOCK_SIZE 0x8000000ULL
#define SYSRAM_FAKE_START 0x1000000000ULL
#define SYSRAM_FAKE_NODE 1
#define SYSRAM_FAKE_OBJECTS 16

enum sysram_block {
	SYSRAM_BLOCK_ABSENT,
	SYSRAM_BLOCK_OFFLINE,
	SYSRAM_BLOCK_KERNEL,
	SYSRAM_BLOCK_MOVABLE,
};

/* A call that fails: the nth of its name in one step, counted from 1. */
struct sysram_fault {
	const char *call;
	int nth;
	int error;
};

struct sysram_fake_device {
	struct device *dev;
	int references;
	bool registered;
};

struct sysram_fake {
	u64 size;
	int default_type;
	struct sysram_fault fault;
	int calls;
	bool refuse_onlining;
	bool refuse_offlining;
	/* Set where a driver may wait: the first pause ends the refusal. */
	bool pause_lifts;
	/* How often device_hotplug_lock was taken and not given back. */
	int hotplug_locks;
	int groups;
	int types;
	int mistakes;
	const char *mistake;
	enum sysram_block block;
	struct memory_block memory_block;
	struct memory_dev_type type;
	struct resource *resources[SYSRAM_FAKE_OBJECTS];
	const void *allocations[SYSRAM_FAKE_OBJECTS];
	struct sysram_fake_device devices[SYSRAM_FAKE_OBJECTS];
	void (*action)(void *data);
	void *action_data;
};

extern struct sysram_fake sysram_fake;

void sysram_fake_reset(u64 size, int default_type);
int sysram_fake_resources(void);
int sysram_fake_allocations(void);
struct device *sysram_fake_registered(void);
void sysram_fake_unbind(void);

#endif
