// SPDX-License-Identifier: MIT
// Stands in for <linux/lockdep.h>: classes of locks, and assertions that ask the lock model; a lock is named by its own address.
#ifndef SYSRAM_LINUX_LOCKDEP_H
#define SYSRAM_LINUX_LOCKDEP_H

#include <linux/bug.h>
#include <linux/types.h>

struct lock_class_key {
	int id;
};

/* Ours: what the kernel asks of a lock's dep_map. The mode is -1 for either, 0 for writing, 1 for reading. */
int __lockdep_is_held(const void *lock, int mode);
void __lockdep_set_class(const void *lock, struct lock_class_key *key, const char *name, int subclass);

#define lockdep_set_class(lock, key) __lockdep_set_class(lock, key, #key, 0)
#define lockdep_set_class_and_name(lock, key, name) __lockdep_set_class(lock, key, name, 0)
#define lockdep_set_class_and_subclass(lock, key, subclass) __lockdep_set_class(lock, key, #key, subclass)
#define lockdep_set_subclass(lock, subclass) __lockdep_set_class(lock, NULL, #lock, subclass)
#define lockdep_set_novalidate_class(lock) __lockdep_set_class(lock, NULL, #lock, 0)

#define lockdep_is_held(lock) __lockdep_is_held(lock, -1)
#define lockdep_is_held_type(lock, mode) __lockdep_is_held(lock, mode)
#define lockdep_assert(condition) ((void)WARN(!(condition), "%s", "lockdep_assert(" #condition ")"))
#define LOCKDEP_ASSERT(condition, assertion) ((void)WARN(!(condition), "%s", assertion))
#define lockdep_assert_held(lock) \
	LOCKDEP_ASSERT(__lockdep_is_held(lock, -1), "lockdep_assert_held(" #lock ")")
#define lockdep_assert_held_write(lock) \
	LOCKDEP_ASSERT(__lockdep_is_held(lock, 0), "lockdep_assert_held_write(" #lock ")")
#define lockdep_assert_held_read(lock) \
	LOCKDEP_ASSERT(__lockdep_is_held(lock, 1), "lockdep_assert_held_read(" #lock ")")
#define lockdep_assert_held_once(lock) lockdep_assert_held(lock)
#define lockdep_assert_not_held(lock) \
	LOCKDEP_ASSERT(!__lockdep_is_held(lock, -1), "lockdep_assert_not_held(" #lock ")")
#define lockdep_register_key(key) ((void)(key))
#define lockdep_unregister_key(key) ((void)(key))

#define SINGLE_DEPTH_NESTING 1

#endif
