// SPDX-License-Identifier: MIT
// Stands in for <linux/sysfs.h>: attributes, groups of them, and writing into their page; mapping a binary attribute is left out.
#ifndef SYSRAM_LINUX_SYSFS_H
#define SYSRAM_LINUX_SYSFS_H

#include <linux/stringify.h>
#include <linux/types.h>

struct kobject;
struct file;

struct attribute {
	const char *name;
	umode_t mode;
};

struct bin_attribute {
	struct attribute attr;
	size_t size;
	void *private;
	ssize_t (*read)(struct file *file, struct kobject *kobj, const struct bin_attribute *attr,
			char *buf, loff_t offset, size_t count);
	ssize_t (*write)(struct file *file, struct kobject *kobj, const struct bin_attribute *attr,
			 char *buf, loff_t offset, size_t count);
};

struct attribute_group {
	const char *name;
	umode_t (*is_visible)(struct kobject *kobj, struct attribute *attr, int index);
	umode_t (*is_bin_visible)(struct kobject *kobj, const struct bin_attribute *attr, int index);
	size_t (*bin_size)(struct kobject *kobj, const struct bin_attribute *attr, int index);
	struct attribute **attrs;
	const struct bin_attribute *const *bin_attrs;
};

#define SYSFS_GROUP_INVISIBLE 020000

#define __ATTR(_name, _mode, _show, _store) { \
	.attr = { .name = __stringify(_name), .mode = (_mode) }, \
	.show = _show, \
	.store = _store, \
}
#define __ATTR_RO_MODE(_name, _mode) { \
	.attr = { .name = __stringify(_name), .mode = (_mode) }, \
	.show = _name##_show, \
}
#define __ATTR_RW_MODE(_name, _mode) __ATTR(_name, _mode, _name##_show, _name##_store)
#define __ATTR_RO(_name) __ATTR_RO_MODE(_name, 0444)
#define __ATTR_RW(_name) __ATTR_RW_MODE(_name, 0644)
#define __ATTR_WO(_name) { \
	.attr = { .name = __stringify(_name), .mode = 0200 }, \
	.store = _name##_store, \
}
#define __ATTR_NULL { .attr = { .name = NULL } }

#define __ATTRIBUTE_GROUPS(_name) \
	static const struct attribute_group *_name##_groups[] = { \
		&_name##_group, \
		NULL, \
	}
#define ATTRIBUTE_GROUPS(_name) \
	static const struct attribute_group _name##_group = { \
		.attrs = _name##_attrs, \
	}; \
	__ATTRIBUTE_GROUPS(_name)

int sysfs_emit(char *buf, const char *fmt, ...) __printf(2, 3);
int sysfs_emit_at(char *buf, int at, const char *fmt, ...) __printf(3, 4);
int sysfs_create_file(struct kobject *kobj, const struct attribute *attr);
void sysfs_remove_file(struct kobject *kobj, const struct attribute *attr);
bool sysfs_remove_file_self(struct kobject *kobj, const struct attribute *attr);
int sysfs_create_group(struct kobject *kobj, const struct attribute_group *grp);
int sysfs_create_groups(struct kobject *kobj, const struct attribute_group **groups);
int sysfs_update_group(struct kobject *kobj, const struct attribute_group *grp);
void sysfs_remove_group(struct kobject *kobj, const struct attribute_group *grp);
void sysfs_remove_groups(struct kobject *kobj, const struct attribute_group **groups);
int sysfs_create_link(struct kobject *kobj, struct kobject *target, const char *name);
void sysfs_remove_link(struct kobject *kobj, const char *name);
void sysfs_notify(struct kobject *kobj, const char *dir, const char *attr);

#endif
