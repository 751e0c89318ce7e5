// SPDX-License-Identifier: MIT
// Stands in for <linux/cleanup.h>: work that is done when a variable leaves its scope, last defined first.
#ifndef SYSRAM_LINUX_CLEANUP_H
#define SYSRAM_LINUX_CLEANUP_H

#include <linux/args.h>
#include <linux/compiler.h>
#include <linux/err.h>

/*
 * Owned pointers. The destructor sees the value that the variable has when the
 * scope ends; no_free_ptr() empties the variable at the place where it stands,
 * so before a function that it is an argument of is called.
 */
#define DEFINE_FREE(name, type, action) \
	static __always_inline __maybe_unused void __free_##name(void *p) \
	{ \
		type _T = *(type *)p; \
		action; \
	}
#define __free(name) __cleanup(__free_##name)

#define CLEANUP_TAKE(variable, empty) ({ \
	typeof(variable) *__variable = &(variable); \
	typeof(variable) __taken = *__variable; \
	*__variable = (empty); \
	__taken; \
})

static __always_inline const volatile void *__must_check CLEANUP_MUST_USE(const volatile void *pointer)
{
	return pointer;
}

#define no_free_ptr(variable) ((typeof(variable))CLEANUP_MUST_USE(CLEANUP_TAKE(variable, NULL)))
#define return_ptr(variable) return no_free_ptr(variable)
#define retain_and_null_ptr(variable) ((void)CLEANUP_TAKE(variable, NULL))

/* Classes: a type with a constructor and a destructor; the destructor works on a copy of the value. */
#define DEFINE_CLASS(name, type, exit, init, init_args...) \
	typedef type class_##name##_t; \
	static __always_inline __maybe_unused void class_##name##_destructor(class_##name##_t *p) \
	{ \
		class_##name##_t _T = *p; \
		exit; \
	} \
	static __always_inline __maybe_unused class_##name##_t class_##name##_constructor(init_args) \
	{ \
		class_##name##_t t = init; \
		return t; \
	}

#define EXTEND_CLASS(name, ext, init, init_args...) \
	typedef class_##name##_t class_##name##ext##_t; \
	static __always_inline __maybe_unused void class_##name##ext##_destructor(class_##name##_t *p) \
	{ \
		class_##name##_destructor(p); \
	} \
	static __always_inline __maybe_unused class_##name##_t class_##name##ext##_constructor(init_args) \
	{ \
		class_##name##_t t = init; \
		return t; \
	}

#define CLASS(name, variable) \
	class_##name##_t variable __cleanup(class_##name##_destructor) = class_##name##_constructor
#define CLASS_INIT(name, variable, value) \
	class_##name##_t variable __cleanup(class_##name##_destructor) = (value)

/*
 * Guards: a class whose value holds the lock's address while the lock is held,
 * NULL or an errno where it is not. Only the forms that may fail are
 * conditional, and only their scoped body may be skipped.
 */
static __always_inline bool guard_holds(const void *lock)
{
	return !IS_ERR_OR_NULL(lock);
}

static __always_inline int guard_error(const void *lock)
{
	if (!lock)
		return -EBUSY;
	return PTR_ERR_OR_ZERO(lock);
}

#define GUARD_PROPERTIES(name, conditional, address) \
	static __maybe_unused const bool class_##name##_is_conditional = conditional; \
	static __always_inline __maybe_unused void *class_##name##_lock_ptr(class_##name##_t *_T) \
	{ \
		void *lock = (void *)(unsigned long)(address); \
		return guard_holds(lock) ? lock : NULL; \
	} \
	static __always_inline __maybe_unused int class_##name##_lock_err(class_##name##_t *_T) \
	{ \
		return guard_error((void *)(unsigned long)(address)); \
	}

#define DEFINE_CLASS_IS_GUARD(name) GUARD_PROPERTIES(name, false, *_T)
#define DEFINE_CLASS_IS_COND_GUARD(name) GUARD_PROPERTIES(name, true, *_T)

#define DEFINE_GUARD(name, type, lock, unlock) \
	DEFINE_CLASS(name, type, if (guard_holds(_T)) { unlock; }, ({ lock; _T; }), type _T) \
	DEFINE_CLASS_IS_GUARD(name)

/* The attempt's result is _RET; the third form of the macro takes a true result as success. */
#define DEFINE_GUARD_COND_4(name, ext, attempt, success) \
	EXTEND_CLASS(name, ext, ({ \
		void *__lock = (void *)_T; \
		int _RET = (attempt); \
		if (_T && !(success)) \
			__lock = ERR_PTR(_RET); \
		__lock; \
	}), class_##name##_t _T) \
	DEFINE_CLASS_IS_COND_GUARD(name##ext)
#define DEFINE_GUARD_COND_3(name, ext, attempt) DEFINE_GUARD_COND_4(name, ext, attempt, _RET)
#define DEFINE_GUARD_COND(...) CONCATENATE(DEFINE_GUARD_COND_, COUNT_ARGS(__VA_ARGS__))(__VA_ARGS__)

/* Guards with state of their own beside the lock, such as saved interrupt flags; _T points to it. */
#define LOCK_GUARD_CLASS(name, type, unlock, members...) \
	typedef struct { \
		type *lock; \
		members; \
	} class_##name##_t; \
	static __always_inline __maybe_unused void class_##name##_destructor(class_##name##_t *_T) \
	{ \
		if (guard_holds(_T->lock)) { \
			unlock; \
		} \
	} \
	GUARD_PROPERTIES(name, false, _T->lock)

#define DEFINE_LOCK_GUARD_1(name, type, lock_action, unlock, members...) \
	LOCK_GUARD_CLASS(name, type, unlock, members) \
	static __always_inline __maybe_unused class_##name##_t class_##name##_constructor(type *l) \
	{ \
		class_##name##_t t = { .lock = l }, *_T __maybe_unused = &t; \
		lock_action; \
		return t; \
	}

#define DEFINE_LOCK_GUARD_0(name, lock_action, unlock, members...) \
	LOCK_GUARD_CLASS(name, void, unlock, members) \
	static __always_inline __maybe_unused class_##name##_t class_##name##_constructor(void) \
	{ \
		class_##name##_t t = { .lock = (void *)1 }, *_T __maybe_unused = &t; \
		lock_action; \
		return t; \
	}

#define DEFINE_LOCK_GUARD_1_COND_4(name, ext, attempt, success) \
	EXTEND_CLASS(name, ext, ({ \
		class_##name##_t __t = { .lock = l }, *_T = &__t; \
		int _RET = (attempt); \
		if (_T->lock && !(success)) \
			_T->lock = ERR_PTR(_RET); \
		__t; \
	}), typeof(((class_##name##_t *)NULL)->lock) l) \
	GUARD_PROPERTIES(name##ext, true, _T->lock)
#define DEFINE_LOCK_GUARD_1_COND_3(name, ext, attempt) DEFINE_LOCK_GUARD_1_COND_4(name, ext, attempt, _RET)
#define DEFINE_LOCK_GUARD_1_COND(...) \
	CONCATENATE(DEFINE_LOCK_GUARD_1_COND_, COUNT_ARGS(__VA_ARGS__))(__VA_ARGS__)

#define guard(name) CLASS(name, __UNIQUE_ID(guard))
#define ACQUIRE(name, variable) CLASS(name, variable)
#define ACQUIRE_ERR(name, pointer) class_##name##_lock_err(pointer)

/*
 * The loop gives the lock the scope of one statement. It is entered once and
 * left through a jump rather than a second test, so the compiler knows that the
 * body of an unconditional guard runs.
 */
#define SCOPED_GUARD(name, leave, args...) \
	for (CLASS(name, scope)(args); \
	     class_##name##_lock_ptr(&scope) || !class_##name##_is_conditional; ({ goto leave; })) \
		if (0) { \
leave: \
			break; \
		} else
#define scoped_guard(name, args...) SCOPED_GUARD(name, __UNIQUE_ID(leave), args)

#define SCOPED_COND_GUARD(name, failure, leave, args...) \
	for (CLASS(name, scope)(args); true; ({ goto leave; })) \
		if (!class_##name##_lock_ptr(&scope)) { \
			failure; \
leave: \
			break; \
		} else
#define scoped_cond_guard(name, failure, args...) SCOPED_COND_GUARD(name, failure, __UNIQUE_ID(leave), args)

#endif
