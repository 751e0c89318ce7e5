// SPDX-License-Identifier: MIT
// Stands in for <linux/string_choices.h>: words for a truth value.
#ifndef SYSRAM_LINUX_STRING_CHOICES_H
#define SYSRAM_LINUX_STRING_CHOICES_H

#include <linux/types.h>

#define STRING_CHOICE(name, yes, no) \
	static __always_inline const char *name(bool value) \
	{ \
		return value ? yes : no; \
	}

STRING_CHOICE(str_yes_no, "yes", "no")
STRING_CHOICE(str_true_false, "true", "false")
STRING_CHOICE(str_on_off, "on", "off")
STRING_CHOICE(str_enable_disable, "enable", "disable")
STRING_CHOICE(str_enabled_disabled, "enabled", "disabled")

#endif
