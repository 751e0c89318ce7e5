// SPDX-License-Identifier: MIT
// Stands in for <linux/device/bus.h>: the bus, its drivers, and the search for a device; notifiers, power and DMA are left out.
#ifndef SYSRAM_LINUX_DEVICE_BUS_H
#define SYSRAM_LINUX_DEVICE_BUS_H

#include <linux/kobject.h>
#include <linux/sysfs.h>

struct device;
struct device_driver;
struct module;

typedef int (*device_match_t)(struct device *dev, const void *data);
typedef int (*device_iter_t)(struct device *dev, void *data);

struct bus_type {
	const char *name;
	const char *dev_name;
	const struct attribute_group **bus_groups;
	const struct attribute_group **dev_groups;
	const struct attribute_group **drv_groups;
	int (*match)(struct device *dev, const struct device_driver *drv);
	int (*uevent)(const struct device *dev, struct kobj_uevent_env *env);
	int (*probe)(struct device *dev);
	void (*sync_state)(struct device *dev);
	void (*remove)(struct device *dev);
	void (*shutdown)(struct device *dev);
	int (*online)(struct device *dev);
	int (*offline)(struct device *dev);
	bool need_parent_lock;
};

struct device_driver {
	const char *name;
	const struct bus_type *bus;
	struct module *owner;
	const char *mod_name;
	bool suppress_bind_attrs;
	int (*probe)(struct device *dev);
	void (*sync_state)(struct device *dev);
	int (*remove)(struct device *dev);
	void (*shutdown)(struct device *dev);
	const struct attribute_group **groups;
	const struct attribute_group **dev_groups;
};

int bus_register(const struct bus_type *bus);
void bus_unregister(const struct bus_type *bus);
int bus_rescan_devices(const struct bus_type *bus);
int bus_for_each_dev(const struct bus_type *bus, struct device *start, void *data, device_iter_t fn);
struct device *bus_find_device(const struct bus_type *bus, struct device *start, const void *data,
			       device_match_t match);
int driver_register(struct device_driver *drv);
void driver_unregister(struct device_driver *drv);

#endif
