// SPDX-License-Identifier: MIT
// Stands in for <linux/stringify.h>.
#ifndef SYSRAM_LINUX_STRINGIFY_H
#define SYSRAM_LINUX_STRINGIFY_H

#define __stringify_1(x...) #x
#define __stringify(x...) __stringify_1(x)

#endif
