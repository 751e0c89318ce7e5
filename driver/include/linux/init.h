// SPDX-License-Identifier: MIT
// Stands in for <linux/init.h>: sections mean nothing here; an initcall is a pointer kept beside the function, so the function is not lost.
#ifndef SYSRAM_LINUX_INIT_H
#define SYSRAM_LINUX_INIT_H

#include <linux/compiler.h>

#define __init
#define __exit
#define __initdata
#define __initconst
#define __exitdata
#define __meminit
#define __meminitdata
#define __devinit

#define KEEP_INITCALL(function) \
	static int (*const __UNIQUE_ID(initcall))(void) __used = function
#define KEEP_EXITCALL(function) \
	static void (*const __UNIQUE_ID(exitcall))(void) __used = function
#define early_initcall(function) KEEP_INITCALL(function)
#define core_initcall(function) KEEP_INITCALL(function)
#define subsys_initcall(function) KEEP_INITCALL(function)
#define device_initcall(function) KEEP_INITCALL(function)
#define late_initcall(function) KEEP_INITCALL(function)

#endif
