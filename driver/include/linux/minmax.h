// SPDX-License-Identifier: MIT
// Stands in for <linux/minmax.h>: each argument is evaluated once; the kernel's check of mixed signs is left out.
#ifndef SYSRAM_LINUX_MINMAX_H
#define SYSRAM_LINUX_MINMAX_H

#include <linux/compiler.h>

#define MINMAX_PICK(type_a, a, type_b, b, relation, ida, idb) ({ \
	type_a ida = (a); \
	type_b idb = (b); \
	ida relation idb ? ida : idb; \
})
#define MINMAX(type_a, a, type_b, b, relation) \
	MINMAX_PICK(type_a, a, type_b, b, relation, __UNIQUE_ID(left), __UNIQUE_ID(right))

#define min(a, b) MINMAX(__auto_type, a, __auto_type, b, <)
#define max(a, b) MINMAX(__auto_type, a, __auto_type, b, >)
#define min_t(type, a, b) MINMAX(type, a, type, b, <)
#define max_t(type, a, b) MINMAX(type, a, type, b, >)
#define umin(a, b) min_t(unsigned long long, a, b)
#define umax(a, b) max_t(unsigned long long, a, b)
#define min3(a, b, c) min(min(a, b), c)
#define max3(a, b, c) max(max(a, b), c)
#define clamp(value, low, high) min(max(value, low), high)
#define clamp_t(type, value, low, high) min_t(type, max_t(type, value, low), high)
#define clamp_val(value, low, high) clamp_t(typeof(value), value, low, high)

#define swap(a, b) do { \
	typeof(a) __swapped = (a); \
	(a) = (b); \
	(b) = __swapped; \
} while (0)

#endif
