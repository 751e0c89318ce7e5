// SPDX-License-Identifier: MIT
// Stands in for <linux/args.h>: counting and pasting macro arguments, up to eight of them.
#ifndef SYSRAM_LINUX_ARGS_H
#define SYSRAM_LINUX_ARGS_H

#define ARGS_NINTH(a, b, c, d, e, f, g, h, i, n, ...) n
#define COUNT_ARGS(...) ARGS_NINTH(, ##__VA_ARGS__, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define CONCATENATE_TOKENS(a, b) a##b
#define CONCATENATE(a, b) CONCATENATE_TOKENS(a, b)

#endif
