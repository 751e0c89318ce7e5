// SPDX-License-Identifier: MIT
// Stands in for <generated/autoconf.h>, the configuration of the modelled kernel; every compilation includes it first.
#ifndef SYSRAM_GENERATED_AUTOCONF_H
#define SYSRAM_GENERATED_AUTOCONF_H

#define CONFIG_64BIT 1
#define CONFIG_SMP 1
#define CONFIG_SYSFS 1
#define CONFIG_NUMA 1
#define CONFIG_NODES_SHIFT 6
#define CONFIG_MIGRATION 1
#define CONFIG_SPARSEMEM 1
#define CONFIG_MEMORY_HOTPLUG 1
#define CONFIG_MEMORY_HOTREMOVE 1
#define CONFIG_LOCKDEP 1
#define CONFIG_PROVE_LOCKING 1
#define CONFIG_CXL_BUS 1
#define CONFIG_CXL_MEM 1
#define CONFIG_CXL_PORT 1
#define CONFIG_CXL_REGION 1

/*
 * What a region's memory becomes when nobody says: one member of a Kconfig
 * choice. To build with another member, pass it on the command line, as in
 * -DCONFIG_CXL_SYSRAM_ONLINE_TYPE_MOVABLE=1 (or _NORMAL, or _OFFLINE); the
 * default below then stays unset, as it does in a real choice.
 */
#if !defined(CONFIG_CXL_SYSRAM_ONLINE_TYPE_MOVABLE) && \
	!defined(CONFIG_CXL_SYSRAM_ONLINE_TYPE_NORMAL) && \
	!defined(CONFIG_CXL_SYSRAM_ONLINE_TYPE_OFFLINE)
#define CONFIG_CXL_SYSRAM_ONLINE_TYPE_SYSTEM_DEFAULT 1
#endif

#endif
