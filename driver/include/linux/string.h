// SPDX-License-Identifier: MIT
// Stands in for <linux/string.h>: small loops, so that each byte touched is an access the checker sees; kstrdup() and kin are kernel calls.
#ifndef SYSRAM_LINUX_STRING_H
#define SYSRAM_LINUX_STRING_H

#include <linux/args.h>
#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/types.h>

char *kstrdup(const char *s, gfp_t gfp);
const char *kstrdup_const(const char *s, gfp_t gfp);
char *kstrndup(const char *s, size_t len, gfp_t gfp);
void *kmemdup(const void *src, size_t len, gfp_t gfp);
char *kmemdup_nul(const char *s, size_t len, gfp_t gfp);
void kfree_const(const void *x);

static inline __maybe_unused void *memcpy(void *to, const void *from, size_t count)
{
	for (size_t i = 0; i < count; i++)
		((char *)to)[i] = ((const char *)from)[i];
	return to;
}

static inline __maybe_unused void *memmove(void *to, const void *from, size_t count)
{
	if (to <= from)
		return memcpy(to, from, count);
	while (count--)
		((char *)to)[count] = ((const char *)from)[count];
	return to;
}

static inline __maybe_unused void *memset(void *to, int value, size_t count)
{
	for (size_t i = 0; i < count; i++)
		((char *)to)[i] = value;
	return to;
}

static inline __maybe_unused int memcmp(const void *a, const void *b, size_t count)
{
	const unsigned char *x = a, *y = b;

	for (size_t i = 0; i < count; i++)
		if (x[i] != y[i])
			return x[i] - y[i];
	return 0;
}

static inline __maybe_unused size_t strlen(const char *s)
{
	size_t length = 0;

	while (s[length])
		length++;
	return length;
}

static inline __maybe_unused size_t strnlen(const char *s, size_t count)
{
	size_t length = 0;

	while (length < count && s[length])
		length++;
	return length;
}

static inline __maybe_unused int strncmp(const char *a, const char *b, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (a[i] != b[i])
			return (unsigned char)a[i] < (unsigned char)b[i] ? -1 : 1;
		if (!a[i])
			break;
	}
	return 0;
}

static inline __maybe_unused int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, (size_t)-1);
}

static inline __maybe_unused char *strchr(const char *s, int wanted)
{
	for (;; s++) {
		if (*s == (char)wanted)
			return (char *)s;
		if (!*s)
			return NULL;
	}
}

static inline __maybe_unused char *strrchr(const char *s, int wanted)
{
	const char *last = NULL;

	do {
		if (*s == (char)wanted)
			last = s;
	} while (*s++);
	return (char *)last;
}

static inline __maybe_unused char *strstr(const char *s, const char *wanted)
{
	size_t length = strlen(wanted);

	for (;; s++) {
		if (!strncmp(s, wanted, length))
			return (char *)s;
		if (!*s)
			return NULL;
	}
}

static inline __maybe_unused char *strcpy(char *to, const char *from)
{
	return memcpy(to, from, strlen(from) + 1);
}

/* The length copied, or -E2BIG if the end had to be cut off. */
static inline __maybe_unused ssize_t sized_strscpy(char *to, const char *from, size_t size)
{
	size_t length = strnlen(from, size);

	if (!size)
		return -E2BIG;
	if (length == size)
		length--;
	memcpy(to, from, length);
	to[length] = '\0';
	return from[length] ? -E2BIG : (ssize_t)length;
}

#define STRSCPY_2(to, from) sized_strscpy(to, from, sizeof(to))
#define STRSCPY_3(to, from, size) sized_strscpy(to, from, size)
#define strscpy(...) CONCATENATE(STRSCPY_, COUNT_ARGS(__VA_ARGS__))(__VA_ARGS__)

static inline __maybe_unused bool strstarts(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

/* The same text, where one newline at the end of either does not count. */
static inline __maybe_unused bool sysfs_streq(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	if (*a == *b)
		return true;
	if (!*a)
		return b[0] == '\n' && !b[1];
	return !*b && a[0] == '\n' && !a[1];
}

static inline __maybe_unused int match_string(const char *const *array, size_t count, const char *string)
{
	for (size_t i = 0; i < count && array[i]; i++)
		if (!strcmp(array[i], string))
			return i;
	return -EINVAL;
}

static inline __maybe_unused int __sysfs_match_string(const char *const *array, size_t count, const char *string)
{
	for (size_t i = 0; i < count && array[i]; i++)
		if (sysfs_streq(array[i], string))
			return i;
	return -EINVAL;
}
#define sysfs_match_string(array, string) \
	__sysfs_match_string(array, sizeof(array) / sizeof((array)[0]), string)

static inline __maybe_unused bool isspace(int c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline __maybe_unused char *skip_spaces(const char *s)
{
	while (isspace(*s))
		s++;
	return (char *)s;
}

static inline __maybe_unused char *strim(char *s)
{
	size_t length = strlen(s);

	while (length && isspace(s[length - 1]))
		length--;
	s[length] = '\0';
	return skip_spaces(s);
}

#endif
