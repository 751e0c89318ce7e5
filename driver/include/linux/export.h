// SPDX-License-Identifier: MIT
// Stands in for <linux/export.h>: an exported function is one with external linkage, nothing more.
#ifndef SYSRAM_LINUX_EXPORT_H
#define SYSRAM_LINUX_EXPORT_H

struct module;
#define THIS_MODULE ((struct module *)0)

/* A declaration without effect, so that the semicolon after the macro is no empty one. */
#define EXPORT_NOTHING struct module
#define EXPORT_SYMBOL(symbol) EXPORT_NOTHING
#define EXPORT_SYMBOL_GPL(symbol) EXPORT_NOTHING
#define EXPORT_SYMBOL_NS(symbol, namespace) EXPORT_NOTHING
#define EXPORT_SYMBOL_NS_GPL(symbol, namespace) EXPORT_NOTHING
#define EXPORT_SYMBOL_FOR_MODULES(symbol, modules) EXPORT_NOTHING

#endif
