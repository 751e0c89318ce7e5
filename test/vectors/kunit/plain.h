// SPDX-License-Identifier: MIT
// What a program has that a kernel has not, in words that both sides know.
#ifndef SYSRAM_PLAIN_H
#define SYSRAM_PLAIN_H

#ifdef SYSRAM_STAND_IN
#include <linux/stdarg.h>
#else
#include <stdarg.h>
#endif


void plain_lock(void **owner);
void plain_unlock(void **owner);
void *plain_allocate(unsigned long size);
void plain_free(const void *object);
char *plain_print(const char *format, va_list arguments);
int plain_is_word(const char *text, const char *word);
void plain_complain(const char *format, va_list arguments);
void plain_say(const char *format, const char *text);
void plain_result(int is_ok, int number, const char *name);
void plain_plan(int count);

#endif
