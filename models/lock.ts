import { address, type Address } from "../abi/address.ts";
import { type Kernel, type KernelFunctions, type Procedure, procedure, step, update } from "./kernel.ts";

/**
 * Models the locks that a driver can hold while it sleeps: mutexes, rwsems, the device lock, and the kernel's own.
 *
 * Kept:    one holder, or several readers; a second lock by the holder waits for ever; an unlock by another task, or
 *          of a lock that nobody holds, is recorded; a lock still held when its task ends is seen in the state.
 * Dropped: fairness; lockdep classes; optimistic spinning; trylock contention by interrupts.
 * Source:  kernel/locking/mutex.c, kernel/locking/rwsem.c, drivers/base/core.c (lock_device_hotplug).
 */
export interface LockState {
  /** The locks that somebody holds, by address. */
  readonly held: readonly HeldLock[];
}

export interface HeldLock {
  readonly lock: Address;
  /** The tasks that hold it: one writer, or the readers, in the order of their numbers. */
  readonly holders: readonly number[];
  readonly mode: LockMode;
}

export type LockMode = "write" | "read";

/** What the driver did to a lock that it must not do. */
export type LockMisuse = "unlock-not-held";

export const noLocks: LockState = { held: [] };

/** Locks of the kernel that have no address in the driver's memory. */
export const KERNEL_LOCKS = {
  device_hotplug_lock: address(1),
  mem_hotplug_lock: address(2),
  memory_tier_lock: address(3),
} as const;

const isFree = (state: LockState, lock: Address, mode: LockMode): boolean => {
  const held = state.held.find((candidate) => candidate.lock === lock);
  return held === undefined || (mode === "read" && held.mode === "read");
};

const take = (k: Kernel, lock: Address, mode: LockMode): void => {
  const held = k.state.lock.held.find((candidate) => candidate.lock === lock);
  const others = k.state.lock.held.filter((candidate) => candidate.lock !== lock);
  const holders = [...(held?.holders ?? []), k.task].sort((a, b) => a - b);
  update(k, { lock: { held: [...others, { lock, holders, mode }].sort((a, b) => a.lock - b.lock) } });
};

/** Takes a lock, waiting until it is free. */
export function* acquire(lock: Address, mode: LockMode, name: string): Procedure {
  yield { kind: "wait", reason: name, isReady: (state) => isFree(state.lock, lock, mode) };
  return yield* step((k) => {
    take(k, lock, mode);
    return 0;
  });
}

/** Gives a lock back. */
export function* release(lock: Address, name: string): Procedure {
  return yield* step((k) => {
    unlock(k, lock, name);
    return 0;
  });
}

const unlock = (k: Kernel, lock: Address, name: string): void => {
  const held = k.state.lock.held.find((candidate) => candidate.lock === lock);
  if (held === undefined || !held.holders.includes(k.task)) {
    k.report({
      rule: "unlock-not-held",
      function: name,
      object: "a lock",
      detail: `${name}() of a lock that this task does not hold`,
    });
    return;
  }
  const holders = held.holders.filter((task) => task !== k.task);
  const others = k.state.lock.held.filter((candidate) => candidate !== held);
  const next = holders.length === 0 ? others : [...others, { ...held, holders }];
  update(k, { lock: { held: next.sort((a, b) => a.lock - b.lock) } });
};

/** The kernel's `struct device` has its mutex inside: its lock is named by the address of that field. */
const deviceMutex = (k: Kernel, device: Address): Address => address(device + (k.layout.offset("device", "mutex") ?? 0));

export const lockFunctions: KernelFunctions = {
  mutex_lock: procedure((call) => acquire(call.address(0), "write", "mutex_lock")),
  mutex_unlock: procedure((call) => release(call.address(0), "mutex_unlock")),
  lock_device_hotplug: procedure(() => acquire(KERNEL_LOCKS.device_hotplug_lock, "write", "lock_device_hotplug")),
  unlock_device_hotplug: procedure(() => release(KERNEL_LOCKS.device_hotplug_lock, "unlock_device_hotplug")),
};
void deviceMutex;
