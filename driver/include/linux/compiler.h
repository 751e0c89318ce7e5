// SPDX-License-Identifier: MIT
// Stands in for <linux/compiler.h>: READ_ONCE(), WRITE_ONCE(), barrier() and __UNIQUE_ID().
#ifndef SYSRAM_LINUX_COMPILER_H
#define SYSRAM_LINUX_COMPILER_H

#include <linux/compiler_types.h>

#define PASTE_TOKENS(a, b) a##b
#define PASTE_EXPANDED(a, b) PASTE_TOKENS(a, b)
#define __UNIQUE_ID(prefix) PASTE_EXPANDED(__unique_##prefix, __COUNTER__)

#define barrier() __asm__ __volatile__("" : : : "memory")
#define barrier_data(pointer) __asm__ __volatile__("" : : "r"(pointer) : "memory")

/* A volatile access is how the instrumented code tells a marked access from a plain one. */
#define READ_ONCE(x) (*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, value) ((void)(*(volatile typeof(x) *)&(x) = (value)))
#define data_race(expression) (expression)

/* One modelled task runs at a time, so ordering is what the program order says. */
#define smp_mb() barrier()
#define smp_rmb() barrier()
#define smp_wmb() barrier()
#define smp_store_release(pointer, value) WRITE_ONCE(*(pointer), value)
#define smp_load_acquire(pointer) READ_ONCE(*(pointer))
#define smp_mb__before_atomic() barrier()
#define smp_mb__after_atomic() barrier()

#define unreachable() __builtin_unreachable()
#define OPTIMIZER_HIDE_VAR(x) ((void)(x))

#endif
