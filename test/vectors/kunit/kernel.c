// SPDX-License-Identifier: MIT
// What the driver calls and the suite does not redirect, as little of it as one task needs. Compiled with the stand-in headers.

#include <kunit/test.h>
#include <linux/memory_hotplug.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>
#include "plain.h"

void __mutex_init(struct mutex *lock, const char *name, struct lock_class_key *key) { lock->magic = NULL; }
void mutex_destroy(struct mutex *lock) {}
void mutex_lock(struct mutex *lock) { plain_lock(&lock->magic); }
int mutex_lock_interruptible(struct mutex *lock) { plain_lock(&lock->magic); return 0; }
void mutex_unlock(struct mutex *lock) { plain_unlock(&lock->magic); }

/* The suite runs in a thread of its own, which is no worker. */
struct work_struct *current_work(void) { return NULL; }

int __lockdep_is_held(const void *lock, int mode) { return 1; }
void __lockdep_set_class(const void *lock, struct lock_class_key *key, const char *name, int subclass) {}

void *kzalloc(size_t size, gfp_t flags) { return plain_allocate(size); }
void kfree(const void *object) { plain_free(object); }
void *kunit_kzalloc(struct kunit *test, size_t size, gfp_t gfp) { return plain_allocate(size); }
char *kvasprintf(gfp_t gfp, const char *fmt, va_list args) { return plain_print(fmt, args); }

int mhp_online_type_from_str(const char *str)
{
	static const char *const words[] = { "offline", "online", "online_kernel", "online_movable" };
	int type;

	for (type = 0; type < 4; type++)
		if (plain_is_word(str, words[type]))
			return type;
	return -22;
}

void kunit_fail(struct kunit *test, const char *fmt, ...)
{
	va_list args;

	test->status = KUNIT_FAILURE;
	va_start(args, fmt);
	plain_complain(fmt, args);
	va_end(args);
}

extern struct kunit_suite *const sysram_suite_to_run;

int main(void)
{
	struct kunit_case *run = sysram_suite_to_run->test_cases;
	char name[KUNIT_PARAM_DESC_SIZE];
	const void *param = NULL;
	int number = 0, failed = 0;

	plain_say("KTAP version 1\n", "");
	for (; run->run_case; run++) {
		while ((param = run->generate_params(param, name))) {
			struct kunit test = { .param_value = param };

			if (sysram_suite_to_run->init(&test))
				return 2;
			run->run_case(&test);
			plain_result(test.status == KUNIT_SUCCESS, ++number, name);
			failed += test.status != KUNIT_SUCCESS;
		}
	}
	plain_plan(number);
	return failed ? 1 : 0;
}
