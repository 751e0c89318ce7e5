/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The functions that stand in the place of the kernel's, by the names that the
 * linker gives them (ld --wrap=NAME): __wrap_NAME is called for NAME, and
 * __real_NAME is what NAME was.
 */
#ifndef SYSRAM_WRAPS_H
#define SYSRAM_WRAPS_H

#include "sysram_fake.h"

#ifdef SYSRAM_STAND_IN
void *__wrap_kzalloc(size_t size, gfp_t flags);
void *__real_kzalloc(size_t size, gfp_t flags);
int __wrap_devm_add_action(struct device *dev, void (*action)(void *data), void *data);
#else
void *__wrap___kmalloc_cache_noprof(struct kmem_cache *cache, gfp_t flags, size_t size);
void *__real___kmalloc_cache_noprof(struct kmem_cache *cache, gfp_t flags, size_t size);
int __wrap___devm_add_action(struct device *dev, void (*action)(void *data), void *data, const char *name);
#endif

char *__wrap_kasprintf(gfp_t gfp, const char *format, ...) __printf(2, 3);
void __wrap_kfree(const void *object);
void __real_kfree(const void *object);

void __wrap_device_initialize(struct device *dev);
int __wrap_dev_set_name(struct device *dev, const char *format, ...) __printf(2, 3);
int __wrap_device_add(struct device *dev);
void __wrap_device_del(struct device *dev);
void __wrap_device_unregister(struct device *dev);
void __wrap_put_device(struct device *dev);
struct device *__wrap_device_find_child_by_name(struct device *parent, const char *name);

int __wrap_cxl_region_get_hpa_range(struct cxl_region *cxlr, struct range *range);
unsigned long __wrap_memory_block_size_bytes(void);
int __wrap_phys_to_target_node(u64 start);
int __wrap_memory_add_physaddr_to_nid(u64 start);
int __wrap_mt_calc_adistance(int node, int *adist);
struct memory_dev_type *__wrap_mt_get_memory_type(int adist);
void __wrap_init_node_memory_type(int node, struct memory_dev_type *type);
void __wrap_clear_node_memory_type(int node, struct memory_dev_type *type);
int __wrap_memory_group_register_static(int nid, unsigned long max_pages);
int __wrap_memory_group_unregister(int mgid);

struct resource *__wrap___request_region(struct resource *parent, resource_size_t start, resource_size_t n,
					 const char *name, int flags);
int __wrap_remove_resource(struct resource *old);
int __wrap___add_memory_driver_managed(int nid, u64 start, u64 size, const char *resource_name,
				       mhp_t mhp_flags, int online_type);
int __wrap_remove_memory(u64 start, u64 size);
int __wrap_offline_and_remove_memory(u64 start, u64 size);
int __wrap_walk_memory_blocks(unsigned long start, unsigned long size, void *arg, walk_memory_blocks_func_t func);
int __wrap_device_online(struct device *dev);
void __wrap_lock_device_hotplug(void);
void __wrap_unlock_device_hotplug(void);
int __wrap_mhp_get_default_online_type(void);
void __wrap_msleep(unsigned int msecs);

#endif
