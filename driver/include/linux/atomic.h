// SPDX-License-Identifier: MIT
// Stands in for <linux/atomic.h>: each operation is one access, which no task is interrupted within.
#ifndef SYSRAM_LINUX_ATOMIC_H
#define SYSRAM_LINUX_ATOMIC_H

#include <linux/compiler.h>
#include <linux/types.h>

#define ATOMIC_INIT(value) { (value) }
#define ATOMIC64_INIT(value) { (value) }
#define ATOMIC_LONG_INIT(value) { (value) }

/* One family of operations: prefix_read(), prefix_add_return() and what is written with them. */
#define DEFINE_ATOMIC_OPERATIONS(prefix, atomic_type, type) \
static __always_inline type prefix##_read(const atomic_type *v) \
{ \
	return READ_ONCE(v->counter); \
} \
static __always_inline void prefix##_set(atomic_type *v, type i) \
{ \
	WRITE_ONCE(v->counter, i); \
} \
static __always_inline type prefix##_xchg(atomic_type *v, type new) \
{ \
	return __atomic_exchange_n(&v->counter, new, __ATOMIC_SEQ_CST); \
} \
static __always_inline type prefix##_cmpxchg(atomic_type *v, type old, type new) \
{ \
	__atomic_compare_exchange_n(&v->counter, &old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
	return old; \
} \
static __always_inline bool prefix##_try_cmpxchg(atomic_type *v, type *old, type new) \
{ \
	type was = prefix##_cmpxchg(v, *old, new); \
	bool swapped = was == *old; \
	*old = was; \
	return swapped; \
} \
static __always_inline type prefix##_fetch_add(type i, atomic_type *v) \
{ \
	return __atomic_fetch_add(&v->counter, i, __ATOMIC_SEQ_CST); \
} \
static __always_inline type prefix##_add_return(type i, atomic_type *v) \
{ \
	return prefix##_fetch_add(i, v) + i; \
} \
static __always_inline type prefix##_sub_return(type i, atomic_type *v) \
{ \
	return prefix##_add_return(-i, v); \
} \
static __always_inline type prefix##_inc_return(atomic_type *v) \
{ \
	return prefix##_add_return(1, v); \
} \
static __always_inline type prefix##_dec_return(atomic_type *v) \
{ \
	return prefix##_add_return(-1, v); \
} \
static __always_inline void prefix##_add(type i, atomic_type *v) \
{ \
	prefix##_add_return(i, v); \
} \
static __always_inline void prefix##_sub(type i, atomic_type *v) \
{ \
	prefix##_add_return(-i, v); \
} \
static __always_inline void prefix##_inc(atomic_type *v) \
{ \
	prefix##_add_return(1, v); \
} \
static __always_inline void prefix##_dec(atomic_type *v) \
{ \
	prefix##_add_return(-1, v); \
} \
static __always_inline bool prefix##_dec_and_test(atomic_type *v) \
{ \
	return prefix##_add_return(-1, v) == 0; \
} \
static __always_inline bool prefix##_inc_and_test(atomic_type *v) \
{ \
	return prefix##_add_return(1, v) == 0; \
} \
static __always_inline bool prefix##_add_unless(atomic_type *v, type i, type limit) \
{ \
	type was = prefix##_read(v); \
	while (was != limit && !prefix##_try_cmpxchg(v, &was, was + i)) \
		; \
	return was != limit; \
} \
static __always_inline bool prefix##_inc_not_zero(atomic_type *v) \
{ \
	return prefix##_add_unless(v, 1, 0); \
}

DEFINE_ATOMIC_OPERATIONS(atomic, atomic_t, int)
DEFINE_ATOMIC_OPERATIONS(atomic64, atomic64_t, s64)

static __always_inline long atomic_long_read(const atomic_long_t *v)
{
	return atomic64_read(v);
}

static __always_inline void atomic_long_set(atomic_long_t *v, long i)
{
	atomic64_set(v, i);
}

#define atomic_long_inc(v) atomic64_inc(v)
#define atomic_long_dec(v) atomic64_dec(v)
#define atomic_long_add(i, v) atomic64_add(i, v)
#define atomic_read_acquire(v) atomic_read(v)
#define atomic_set_release(v, i) atomic_set(v, i)

#define xchg(pointer, value) ({ \
	typeof(pointer) __where = (pointer); \
	__atomic_exchange_n(__where, (value), __ATOMIC_SEQ_CST); \
})
#define cmpxchg(pointer, old, new) ({ \
	typeof(pointer) __where = (pointer); \
	typeof(*__where) __was = (old); \
	__atomic_compare_exchange_n(__where, &__was, (new), false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
	__was; \
})

#endif
