// SPDX-License-Identifier: MIT
// Stands in for <linux/math.h>: rounding and dividing.
#ifndef SYSRAM_LINUX_MATH_H
#define SYSRAM_LINUX_MATH_H

#include <linux/types.h>

#define round_up(x, y) ((((x) - 1) | ((typeof(x))(y) - 1)) + 1)
#define round_down(x, y) ((x) & ~((typeof(x))(y) - 1))
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define DIV_ROUND_UP_ULL(n, d) DIV_ROUND_UP((unsigned long long)(n), (d))
#define DIV_ROUND_DOWN_ULL(n, d) ((unsigned long long)(n) / (d))
#define DIV_ROUND_CLOSEST(n, d) (((n) + (d) / 2) / (d))
#define roundup(x, y) ({ typeof(y) __multiple = (y); (((x) + (__multiple - 1)) / __multiple) * __multiple; })
#define rounddown(x, y) ({ typeof(x) __value = (x); __value - (__value % (y)); })
#define abs(x) ({ typeof(x) __signed = (x); __signed < 0 ? -__signed : __signed; })

#endif
