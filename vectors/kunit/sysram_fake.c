// SPDX-License-Identifier: GPL-2.0
/*
 * The functions that the sysram driver calls, redirected at link time. Each asks
 * first whether it is to fail; what they give out is noted, and what comes back
 * is looked up, so that nothing can be lost or given back twice unseen.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/stdarg.h>
#include <linux/string.h>
#include "sysram_fake.h"
#include "sysram_wraps.h"

struct sysram_fake sysram_fake;

static void mistake(const char *what)
{
	if (!sysram_fake.mistakes++)
		sysram_fake.mistake = what;
}

/* Whether this call is the one that fails: 0, or a negative errno. */
static int fails(const char *call)
{
	if (!sysram_fake.fault.call || strcmp(sysram_fake.fault.call, call))
		return 0;
	if (++sysram_fake.calls != sysram_fake.fault.nth)
		return 0;
	return sysram_fake.fault.error;
}

static void note(const void *object)
{
	int i;

	for (i = 0; object && i < SYSRAM_FAKE_OBJECTS; i++) {
		if (!sysram_fake.allocations[i]) {
			sysram_fake.allocations[i] = object;
			return;
		}
	}
}

static bool forget(const void *object)
{
	int i;

	for (i = 0; i < SYSRAM_FAKE_OBJECTS; i++) {
		if (sysram_fake.allocations[i] == object) {
			sysram_fake.allocations[i] = NULL;
			return true;
		}
	}
	return false;
}

static struct sysram_fake_device *find(struct device *dev)
{
	int i;

	for (i = 0; i < SYSRAM_FAKE_OBJECTS; i++)
		if (sysram_fake.devices[i].dev == dev)
			return &sysram_fake.devices[i];
	return NULL;
}

void sysram_fake_reset(u64 size, int default_type)
{
	memset(&sysram_fake, 0, sizeof(sysram_fake));
	sysram_fake.size = size;
	sysram_fake.default_type = default_type;
}

int sysram_fake_resources(void)
{
	int i, count = 0;

	for (i = 0; i < SYSRAM_FAKE_OBJECTS; i++)
		if (sysram_fake.resources[i])
			count++;
	return count;
}

int sysram_fake_allocations(void)
{
	int i, count = 0;

	for (i = 0; i < SYSRAM_FAKE_OBJECTS; i++)
		if (sysram_fake.allocations[i])
			count++;
	return count;
}

struct device *sysram_fake_registered(void)
{
	int i;

	for (i = 0; i < SYSRAM_FAKE_OBJECTS; i++)
		if (sysram_fake.devices[i].registered)
			return sysram_fake.devices[i].dev;
	return NULL;
}

/* What unbinding the region's driver does: the action that the driver left runs. */
void sysram_fake_unbind(void)
{
	void (*action)(void *data) = sysram_fake.action;

	sysram_fake.action = NULL;
	if (action)
		action(sysram_fake.action_data);
}

/* Memory of the driver's own. */

#ifdef SYSRAM_STAND_IN
void *__wrap_kzalloc(size_t size, gfp_t flags)
{
	void *object = fails("kzalloc") ? NULL : __real_kzalloc(size, flags);

	note(object);
	return object;
}
#else
void *__wrap___kmalloc_cache_noprof(struct kmem_cache *cache, gfp_t flags, size_t size)
{
	void *object = fails("kzalloc") ? NULL : __real___kmalloc_cache_noprof(cache, flags, size);

	note(object);
	return object;
}
#endif

char *__wrap_kasprintf(gfp_t gfp, const char *format, ...)
{
	va_list arguments;
	char *text;

	if (fails("kasprintf"))
		return NULL;
	va_start(arguments, format);
	text = kvasprintf(gfp, format, arguments);
	va_end(arguments);
	note(text);
	return text;
}

void __wrap_kfree(const void *object)
{
	int i;

	if (!object)
		return;
	for (i = 0; i < SYSRAM_FAKE_OBJECTS; i++) {
		struct resource *resource = sysram_fake.resources[i];

		if (resource == object)
			mistake("a resource is freed while it is in the tree");
		else if (resource && resource->name == object)
			mistake("a resource's name is freed while the resource is in the tree");
	}
	if (!forget(object)) {
		mistake("something is freed that was not allocated, or a second time");
		return;
	}
	__real_kfree(object);
}

/* The device. */

void __wrap_device_initialize(struct device *dev)
{
	struct sysram_fake_device *entry = find(NULL);

	mutex_init(&dev->mutex);
	entry->dev = dev;
	entry->references = 1;
}

int __wrap_dev_set_name(struct device *dev, const char *format, ...)
{
	int error = fails("dev_set_name");

	if (!error)
		dev->init_name = "sysram_region0";
	return error;
}

int __wrap_device_add(struct device *dev)
{
	int error = fails("device_add");

	if (!error)
		find(dev)->registered = true;
	return error;
}

void __wrap_device_del(struct device *dev)
{
	struct sysram_fake_device *entry = find(dev);

	if (!entry || !entry->registered)
		mistake("a device is deleted that is not registered");
	else
		entry->registered = false;
}

void __wrap_put_device(struct device *dev)
{
	struct sysram_fake_device *entry = dev ? find(dev) : NULL;

	if (!dev)
		return;
	if (!entry) {
		mistake("a device is put that is gone");
		return;
	}
	if (--entry->references > 0)
		return;
	if (entry->registered)
		mistake("the last reference goes to a device that is registered");
	entry->dev = NULL;
	entry->registered = false;
	dev->type->release(dev);
}

void __wrap_device_unregister(struct device *dev)
{
	__wrap_device_del(dev);
	__wrap_put_device(dev);
}

struct device *__wrap_device_find_child_by_name(struct device *parent, const char *name)
{
	struct device *dev = sysram_fake_registered();

	if (!dev || strcmp(dev->init_name, name))
		return NULL;
	find(dev)->references++;
	return dev;
}

#ifdef SYSRAM_STAND_IN
int __wrap_devm_add_action(struct device *dev, void (*action)(void *data), void *data)
#else
int __wrap___devm_add_action(struct device *dev, void (*action)(void *data), void *data, const char *name)
#endif
{
	int error = fails("devm_add_action");

	if (error)
		return error;
	sysram_fake.action = action;
	sysram_fake.action_data = data;
	return 0;
}

/* The region and its node. */

int __wrap_cxl_region_get_hpa_range(struct cxl_region *cxlr, struct range *range)
{
	int error = fails("cxl_region_get_hpa_range");

	range->start = SYSRAM_FAKE_START;
	range->end = SYSRAM_FAKE_START + sysram_fake.size - 1;
	return error;
}

unsigned long __wrap_memory_block_size_bytes(void)
{
	return SYSRAM_FAKE_BLOCK_SIZE;
}

int __wrap_phys_to_target_node(u64 start)
{
	return SYSRAM_FAKE_NODE;
}

int __wrap_memory_add_physaddr_to_nid(u64 start)
{
	return SYSRAM_FAKE_NODE;
}

int __wrap_mt_calc_adistance(int node, int *adist)
{
	return 0;
}

struct memory_dev_type *__wrap_mt_get_memory_type(int adist)
{
	int error = fails("mt_get_memory_type");

	return error ? ERR_PTR(error) : &sysram_fake.type;
}

void __wrap_init_node_memory_type(int node, struct memory_dev_type *type)
{
	sysram_fake.types++;
}

void __wrap_clear_node_memory_type(int node, struct memory_dev_type *type)
{
	if (sysram_fake.block != SYSRAM_BLOCK_ABSENT)
		mistake("a node loses its memory type while it has memory");
	if (!sysram_fake.types)
		mistake("a node loses a memory type that it does not have");
	else
		sysram_fake.types--;
}

int __wrap_memory_group_register_static(int nid, unsigned long max_pages)
{
	int error = fails("memory_group_register_static");

	if (error)
		return error;
	return sysram_fake.groups++;
}

int __wrap_memory_group_unregister(int mgid)
{
	if (mgid < 0 || mgid >= sysram_fake.groups) {
		mistake("a memory group is unregistered that is not registered");
		return -EINVAL;
	}
	if (sysram_fake.block != SYSRAM_BLOCK_ABSENT) {
		mistake("a memory group is unregistered that has memory");
		return -EBUSY;
	}
	sysram_fake.groups--;
	return 0;
}

/* The place in the resource tree. */

struct resource *__wrap___request_region(struct resource *parent, resource_size_t start, resource_size_t n,
					 const char *name, int flags)
{
	struct resource *resource;
	int i;

	if (fails("__request_region"))
		return NULL;
	/* Redirected as well, and so noted. */
	resource = kzalloc(sizeof(*resource), GFP_KERNEL);
	if (!resource)
		return NULL;
	resource->start = start;
	resource->end = start + n - 1;
	resource->name = name;
	resource->flags = IORESOURCE_MEM | IORESOURCE_BUSY;
	for (i = 0; i < SYSRAM_FAKE_OBJECTS; i++) {
		if (!sysram_fake.resources[i]) {
			sysram_fake.resources[i] = resource;
			break;
		}
	}
	return resource;
}

int __wrap_remove_resource(struct resource *old)
{
	int i;

	for (i = 0; i < SYSRAM_FAKE_OBJECTS; i++) {
		if (sysram_fake.resources[i] == old) {
			sysram_fake.resources[i] = NULL;
			return 0;
		}
	}
	mistake("a resource is removed that is not in the tree");
	return -EINVAL;
}

/* Memory, in one block. */

static int online_block(int online_type)
{
	int error = fails("memory_block_online");

	if (error)
		return error;
	if (sysram_fake.refuse_onlining)
		return -ENOMEM;
	sysram_fake.block = online_type == MMOP_ONLINE_MOVABLE ? SYSRAM_BLOCK_MOVABLE : SYSRAM_BLOCK_KERNEL;
	return 0;
}

int __wrap___add_memory_driver_managed(int nid, u64 start, u64 size, const char *resource_name,
				       mhp_t mhp_flags, int online_type)
{
	int error;

	if (online_type < MMOP_OFFLINE || online_type > MMOP_ONLINE_MOVABLE)
		return -EINVAL;
	if (sysram_fake.resources[0] && (sysram_fake.resources[0]->flags & IORESOURCE_BUSY))
		return -EEXIST;
	if (sysram_fake.block != SYSRAM_BLOCK_ABSENT)
		return -EEXIST;
	error = fails("__add_memory_driver_managed");
	if (error)
		return error;
	sysram_fake.block = SYSRAM_BLOCK_OFFLINE;
	/* Nobody is told when this fails. */
	if (online_type != MMOP_OFFLINE)
		online_block(online_type);
	return 0;
}

int __wrap_remove_memory(u64 start, u64 size)
{
	int error = fails("remove_memory");

	if (sysram_fake.hotplug_locks)
		mistake("memory is removed under the lock that removing takes");
	if (!error && sysram_fake.block == SYSRAM_BLOCK_ABSENT)
		mistake("memory is removed that is not there");
	if (!error && sysram_fake.block >= SYSRAM_BLOCK_KERNEL)
		error = -EBUSY;
	if (!error)
		sysram_fake.block = SYSRAM_BLOCK_ABSENT;
	return error;
}

int __wrap_offline_and_remove_memory(u64 start, u64 size)
{
	int error = fails("offline_and_remove_memory");

	if (sysram_fake.hotplug_locks)
		mistake("memory is removed under the lock that removing takes");
	if (!error && sysram_fake.block == SYSRAM_BLOCK_ABSENT)
		mistake("memory is removed that is not there");
	if (!error && sysram_fake.block >= SYSRAM_BLOCK_KERNEL) {
		error = fails("memory_block_offline");
		if (!error && sysram_fake.refuse_offlining)
			error = -EPERM;
	}
	if (!error)
		sysram_fake.block = SYSRAM_BLOCK_ABSENT;
	return error;
}

int __wrap_walk_memory_blocks(unsigned long start, unsigned long size, void *arg, walk_memory_blocks_func_t func)
{
	if (!sysram_fake.hotplug_locks)
		mistake("memory blocks are walked without device_hotplug_lock");
	if (sysram_fake.block == SYSRAM_BLOCK_ABSENT)
		return 0;
	sysram_fake.memory_block.state =
		sysram_fake.block == SYSRAM_BLOCK_OFFLINE ? MEM_OFFLINE : MEM_ONLINE;
	return func(&sysram_fake.memory_block, arg);
}

int __wrap_device_online(struct device *dev)
{
	struct memory_block *mem = container_of(dev, struct memory_block, dev);

	if (sysram_fake.block != SYSRAM_BLOCK_OFFLINE)
		return 1;
	return online_block(mem->online_type);
}

void __wrap_lock_device_hotplug(void)
{
	sysram_fake.hotplug_locks++;
}

void __wrap_unlock_device_hotplug(void)
{
	sysram_fake.hotplug_locks--;
}

int __wrap_mhp_get_default_online_type(void)
{
	return sysram_fake.default_type;
}

/* A driver that waits for the memory lets time pass: then whatever held the memory lets go. */
void __wrap_msleep(unsigned int msecs)
{
	if (sysram_fake.pause_lifts)
		sysram_fake.refuse_offlining = false;
}
