// SPDX-License-Identifier: MIT
// Stands in for <linux/module.h>: the words about a module say nothing here; parameters are plain variables.
#ifndef SYSRAM_LINUX_MODULE_H
#define SYSRAM_LINUX_MODULE_H

#include <linux/export.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/stringify.h>

#ifndef KBUILD_MODNAME
#define KBUILD_MODNAME "cxl_core"
#endif

#define MODULE_LICENSE(text) EXPORT_NOTHING
#define MODULE_AUTHOR(text) EXPORT_NOTHING
#define MODULE_DESCRIPTION(text) EXPORT_NOTHING
#define MODULE_VERSION(text) EXPORT_NOTHING
#define MODULE_ALIAS(text) EXPORT_NOTHING
#define MODULE_SOFTDEP(text) EXPORT_NOTHING
#define MODULE_IMPORT_NS(namespace) EXPORT_NOTHING
#define MODULE_DEVICE_TABLE(type, name) EXPORT_NOTHING
#define MODULE_PARM_DESC(parameter, text) EXPORT_NOTHING
#define module_param(name, type, mode) EXPORT_NOTHING
#define module_param_named(name, value, type, mode) EXPORT_NOTHING

#define module_init(function) KEEP_INITCALL(function)
#define module_exit(function) KEEP_EXITCALL(function)
#define module_driver(driver, register_function, unregister_function, ...) \
	static int __init driver##_init(void) \
	{ \
		return register_function(&(driver), ##__VA_ARGS__); \
	} \
	module_init(driver##_init); \
	static void __exit driver##_exit(void) \
	{ \
		unregister_function(&(driver), ##__VA_ARGS__); \
	} \
	module_exit(driver##_exit)

#endif
