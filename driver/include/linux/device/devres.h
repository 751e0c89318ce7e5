// SPDX-License-Identifier: MIT
// Stands in for <linux/device/devres.h>: what is undone when a device's driver goes; pages, percpu and mapped registers are left out.
#ifndef SYSRAM_LINUX_DEVICE_DEVRES_H
#define SYSRAM_LINUX_DEVICE_DEVRES_H

#include <linux/bug.h>
#include <linux/gfp.h>
#include <linux/numa.h>
#include <linux/types.h>

struct device;

typedef void (*dr_release_t)(struct device *dev, void *res);
typedef int (*dr_match_t)(struct device *dev, void *res, void *match_data);

int devm_add_action(struct device *dev, void (*action)(void *data), void *data);
int devm_remove_action_nowarn(struct device *dev, void (*action)(void *data), void *data);
void devm_release_action(struct device *dev, void (*action)(void *data), void *data);
bool devm_is_action_added(struct device *dev, void (*action)(void *data), void *data);

static __always_inline int devm_add_action_or_reset(struct device *dev, void (*action)(void *data), void *data)
{
	int ret = devm_add_action(dev, action, data);

	if (ret)
		action(data);
	return ret;
}

static __always_inline void devm_remove_action(struct device *dev, void (*action)(void *data), void *data)
{
	WARN_ON(devm_remove_action_nowarn(dev, action, data));
}

void *devm_kmalloc(struct device *dev, size_t size, gfp_t gfp);
void *devm_kzalloc(struct device *dev, size_t size, gfp_t gfp);
void *devm_kmalloc_array(struct device *dev, size_t n, size_t size, gfp_t gfp);
void *devm_kcalloc(struct device *dev, size_t n, size_t size, gfp_t gfp);
void *devm_krealloc(struct device *dev, void *ptr, size_t size, gfp_t gfp);
void *devm_kmemdup(struct device *dev, const void *src, size_t len, gfp_t gfp);
char *devm_kstrdup(struct device *dev, const char *s, gfp_t gfp);
const char *devm_kstrdup_const(struct device *dev, const char *s, gfp_t gfp);
char *devm_kasprintf(struct device *dev, gfp_t gfp, const char *fmt, ...) __printf(3, 4);
void devm_kfree(struct device *dev, const void *p);

void *devres_alloc_node(dr_release_t release, size_t size, gfp_t gfp, int nid);
void devres_free(void *res);
void devres_add(struct device *dev, void *res);
void *devres_find(struct device *dev, dr_release_t release, dr_match_t match, void *match_data);
void *devres_get(struct device *dev, void *new_res, dr_match_t match, void *match_data);
void *devres_remove(struct device *dev, dr_release_t release, dr_match_t match, void *match_data);
int devres_destroy(struct device *dev, dr_release_t release, dr_match_t match, void *match_data);
int devres_release(struct device *dev, dr_release_t release, dr_match_t match, void *match_data);
void *devres_open_group(struct device *dev, void *id, gfp_t gfp);
void devres_close_group(struct device *dev, void *id);
void devres_remove_group(struct device *dev, void *id);
int devres_release_group(struct device *dev, void *id);
#define devres_alloc(release, size, gfp) devres_alloc_node(release, size, gfp, NUMA_NO_NODE)

#endif
