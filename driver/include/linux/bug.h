// SPDX-License-Identifier: MIT
// Stands in for <linux/bug.h>: a true condition is a kernel call each time; the _ONCE forms do not count, for each cause to warn is worth a report.
#ifndef SYSRAM_LINUX_BUG_H
#define SYSRAM_LINUX_BUG_H

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/types.h>

void __warn_printk(const char *fmt, ...) __printf(1, 2);
__noreturn void __bug(void);
__noreturn void panic(const char *fmt, ...) __printf(1, 2);

#define WARN(condition, format, ...) ({ \
	bool __warned = !!(condition); \
	if (unlikely(__warned)) \
		__warn_printk(format, ##__VA_ARGS__); \
	unlikely(__warned); \
})
#define WARN_ON(condition) WARN(condition, "%s", "WARN_ON(" #condition ")")
#define WARN_ONCE(condition, format, ...) WARN(condition, format, ##__VA_ARGS__)
#define WARN_ON_ONCE(condition) WARN(condition, "%s", "WARN_ON_ONCE(" #condition ")")
#define WARN_RATELIMIT(condition, format, ...) WARN(condition, format, ##__VA_ARGS__)
#define WARN_TAINT(condition, taint, format, ...) WARN(condition, format, ##__VA_ARGS__)

#define BUG() __bug()
#define BUG_ON(condition) do { \
	if (unlikely(condition)) \
		__bug(); \
} while (0)

#endif
