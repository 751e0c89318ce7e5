// SPDX-License-Identifier: MIT
// Stands in for <linux/container_of.h>: from a member to the structure around it.
#ifndef SYSRAM_LINUX_CONTAINER_OF_H
#define SYSRAM_LINUX_CONTAINER_OF_H

#include <linux/stddef.h>

#define typeof_member(type, member) typeof(((type *)0)->member)

/* The ternary makes the compiler compare the types and never runs the second arm. */
#define container_of(ptr, type, member) ({ \
	const void *__member = (1 ? (ptr) : (const typeof_member(type, member) *)0); \
	(type *)((const char *)__member - offsetof(type, member)); \
})

#define container_of_const(ptr, type, member) _Generic(ptr, \
	const typeof(*(ptr)) *: ((const type *)container_of(ptr, type, member)), \
	default: ((type *)container_of(ptr, type, member)))

#endif
