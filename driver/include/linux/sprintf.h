// SPDX-License-Identifier: MIT
// Stands in for <linux/sprintf.h>: formatting is the model's work; the va_list forms are left out.
#ifndef SYSRAM_LINUX_SPRINTF_H
#define SYSRAM_LINUX_SPRINTF_H

#include <linux/types.h>

int sprintf(char *buf, const char *fmt, ...) __printf(2, 3);
int snprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);
int scnprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);
int sscanf(const char *buf, const char *fmt, ...) __attribute__((__format__(scanf, 2, 3)));

#endif
