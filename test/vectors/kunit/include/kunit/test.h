// SPDX-License-Identifier: MIT
// Stands in for <kunit/test.h>: as much of KUnit as the suite uses, to be run by a program of its own.
#ifndef SYSRAM_KUNIT_TEST_H
#define SYSRAM_KUNIT_TEST_H

#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/types.h>

#define KUNIT_PARAM_DESC_SIZE 128

enum kunit_status {
	KUNIT_SUCCESS,
	KUNIT_FAILURE,
};

struct kunit {
	void *priv;
	const void *param_value;
	enum kunit_status status;
};

struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
	const void *(*generate_params)(const void *previous, char *text);
};

struct kunit_suite {
	const char *name;
	int (*init)(struct kunit *test);
	struct kunit_case *test_cases;
};

void *kunit_kzalloc(struct kunit *test, size_t size, gfp_t gfp);
void kunit_fail(struct kunit *test, const char *fmt, ...) __printf(2, 3);

#define KUNIT_EXPECT_EQ_MSG(test, left, right, fmt, ...) do { \
	long long __left = (left), __right = (right); \
	if (__left != __right) \
		kunit_fail(test, fmt " is %lld, not %lld", ##__VA_ARGS__, __left, __right); \
} while (0)

#define KUNIT_ASSERT_NOT_NULL(test, pointer) do { \
	if (!(pointer)) { \
		kunit_fail(test, "%s", #pointer " is NULL"); \
		return -1; \
	} \
} while (0)

#define KUNIT_CASE_PARAM(test_name, gen_params) { .run_case = test_name, .name = #test_name, .generate_params = gen_params }

#define KUNIT_ARRAY_PARAM(name, array, get_desc) \
	static const void *name##_gen_params(const void *previous, char *desc) \
	{ \
		typeof((array)[0]) *next = previous ? (typeof(next))previous + 1 : (array); \
		if (next - (array) < (long)ARRAY_SIZE((array))) { \
			get_desc(next, desc); \
			return next; \
		} \
		return NULL; \
	}

#define kunit_test_suite(suite) struct kunit_suite *const sysram_suite_to_run = &suite

#endif
