// SPDX-License-Identifier: MIT
// Stands in for <linux/spinlock.h>: spinlocks with and without interrupts; raw, reader-writer and sequence locks are left out.
#ifndef SYSRAM_LINUX_SPINLOCK_H
#define SYSRAM_LINUX_SPINLOCK_H

#include <linux/cleanup.h>
#include <linux/lockdep.h>
#include <linux/types.h>

#define SPINLOCK_MAGIC 0xdead4ead

typedef struct spinlock {
	unsigned int magic;	/* SPINLOCK_MAGIC once initialised */
} spinlock_t;

#define __SPIN_LOCK_UNLOCKED(name) { .magic = SPINLOCK_MAGIC }
#define DEFINE_SPINLOCK(name) spinlock_t name = __SPIN_LOCK_UNLOCKED(name)

void __spin_lock_init(spinlock_t *lock, const char *name, struct lock_class_key *key);
void spin_lock(spinlock_t *lock);
int spin_trylock(spinlock_t *lock);
void spin_unlock(spinlock_t *lock);
void spin_lock_irq(spinlock_t *lock);
void spin_unlock_irq(spinlock_t *lock);
void spin_lock_bh(spinlock_t *lock);
void spin_unlock_bh(spinlock_t *lock);
unsigned long _raw_spin_lock_irqsave(spinlock_t *lock);
void spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags);
int spin_is_locked(spinlock_t *lock);

#define spin_lock_init(lock) do { \
	static struct lock_class_key __key; \
	__spin_lock_init(lock, #lock, &__key); \
} while (0)
#define spin_lock_irqsave(lock, flags) ((void)((flags) = _raw_spin_lock_irqsave(lock)))
#define spin_lock_nested(lock, subclass) spin_lock(lock)

DEFINE_LOCK_GUARD_1(spinlock, spinlock_t, spin_lock(_T->lock), spin_unlock(_T->lock))
DEFINE_LOCK_GUARD_1_COND(spinlock, _try, spin_trylock(_T->lock))
DEFINE_LOCK_GUARD_1(spinlock_irq, spinlock_t, spin_lock_irq(_T->lock), spin_unlock_irq(_T->lock))
DEFINE_LOCK_GUARD_1(spinlock_irqsave, spinlock_t,
		    spin_lock_irqsave(_T->lock, _T->flags),
		    spin_unlock_irqrestore(_T->lock, _T->flags),
		    unsigned long flags)

#endif
