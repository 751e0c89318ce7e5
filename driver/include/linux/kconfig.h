// SPDX-License-Identifier: MIT
// Stands in for <linux/kconfig.h>: IS_ENABLED() and its relatives over our configuration.
#ifndef SYSRAM_LINUX_KCONFIG_H
#define SYSRAM_LINUX_KCONFIG_H

#include <generated/autoconf.h>

/*
 * An option that is on expands to 1, and so to KCONFIG_SLOT_1, whose comma
 * shifts the second argument from 0 to 1. An option that is off is no macro,
 * names a slot that does not exist, and shifts nothing.
 */
#define KCONFIG_SLOT_1 ~, 1
#define KCONFIG_SECOND(first, second, ...) second
#define KCONFIG_ANSWER(slot) KCONFIG_SECOND(slot, 0, 0)
#define KCONFIG_SLOT(value) KCONFIG_ANSWER(KCONFIG_SLOT_##value)
#define KCONFIG_IS_ONE(option) KCONFIG_SLOT(option)

#define IS_BUILTIN(option) KCONFIG_IS_ONE(option)
#define IS_MODULE(option) KCONFIG_IS_ONE(option##_MODULE)
#define IS_ENABLED(option) (IS_BUILTIN(option) || IS_MODULE(option))
#define IS_REACHABLE(option) IS_ENABLED(option)

#endif
