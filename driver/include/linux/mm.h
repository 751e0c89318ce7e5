// SPDX-License-Identifier: MIT
// Stands in for <linux/mm.h>: sizes of pages and what it includes; pages and mappings are not modelled.
#ifndef SYSRAM_LINUX_MM_H
#define SYSRAM_LINUX_MM_H

#include <linux/gfp.h>
#include <linux/mmzone.h>
#include <linux/overflow.h>
#include <linux/pfn.h>
#include <linux/range.h>
#include <linux/sizes.h>

#endif
