// SPDX-License-Identifier: MIT
// Stands in for <linux/compiler_types.h>: the attributes that kernel code writes; sparse's address spaces mean nothing here.
#ifndef SYSRAM_LINUX_COMPILER_TYPES_H
#define SYSRAM_LINUX_COMPILER_TYPES_H

#include <linux/kconfig.h>

/* As in the kernel: one that is not static has a definition of its own. */
#define inline inline __attribute__((__gnu_inline__))

/*
 * Our own inline functions are always inlined, so that a kernel call made
 * inside one is reported at the line of the driver that led to it.
 */
#define __always_inline inline __attribute__((__always_inline__))
#define noinline __attribute__((__noinline__))
#define __noreturn __attribute__((__noreturn__))
#define __must_check __attribute__((__warn_unused_result__))
#define __maybe_unused __attribute__((__unused__))
#define __always_unused __attribute__((__unused__))
#define __used __attribute__((__used__))
#define __weak __attribute__((__weak__))
#define __packed __attribute__((__packed__))
#define __aligned(x) __attribute__((__aligned__(x)))
#define __cleanup(function) __attribute__((__cleanup__(function)))
#define __printf(a, b) __attribute__((__format__(printf, a, b)))
#define __pure __attribute__((__pure__))
#define __attribute_const__ __attribute__((__const__))
#define __section(name)
#define __malloc
#define __alloc_size(...)
#define __realloc_size(...)
#define __cold
#define __ref
#define __refdata
#define __visible
#define __counted_by(member)
#define __nonstring
#define __no_kcsan
#define __read_mostly
#define __ro_after_init
#define notrace
#define asmlinkage
#define fallthrough __attribute__((__fallthrough__))

#define __user
#define __kernel
#define __iomem
#define __percpu
#define __rcu
#define __force
#define __bitwise
#define __private
#define __must_hold(lock)
#define __must_hold_shared(lock)
#define __acquires(lock)
#define __releases(lock)
#define __cond_acquires(...)
#define __guarded_by(...)

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#ifndef __has_include
#error "the stand-in headers need __has_include"
#endif

#endif
