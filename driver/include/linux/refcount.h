// SPDX-License-Identifier: MIT
// Stands in for <linux/refcount.h>: counts that warn where the kernel's saturate and warn; the forms that take a lock are left out.
#ifndef SYSRAM_LINUX_REFCOUNT_H
#define SYSRAM_LINUX_REFCOUNT_H

#include <linux/atomic.h>
#include <linux/bug.h>

typedef struct refcount_struct {
	atomic_t refs;
} refcount_t;

#define REFCOUNT_INIT(n) { .refs = ATOMIC_INIT(n) }

static __always_inline void refcount_set(refcount_t *r, int n)
{
	atomic_set(&r->refs, n);
}

static __always_inline unsigned int refcount_read(const refcount_t *r)
{
	return atomic_read(&r->refs);
}

static __always_inline void refcount_inc(refcount_t *r)
{
	WARN(atomic_add_return(1, &r->refs) <= 1, "refcount_t: addition on 0; use-after-free.\n");
}

static __always_inline bool __must_check refcount_inc_not_zero(refcount_t *r)
{
	return atomic_inc_not_zero(&r->refs);
}

static __always_inline bool __must_check refcount_dec_and_test(refcount_t *r)
{
	int left = atomic_sub_return(1, &r->refs);

	WARN(left < 0, "refcount_t: underflow; use-after-free.\n");
	return left == 0;
}

static __always_inline void refcount_dec(refcount_t *r)
{
	WARN(atomic_sub_return(1, &r->refs) <= 0, "refcount_t: decrement hit 0; leaking memory.\n");
}

#endif
