// SPDX-License-Identifier: MIT
// Stands in for <linux/string_helpers.h>: only what it includes.
#ifndef SYSRAM_LINUX_STRING_HELPERS_H
#define SYSRAM_LINUX_STRING_HELPERS_H

#include <linux/string.h>
#include <linux/string_choices.h>

#endif
