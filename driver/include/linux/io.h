// SPDX-License-Identifier: MIT
// Stands in for <linux/io.h>: only what it includes; registers are not modelled.
#ifndef SYSRAM_LINUX_IO_H
#define SYSRAM_LINUX_IO_H

#include <linux/ioport.h>
#include <linux/types.h>

#endif
