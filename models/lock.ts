import { type Address, address, NULL } from "../abi/address.ts";
import { ERRNO } from "../abi/errno.ts";
import {
  atomic,
  type Declared,
  type Kernel,
  type KernelFunction,
  type KernelFunctions,
  type KernelState,
  type Procedure,
  procedure,
  type Site,
  step,
  update,
} from "./kernel.ts";
import { isPending, type ListensTo, mayBeSignalled } from "./signal.ts";
import { isUsable } from "./slab.ts";

/**
 * Models the locks that a driver can hold: mutexes, rwsems, spinlocks, the device lock, and the kernel's own.
 *
 * Kept:    one holder, or several readers; a lock that is free is taken in one step, whatever signals are pending; a
 *          wait for one that is not ends when it is free, or with -EINTR by a signal where the caller asked for that;
 *          a second lock by the holder waits for ever; an unlock by another task, or of a lock that nobody holds, is
 *          recorded; a lock still held when its task ends is seen in the state.
 * Dropped: fairness, so also that a waiting writer keeps new readers out; lockdep classes and subclasses; optimistic
 *          spinning; interrupts, so that the irq variants of spinlocks are the plain ones; a trylock never fails on a lock
 *          that is free.
 * Source:  kernel/locking/mutex.c, kernel/locking/rwsem.c, kernel/locking/spinlock.c, kernel/locking/lockdep.c,
 *          drivers/base/core.c (lock_device_hotplug, lock_device_hotplug_sysfs).
 */
export interface LockState {
  /** The locks that somebody holds, by address. */
  readonly held: readonly HeldLock[];
}

export interface HeldLock {
  readonly lock: Address;
  /** The tasks that hold it: one writer, or the readers, in the order of their numbers; a task that reads twice twice. */
  readonly holders: readonly number[];
  readonly mode: LockMode;
  /** The call that took it, the first one where there are several readers. */
  readonly site: Site;
  /** Set for a spinlock, under which nothing may sleep. */
  readonly isSpinning?: true;
}

export type LockMode = "write" | "read";

/** What the driver did to a lock that it must not do. */
export type LockMisuse = "unlock-not-held" | "recursive-lock" | "lock-not-initialised" | "init-of-held-lock";

export const noLocks: LockState = { held: [] };

/** Locks of the kernel that have no address in the driver's memory. */
export const KERNEL_LOCKS = {
  device_hotplug_lock: address(1),
  mem_hotplug_lock: address(2),
  memory_tier_lock: address(3),
  memory_chain: address(4),
} as const;

const KERNEL_LOCK_NAMES = new Map<Address, string>(Object.entries(KERNEL_LOCKS).map(([name, lock]) => [lock, name]));

/** The name of a lock of the kernel's own; undefined for others. */
export const kernelLockName = (lock: Address): string | undefined => KERNEL_LOCK_NAMES.get(lock);

const nameOf = (lock: Address): string => kernelLockName(lock) ?? "a lock";

const heldLock = (state: KernelState, lock: Address): HeldLock | undefined =>
  state.lock.held.find((candidate) => candidate.lock === lock);

/** The locks that a task holds, by address. */
export const locksHeldBy = (state: KernelState, task: number): readonly HeldLock[] =>
  state.lock.held.filter(({ holders }) => holders.includes(task));

/** Whether a task holds this lock, in either mode. */
export const holdsLock = (state: KernelState, lock: Address, task: number): boolean =>
  heldLock(state, lock)?.holders.includes(task) ?? false;

/** Whether a lock could be taken now. */
export const isLockFree = (state: KernelState, lock: Address, mode: LockMode): boolean => {
  const held = heldLock(state, lock);
  return held === undefined || (mode === "read" && held.mode === "read");
};

const replace = (k: Kernel, old: HeldLock | undefined, next: HeldLock | undefined): void => {
  const others = k.state.lock.held.filter((candidate) => candidate !== old);
  const held = next === undefined ? others : [...others, next].sort((a, b) => a.lock - b.lock);
  update(k, { lock: { held } });
};

/** Takes a lock if it is free; whether it did. */
export const tryLock = (k: Kernel, lock: Address, mode: LockMode, kind: LockKind = "kernel"): boolean => {
  const held = heldLock(k.state, lock);
  if (held === undefined) {
    const fresh = { lock, holders: [k.task], mode, site: k.site };
    replace(k, undefined, kind === "spinlock" ? { ...fresh, isSpinning: true } : fresh);
    return true;
  }
  if (mode === "write" || held.mode === "write") return false;
  replace(k, held, { ...held, holders: [...held.holders, k.task].sort((a, b) => a - b) });
  return true;
};

/** Gives a lock back, or records that this task does not hold it. */
export const unlock = (k: Kernel, lock: Address, name: string, mode?: LockMode): void => {
  const held = heldLock(k.state, lock);
  const place = held?.holders.indexOf(k.task) ?? -1;
  if (held === undefined || place === -1 || (mode !== undefined && held.mode !== mode)) {
    k.report({
      rule: "unlock-not-held" satisfies LockMisuse,
      function: name,
      object: nameOf(lock),
      detail: `${name}() of a lock that this task does not hold`,
    });
    return;
  }
  const holders = held.holders.toSpliced(place, 1);
  replace(k, held, holders.length === 0 ? undefined : { ...held, holders });
};

/** What a lock is in C; a kernel lock is none. */
type LockKind = "mutex" | "rw_semaphore" | "spinlock" | "kernel";

/** One way of taking a lock. */
interface Acquisition {
  /** Where the lock lies, for locks that lie at a field of a structure. */
  readonly place: (k: Kernel) => Address;
  readonly kind: LockKind;
  readonly mode: LockMode;
  /** The kernel function. */
  readonly name: string;
  /** Which signals end a wait for it. */
  readonly listensTo: ListensTo;
}

const SPINLOCK_MAGIC = 0xdead4ead;

/** Where a lock says that it was initialised: with lock debugging the kernel looks there. */
const magicField = (k: Kernel, lock: Address, kind: LockKind): Address | undefined => {
  const offset = kind === "kernel" ? undefined : k.layout.offset(kind, "magic");
  return offset === undefined ? undefined : address(lock + offset);
};

/** Marks a lock as initialised. */
const initialise = (k: Kernel, lock: Address, kind: LockKind): void => {
  const at = magicField(k, lock, kind);
  if (at === undefined) return;
  if (kind === "spinlock") k.memory.setU32(at, SPINLOCK_MAGIC);
  else k.memory.setPointer(at, lock);
};

const isInitialised = (k: Kernel, lock: Address, kind: LockKind): boolean => {
  const at = magicField(k, lock, kind);
  return at === undefined || k.memory.u32(at) === (kind === "spinlock" ? SPINLOCK_MAGIC : lock);
};

/** Whether a lock lies in live memory; records a use of one that was never initialised. */
const isThere = (k: Kernel, lock: Address, kind: LockKind, name: string): boolean => {
  if (kind === "kernel") return true;
  if (!isUsable(k, lock, 1, name, "a lock")) return false;
  if (!isInitialised(k, lock, kind)) {
    k.report({
      rule: "lock-not-initialised" satisfies LockMisuse,
      function: name,
      object: "a lock",
      detail: `${name}() of a lock that was never initialised; with lock debugging the kernel warns`,
    });
  }
  return true;
};

/** 0 for a lock that is taken now, -EINTR, or the lock where the task has to wait. */
const attempt = (k: Kernel, lock: Address, { kind, mode, name, listensTo }: Acquisition): number => {
  if (!isThere(k, lock, kind, name)) return 0;
  if (!holdsLock(k.whole, lock, k.task)) k.takes?.(lock, "lock");
  // Should it be taken, a signal may end the wait.
  if (mayBeSignalled(k.whole, k.task, listensTo)) k.looks?.(lock);
  if (tryLock(k, lock, mode, kind)) return 0;
  if (isPending(k.state, k.task, listensTo)) return -ERRNO.EINTR;
  if (holdsLock(k.state, lock, k.task)) {
    // Who flushes a work runs it in the model, and holds what it holds.
    const isWork = k.whole.workqueue.running.some(({ task }) => task === k.task);
    k.report({
      rule: "recursive-lock" satisfies LockMisuse,
      function: name,
      object: nameOf(lock),
      detail: `${name}() of a lock that ${isWork ? "this work, or who waits for it," : "this task"} already holds waits for itself for ever`,
      isFatal: listensTo === "none",
    });
  }
  return lock;
};

function* acquireAs(acquisition: Acquisition): Procedure {
  const { place, mode, name, listensTo } = acquisition;
  for (;;) {
    const outcome = yield* step((k) => attempt(k, place(k), acquisition));
    if (outcome <= 0) return outcome;
    const lock = address(outcome);
    yield {
      kind: "wait",
      reason: name,
      listensTo,
      isReady: (state, task) => isLockFree(state, lock, mode) || isPending(state, task, listensTo),
    };
  }
}

/** Takes a lock of the kernel's own, waiting until it is free. */
export const acquire = (lock: Address, mode: LockMode, name: string): Procedure =>
  acquireAs({ place: () => lock, kind: "kernel", mode, name, listensTo: "none" });

/** Gives a lock back. */
export function* release(lock: Address, name: string, mode?: LockMode): Procedure {
  return yield* step((k) => {
    unlock(k, lock, name, mode);
    return 0;
  });
}

/** The lock of a device: the mutex inside its `struct device`. */
export const deviceMutex = (k: Kernel, device: Address): Address =>
  address(device + (k.layout.offset("device", "mutex") ?? 0));

/** Prepares the lock of a device for use. */
export const initialiseDeviceMutex = (k: Kernel, device: Address): void =>
  initialise(k, deviceMutex(k, device), "mutex");

const ofDevice = (device: Address, name: string): Acquisition => ({
  place: (k) => deviceMutex(k, device),
  kind: "mutex",
  mode: "write",
  name,
  listensTo: "none",
});

/** Takes the lock of a device, waiting until it is free. */
export const acquireDevice = (device: Address, name: string): Procedure => acquireAs(ofDevice(device, name));

/**
 * Does in one step what the kernel does while it holds the lock of a device, waiting until it is free.
 *
 * What `run` gives must not be negative.
 */
export function* withDeviceLocked(device: Address, name: string, run: (k: Kernel) => number): Procedure {
  const acquisition = ofDevice(device, name);
  for (;;) {
    const outcome = yield* step((k) => {
      const lock = deviceMutex(k, device);
      if (!isLockFree(k.state, lock, "write")) return -attempt(k, lock, acquisition);
      k.takes?.(lock, "lock");
      return run(k);
    });
    if (outcome >= 0) return outcome;
    const lock = address(-outcome);
    yield { kind: "wait", reason: name, isReady: (state) => isLockFree(state, lock, "write") };
  }
}

/** The functions of C that take or give back one kind of lock. */
const functionsOf = (kind: LockKind) => {
  const spins = kind === "spinlock";
  const never: Declared = { sleeps: "never" };
  return {
    lock: (name: string, mode: LockMode = "write", listensTo: ListensTo = "none"): KernelFunction =>
      procedure(spins ? { ...never, takesSpinlock: true } : { sleeps: "may" }, (call) => {
        const lock = call.address(0);
        return acquireAs({ place: () => lock, kind, mode, name, listensTo });
      }),

    trylock: (name: string, mode: LockMode = "write"): KernelFunction =>
      atomic({ ...never, fails: "never", ...(spins && { takesSpinlock: true }) }, (k, call) => {
        const lock = call.address(0);
        k.looks?.(lock);
        return isThere(k, lock, kind, name) && tryLock(k, lock, mode, kind) ? 1 : 0;
      }),

    unlock: (name: string, mode: LockMode = "write"): KernelFunction =>
      atomic(never, (k, call) => {
        const lock = call.address(0);
        if (isThere(k, lock, kind, name)) unlock(k, lock, name, mode);
        return 0;
      }),

    isLocked: (name: string): KernelFunction =>
      atomic({ ...never, fails: "never" }, (k, call) => {
        const lock = call.address(0);
        k.looks?.(lock);
        return isThere(k, lock, kind, name) && !isLockFree(k.state, lock, "write") ? 1 : 0;
      }),

    /** Makes a lock ready for use, or unfit for it. */
    prepare: (name: string, isReady = true): KernelFunction =>
      atomic(isReady ? { ...never, prepares: true } : never, (k, call) => {
        const lock = call.address(0);
        if (!isUsable(k, lock, 1, name, "a lock")) return 0;
        if (isReady) initialise(k, lock, kind);
        else k.memory.setU32(magicField(k, lock, kind) ?? NULL, 0);
        const held = heldLock(k.state, lock);
        if (held === undefined) return 0;
        k.report({
          rule: "init-of-held-lock" satisfies LockMisuse,
          function: name,
          object: "a lock",
          detail: `${name}() of a lock that a task holds; with lock debugging the kernel warns`,
        });
        replace(k, held, undefined);
        return 0;
      }),
  };
};

const mutex = functionsOf("mutex");
const rwsem = functionsOf("rw_semaphore");
const spinlock = functionsOf("spinlock");

const { device_hotplug_lock } = KERNEL_LOCKS;

/** Whether this task holds a lock; the mode is -1 for either, 0 for writing, 1 for reading. */
const isHeldHere = atomic({ sleeps: "never", fails: "never", asksOfOwnLocks: true }, (k, call) => {
  const held = heldLock(k.state, call.address(0));
  const mode = call.i32(1);
  if (held === undefined || !held.holders.includes(k.task)) return 0;
  return mode === -1 || (mode === 1) === (held.mode === "read") ? 1 : 0;
});

/** Never blocks a store: where the lock is taken it sleeps a while, and lets the system call start over. */
function* lockHotplugFromSysfs(): Procedure {
  const isTaken = yield* step((k) => {
    k.looks?.(device_hotplug_lock);
    return tryLock(k, device_hotplug_lock, "write") ? 1 : 0;
  });
  if (isTaken === 1) return 0;
  yield { kind: "sleep", reason: "lock_device_hotplug_sysfs" };
  return -ERRNO.ERESTARTNOINTR;
}

export const lockFunctions: KernelFunctions = {
  __mutex_init: mutex.prepare("__mutex_init"),
  mutex_destroy: mutex.prepare("mutex_destroy", false),
  mutex_lock: mutex.lock("mutex_lock"),
  mutex_lock_nested: mutex.lock("mutex_lock_nested"),
  mutex_lock_interruptible: mutex.lock("mutex_lock_interruptible", "write", "signal"),
  mutex_lock_interruptible_nested: mutex.lock("mutex_lock_interruptible_nested", "write", "signal"),
  mutex_lock_killable: mutex.lock("mutex_lock_killable", "write", "fatal signal"),
  mutex_trylock: mutex.trylock("mutex_trylock"),
  mutex_unlock: mutex.unlock("mutex_unlock"),
  mutex_is_locked: mutex.isLocked("mutex_is_locked"),

  __init_rwsem: rwsem.prepare("__init_rwsem"),
  down_read: rwsem.lock("down_read", "read"),
  down_read_nested: rwsem.lock("down_read_nested", "read"),
  down_read_interruptible: rwsem.lock("down_read_interruptible", "read", "signal"),
  down_read_killable: rwsem.lock("down_read_killable", "read", "fatal signal"),
  down_read_trylock: rwsem.trylock("down_read_trylock", "read"),
  up_read: rwsem.unlock("up_read", "read"),
  down_write: rwsem.lock("down_write"),
  down_write_nested: rwsem.lock("down_write_nested"),
  down_write_killable: rwsem.lock("down_write_killable", "write", "fatal signal"),
  down_write_trylock: rwsem.trylock("down_write_trylock"),
  up_write: rwsem.unlock("up_write"),
  downgrade_write: atomic({ sleeps: "never" }, (k, call) => {
    const lock = call.address(0);
    if (!isThere(k, lock, "rw_semaphore", "downgrade_write")) return 0;
    unlock(k, lock, "downgrade_write", "write");
    tryLock(k, lock, "read");
    return 0;
  }),
  rwsem_is_locked: rwsem.isLocked("rwsem_is_locked"),

  __spin_lock_init: spinlock.prepare("__spin_lock_init"),
  spin_lock: spinlock.lock("spin_lock"),
  spin_lock_irq: spinlock.lock("spin_lock_irq"),
  spin_lock_bh: spinlock.lock("spin_lock_bh"),
  _raw_spin_lock_irqsave: spinlock.lock("_raw_spin_lock_irqsave"),
  spin_trylock: spinlock.trylock("spin_trylock"),
  spin_unlock: spinlock.unlock("spin_unlock"),
  spin_unlock_irq: spinlock.unlock("spin_unlock_irq"),
  spin_unlock_bh: spinlock.unlock("spin_unlock_bh"),
  spin_unlock_irqrestore: spinlock.unlock("spin_unlock_irqrestore"),
  spin_is_locked: spinlock.isLocked("spin_is_locked"),

  lock_device_hotplug: procedure({ sleeps: "may" }, () => acquire(device_hotplug_lock, "write", "lock_device_hotplug")),
  lock_device_hotplug_sysfs: procedure({ sleeps: "may" }, lockHotplugFromSysfs),
  unlock_device_hotplug: atomic({ sleeps: "never" }, (k) => {
    unlock(k, device_hotplug_lock, "unlock_device_hotplug");
    return 0;
  }),

  __lockdep_is_held: isHeldHere,
  __lockdep_set_class: atomic({ sleeps: "never", prepares: true }, () => 0),
};
