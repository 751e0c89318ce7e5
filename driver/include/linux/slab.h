// SPDX-License-Identifier: MIT
// Stands in for <linux/slab.h>: kmalloc() and kin, and kasprintf(); caches of one's own are left out.
#ifndef SYSRAM_LINUX_SLAB_H
#define SYSRAM_LINUX_SLAB_H

#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/overflow.h>
#include <linux/string.h>

void *kmalloc(size_t size, gfp_t flags);
void *kzalloc(size_t size, gfp_t flags);
void *kmalloc_array(size_t n, size_t size, gfp_t flags);
void *kcalloc(size_t n, size_t size, gfp_t flags);
void *krealloc(const void *p, size_t new_size, gfp_t flags);
void *krealloc_array(void *p, size_t new_n, size_t new_size, gfp_t flags);
void *kmalloc_node(size_t size, gfp_t flags, int node);
void *kzalloc_node(size_t size, gfp_t flags, int node);
void *kvmalloc(size_t size, gfp_t flags);
void *kvzalloc(size_t size, gfp_t flags);
void *kvmalloc_array(size_t n, size_t size, gfp_t flags);
void *kvcalloc(size_t n, size_t size, gfp_t flags);
void kfree(const void *objp);
void kvfree(const void *addr);
void kfree_sensitive(const void *objp);
size_t ksize(const void *objp);
char *kasprintf(gfp_t gfp, const char *fmt, ...) __printf(2, 3);

/* The GFP argument may be left out since 2026; it is then GFP_KERNEL. */
#define SLAB_GFP_0() GFP_KERNEL
#define SLAB_GFP_1(gfp) (gfp)
#define SLAB_GFP(...) CONCATENATE(SLAB_GFP_, COUNT_ARGS(__VA_ARGS__))(__VA_ARGS__)
#define SLAB_TYPED(function, type, bytes, ...) ((typeof(type) *)function(bytes, SLAB_GFP(__VA_ARGS__)))

#define kmalloc_obj(type, ...) SLAB_TYPED(kmalloc, type, sizeof(typeof(type)), ##__VA_ARGS__)
#define kzalloc_obj(type, ...) SLAB_TYPED(kzalloc, type, sizeof(typeof(type)), ##__VA_ARGS__)
#define kvmalloc_obj(type, ...) SLAB_TYPED(kvmalloc, type, sizeof(typeof(type)), ##__VA_ARGS__)
#define kvzalloc_obj(type, ...) SLAB_TYPED(kvzalloc, type, sizeof(typeof(type)), ##__VA_ARGS__)
#define kmalloc_objs(type, count, ...) \
	SLAB_TYPED(kmalloc, type, size_mul(sizeof(typeof(type)), count), ##__VA_ARGS__)
#define kzalloc_objs(type, count, ...) \
	SLAB_TYPED(kzalloc, type, size_mul(sizeof(typeof(type)), count), ##__VA_ARGS__)
#define kmalloc_flex(type, member, count, ...) \
	SLAB_TYPED(kmalloc, type, struct_size_t(typeof(type), member, count), ##__VA_ARGS__)
#define kzalloc_flex(type, member, count, ...) \
	SLAB_TYPED(kzalloc, type, struct_size_t(typeof(type), member, count), ##__VA_ARGS__)

DEFINE_FREE(kfree, void *, if (!IS_ERR_OR_NULL(_T)) kfree(_T))
DEFINE_FREE(kvfree, void *, if (!IS_ERR_OR_NULL(_T)) kvfree(_T))
DEFINE_FREE(kfree_sensitive, void *, if (_T) kfree_sensitive(_T))
DEFINE_FREE(kfree_const, const void *, if (!IS_ERR_OR_NULL(_T)) kfree_const(_T))

#endif
