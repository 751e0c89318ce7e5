// SPDX-License-Identifier: MIT
// Stands in for <linux/stdarg.h>, and declares the one function that takes such a list.
#ifndef SYSRAM_LINUX_STDARG_H
#define SYSRAM_LINUX_STDARG_H

#include <linux/types.h>

typedef __builtin_va_list va_list;
#define va_start(list, last) __builtin_va_start(list, last)
#define va_end(list) __builtin_va_end(list)
#define va_arg(list, type) __builtin_va_arg(list, type)

char *kvasprintf(gfp_t gfp, const char *fmt, va_list args);

#endif
