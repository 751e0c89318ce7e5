// SPDX-License-Identifier: MIT
// Stands in for <linux/mmzone.h>: the section that a page frame lies in; zones and nodes have no inside.
#ifndef SYSRAM_LINUX_MMZONE_H
#define SYSRAM_LINUX_MMZONE_H

#include <linux/nodemask.h>
#include <linux/pfn.h>
#include <linux/types.h>

#define SECTION_SIZE_BITS 27
#define PFN_SECTION_SHIFT (SECTION_SIZE_BITS - PAGE_SHIFT)
#define PAGES_PER_SECTION (1UL << PFN_SECTION_SHIFT)

struct zone;
struct pglist_data;
typedef struct pglist_data pg_data_t;

static __always_inline unsigned long pfn_to_section_nr(unsigned long pfn)
{
	return pfn >> PFN_SECTION_SHIFT;
}

static __always_inline unsigned long section_nr_to_pfn(unsigned long section)
{
	return section << PFN_SECTION_SHIFT;
}

#endif
