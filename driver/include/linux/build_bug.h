// SPDX-License-Identifier: MIT
// Stands in for <linux/build_bug.h>: conditions that the compiler must be able to refute.
#ifndef SYSRAM_LINUX_BUILD_BUG_H
#define SYSRAM_LINUX_BUILD_BUG_H

#include <linux/compiler_types.h>

#define BUILD_BUG_ON_ZERO(condition, ...) ((int)(sizeof(struct { int : (-!!(condition)); })))
#define BUILD_BUG_ON_MSG(condition, message) _Static_assert(!(condition), message)
#define BUILD_BUG_ON(condition) BUILD_BUG_ON_MSG(condition, "BUILD_BUG_ON: " #condition)
#define BUILD_BUG() BUILD_BUG_ON_MSG(1, "BUILD_BUG")
#define static_assert(condition, ...) _Static_assert(condition, #condition)

#endif
