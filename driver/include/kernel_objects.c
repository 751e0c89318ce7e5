// SPDX-License-Identifier: MIT
// The kernel's objects that drivers refer to by name. Compiled and linked beside every driver, and no driver itself.

#include <linux/device.h>
#include <linux/ioport.h>
#include <linux/memory.h>
#include <linux/memory-tiers.h>
#include <linux/workqueue.h>
#include <linux/wait.h>
#include <linux/completion.h>
#include <linux/sched.h>
#include <cxlmem.h>
#include <cxl.h>
#include "core.h"

struct resource iomem_resource = {
	.start = 0,
	.end = RESOURCE_SIZE_MAX,
	.name = "PCI mem",
	.flags = IORESOURCE_MEM,
};

const struct bus_type cxl_bus_type = {
	.name = "cxl",
};

const struct device_type cxl_region_type = {
	.name = "cxl_region",
};

/* Empty: the type and alias of a device are of no interest to any property, and reading them only widens the search. */
static struct attribute *no_attributes[] = { NULL };
struct attribute_group cxl_base_attribute_group = {
	.attrs = no_attributes,
};

struct cxl_rwsem cxl_rwsem = {
	.region = __RWSEM_INITIALIZER(cxl_rwsem.region),
	.dpa = __RWSEM_INITIALIZER(cxl_rwsem.dpa),
};

/* The model tells the system's queues apart by address; the name is for reports. */
struct workqueue_struct {
	const char *name;
};

#define SYSTEM_WORKQUEUE(pointer, text) \
	static struct workqueue_struct pointer##_object = { .name = text }; \
	struct workqueue_struct *pointer = &pointer##_object

SYSTEM_WORKQUEUE(system_wq, "events");
SYSTEM_WORKQUEUE(system_percpu_wq, "events");
SYSTEM_WORKQUEUE(system_highpri_wq, "events_highpri");
SYSTEM_WORKQUEUE(system_long_wq, "events_long");
SYSTEM_WORKQUEUE(system_unbound_wq, "events_unbound");
SYSTEM_WORKQUEUE(system_dfl_wq, "events_unbound");
SYSTEM_WORKQUEUE(system_freezable_wq, "events_freezable");

/*
 * What the compiler calls to multiply 128 bits, as check_mul_overflow() makes it: long multiplication with digits of 32
 * bits. It belongs to the compiler's run-time library, of which nothing else is needed.
 */
__int128 __multi3(__int128 a, __int128 b);
__int128 __multi3(__int128 a, __int128 b)
{
	u64 a0 = (u32)a, a1 = (u64)a >> 32, b0 = (u32)b, b1 = (u64)b >> 32;
	u64 low = a0 * b0;
	u64 middle = a1 * b0 + (low >> 32);
	u64 other = a0 * b1 + (u32)middle;
	u64 high = a1 * b1 + (middle >> 32) + (other >> 32);

	high += (u64)(a >> 64) * (u64)b + (u64)a * (u64)(b >> 64);
	return ((__int128)high << 64) | (other << 32) | (u32)low;
}

/*
 * Every structure whose fields a model reads or writes. The union costs no
 * memory; it makes the compiler describe them all in the debug information,
 * whichever of them the driver happens to use.
 */
union kernel_layout {
	struct attribute attribute;
	struct attribute_group attribute_group;
	struct bin_attribute bin_attribute;
	struct bus_type bus_type;
	struct completion completion;
	struct cxl_dax_region cxl_dax_region;
	struct cxl_driver cxl_driver;
	struct cxl_memdev cxl_memdev;
	struct cxl_region cxl_region;
	struct delayed_work delayed_work;
	struct device device;
	struct device_attribute device_attribute;
	struct device_driver device_driver;
	struct device_type device_type;
	struct memory_block memory_block;
	struct memory_dev_type memory_dev_type;
	struct memory_group memory_group;
	struct memory_notify memory_notify;
	struct node_notify node_notify;
	struct notifier_block notifier_block;
	struct range range;
	struct resource resource;
	struct rw_semaphore rw_semaphore;
	struct task_struct task_struct;
	struct wait_queue_entry wait_queue_entry;
	struct wait_queue_head wait_queue_head;
	struct work_struct work_struct;
	struct workqueue_struct workqueue_struct;
};

const union kernel_layout *kernel_layout;
const unsigned long kernel_layout_size = sizeof(union kernel_layout);
