// SPDX-License-Identifier: MIT
// Stands in for <linux/stddef.h>: NULL, offsetof() and what is measured with it.
#ifndef SYSRAM_LINUX_STDDEF_H
#define SYSRAM_LINUX_STDDEF_H

#include <linux/compiler_types.h>

#define NULL ((void *)0)

enum {
	false = 0,
	true = 1
};

#define offsetof(type, member) __builtin_offsetof(type, member)
#define sizeof_field(type, member) sizeof(((type *)0)->member)
#define offsetofend(type, member) (offsetof(type, member) + sizeof_field(type, member))

#endif
