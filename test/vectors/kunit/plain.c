// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "plain.h"

/* One task: whoever asks for a lock that is held, waits for ever. */
void plain_lock(void **owner)
{
	if (*owner) {
		printf("# a lock is taken that is held\n");
		exit(1);
	}
	*owner = owner;
}

void plain_unlock(void **owner) { *owner = NULL; }
void *plain_allocate(unsigned long size) { return calloc(1, size); }
/* Kept, so that what is read after it was freed is still what it was. */
void plain_free(const void *object) { (void)object; }

char *plain_print(const char *format, va_list arguments)
{
	char *text = NULL;

	return vasprintf(&text, format, arguments) < 0 ? NULL : text;
}

int plain_is_word(const char *text, const char *word)
{
	size_t length = strlen(word);

	return !strncmp(text, word, length) && (!text[length] || !strcmp(text + length, "\n"));
}

void plain_complain(const char *format, va_list arguments)
{
	printf("# ");
	vprintf(format, arguments);
	printf("\n");
}

void plain_say(const char *format, const char *text)
{
	printf("%s%s", format, text);
}

void plain_result(int is_ok, int number, const char *name)
{
	printf("%s %d %s\n", is_ok ? "ok" : "not ok", number, name);
	fflush(stdout);
}

void plain_plan(int count) { printf("1..%d\n", count); }

int _printk(const char *format, ...) { (void)format; return 0; }
void _dev_warn(const void *dev, const char *format, ...) { (void)dev; (void)format; }
void _dev_err(const void *dev, const char *format, ...) { (void)dev; (void)format; }
void _dev_dbg(const void *dev, const char *format, ...) { (void)dev; (void)format; }
void _dev_info(const void *dev, const char *format, ...) { (void)dev; (void)format; }
void __warn_printk(const char *format, ...) { (void)format; }

long strscpy(char *to, const char *from, unsigned long size)
{
	snprintf(to, size, "%s", from);
	return (long)strlen(to);
}
