// SPDX-License-Identifier: MIT
// Stands in for <linux/device.h>: a device's life, its children and its attributes; classes, links, power management, DMA and firmware nodes are left out.
#ifndef SYSRAM_LINUX_DEVICE_H
#define SYSRAM_LINUX_DEVICE_H

#include <linux/cleanup.h>
#include <linux/dev_printk.h>
#include <linux/device/bus.h>
#include <linux/device/devres.h>
#include <linux/kernel.h>
#include <linux/ioport.h>
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/types.h>

struct device_private;
struct class;

struct device_type {
	const char *name;
	const struct attribute_group **groups;
	int (*uevent)(const struct device *dev, struct kobj_uevent_env *env);
	char *(*devnode)(const struct device *dev, umode_t *mode, uid_t *uid, gid_t *gid);
	void (*release)(struct device *dev);
};

struct dev_pm_info {
	bool no_pm;
};

struct device {
	struct kobject kobj;
	struct device *parent;
	struct device_private *p;
	const char *init_name;
	const struct device_type *type;
	const struct bus_type *bus;
	struct device_driver *driver;
	void *platform_data;
	void *driver_data;
	struct mutex mutex;
	struct dev_pm_info power;
	int numa_node;
	dev_t devt;
	u32 id;
	spinlock_t devres_lock;
	struct list_head devres_head;
	const struct class *class;
	const struct attribute_group **groups;
	void (*release)(struct device *dev);
	/* Single bits in the kernel. */
	bool offline_disabled;
	bool offline;
};

struct device_attribute {
	struct attribute attr;
	ssize_t (*show)(struct device *dev, struct device_attribute *attr, char *buf);
	ssize_t (*store)(struct device *dev, struct device_attribute *attr, const char *buf, size_t count);
};

#define DEVICE_ATTR(_name, _mode, _show, _store) \
	struct device_attribute dev_attr_##_name = __ATTR(_name, _mode, _show, _store)
#define DEVICE_ATTR_RW(_name) struct device_attribute dev_attr_##_name = __ATTR_RW(_name)
#define DEVICE_ATTR_RO(_name) struct device_attribute dev_attr_##_name = __ATTR_RO(_name)
#define DEVICE_ATTR_WO(_name) struct device_attribute dev_attr_##_name = __ATTR_WO(_name)
#define DEVICE_ATTR_ADMIN_RW(_name) struct device_attribute dev_attr_##_name = __ATTR_RW_MODE(_name, 0600)
#define DEVICE_ATTR_ADMIN_RO(_name) struct device_attribute dev_attr_##_name = __ATTR_RO_MODE(_name, 0400)

#define kobj_to_dev(pointer) container_of(pointer, struct device, kobj)

void device_initialize(struct device *dev);
int dev_set_name(struct device *dev, const char *fmt, ...) __printf(2, 3);
int __must_check device_add(struct device *dev);
int __must_check device_register(struct device *dev);
void device_del(struct device *dev);
void device_unregister(struct device *dev);
struct device *get_device(struct device *dev);
void put_device(struct device *dev);
/* Inline in the kernel, where it reads a bit of the kobject that here belongs to the model. */
int device_is_registered(struct device *dev);
bool device_is_bound(struct device *dev);
int device_rename(struct device *dev, const char *new_name);
const char *dev_driver_string(const struct device *dev);

int device_for_each_child(struct device *parent, void *data, device_iter_t fn);
int device_for_each_child_reverse(struct device *parent, void *data, device_iter_t fn);
struct device *device_find_child(struct device *parent, const void *data, device_match_t match);
struct device *device_find_child_by_name(struct device *parent, const char *name);
struct device *device_find_any_child(struct device *parent);

int __must_check device_attach(struct device *dev);
int __must_check device_reprobe(struct device *dev);
void device_release_driver(struct device *dev);

int device_create_file(struct device *dev, const struct device_attribute *attr);
void device_remove_file(struct device *dev, const struct device_attribute *attr);
bool device_remove_file_self(struct device *dev, const struct device_attribute *attr);
int __must_check device_add_groups(struct device *dev, const struct attribute_group **groups);
void device_remove_groups(struct device *dev, const struct attribute_group **groups);
int __must_check devm_device_add_group(struct device *dev, const struct attribute_group *grp);

void lock_device_hotplug(void);
void unlock_device_hotplug(void);
int lock_device_hotplug_sysfs(void);
int device_online(struct device *dev);
int device_offline(struct device *dev);

static __always_inline int __must_check device_add_group(struct device *dev, const struct attribute_group *grp)
{
	const struct attribute_group *groups[] = { grp, NULL };

	return device_add_groups(dev, groups);
}

static __always_inline void device_remove_group(struct device *dev, const struct attribute_group *grp)
{
	const struct attribute_group *groups[] = { grp, NULL };

	device_remove_groups(dev, groups);
}

static __always_inline const char *dev_name(const struct device *dev)
{
	return dev->init_name ? dev->init_name : kobject_name(&dev->kobj);
}

static __always_inline int device_match_name(struct device *dev, const void *name)
{
	return sysfs_streq(dev_name(dev), name);
}

static __always_inline int device_match_any(struct device *dev, const void *unused)
{
	return 1;
}

static __always_inline struct device *bus_find_device_by_name(const struct bus_type *bus, struct device *start,
							      const char *name)
{
	return bus_find_device(bus, start, name, device_match_name);
}

static __always_inline const char *dev_bus_name(const struct device *dev)
{
	return dev->bus ? dev->bus->name : "";
}

static __always_inline void *dev_get_drvdata(const struct device *dev)
{
	return dev->driver_data;
}

static __always_inline void dev_set_drvdata(struct device *dev, void *data)
{
	dev->driver_data = data;
}

static __always_inline void *dev_get_platdata(const struct device *dev)
{
	return dev->platform_data;
}

static __always_inline int dev_to_node(struct device *dev)
{
	return dev->numa_node;
}

static __always_inline void set_dev_node(struct device *dev, int node)
{
	dev->numa_node = node;
}

static __always_inline void device_set_pm_not_required(struct device *dev)
{
	dev->power.no_pm = true;
}

/* A device's lock is its mutex, so the lock model needs no second kind. */
static __always_inline void device_lock(struct device *dev)
{
	mutex_lock(&dev->mutex);
}

static __always_inline int __must_check device_lock_interruptible(struct device *dev)
{
	return mutex_lock_interruptible(&dev->mutex);
}

static __always_inline int device_trylock(struct device *dev)
{
	return mutex_trylock(&dev->mutex);
}

static __always_inline void device_unlock(struct device *dev)
{
	mutex_unlock(&dev->mutex);
}

static __always_inline void device_lock_assert(struct device *dev)
{
	lockdep_assert_held(&dev->mutex);
}

DEFINE_GUARD(device, struct device *, device_lock(_T), device_unlock(_T))
DEFINE_GUARD_COND(device, _intr, device_lock_interruptible(_T), _RET == 0)
DEFINE_GUARD_COND(device, _try, device_trylock(_T))
DEFINE_FREE(put_device, struct device *, if (_T) put_device(_T))
DEFINE_FREE(device_del, struct device *, if (_T) device_del(_T))
DEFINE_FREE(device_unregister, struct device *, if (_T) device_unregister(_T))

#endif
