import { describe, expect, it } from "vitest";
import { type Address, address, NULL } from "../../abi/address.ts";
import { ERRNO } from "../../abi/errno.ts";
import type { Procedure } from "../../models/kernel.ts";
import {
  acquire,
  acquireDevice,
  deviceMutex,
  holdsLock,
  isLockFree,
  KERNEL_LOCKS,
  locksHeldBy,
  release,
  withDeviceLocked,
} from "../../models/lock.ts";
import { sendSignal } from "../../models/signal.ts";
import { asTask, c, coreKernel, halt, makeDevice, procedureOf, rules, structure } from "./core-kernel.ts";
import { type FakeKernel, Hangs, run } from "./fake-kernel.ts";

const mutexOf = (k: FakeKernel): Address => {
  const at = structure(k, "mutex");
  c(k, "__mutex_init", at, 0, 0);
  return at;
};

const rwsemOf = (k: FakeKernel): Address => {
  const at = structure(k, "rw_semaphore");
  c(k, "__init_rwsem", at, 0, 0);
  return at;
};

const heldByOther = (k: FakeKernel, lock: string, at: Address): void => {
  asTask(k, 2, () => c(k, lock, at));
};

describe("a mutex", () => {
  it("has one holder at a time", () => {
    const k = coreKernel();
    const at = mutexOf(k);
    c(k, "mutex_lock", at);
    expect(locksHeldBy(k.state, 1)).toMatchObject([{ lock: at, holders: [1], mode: "write", site: k.site }]);
    expect(c(k, "mutex_is_locked", at)).toBe(1);
    const other = halt(k, procedureOf(k, "mutex_lock", at), "wait", 2);
    expect(other.isReady()).toBe(false);
    c(k, "mutex_unlock", at);
    expect(other.isReady()).toBe(true);
    expect(other.finish()).toBe(0);
    expect(locksHeldBy(k.state, 2)).toHaveLength(1);
    expect(rules(k)).toEqual([]);
  });

  it("asks again when another task was faster", () => {
    const k = coreKernel();
    const at = mutexOf(k);
    c(k, "mutex_lock", at);
    const [second, third] = [2, 3].map((task) => halt(k, procedureOf(k, "mutex_lock", at), "wait", task));
    c(k, "mutex_unlock", at);
    second!.finish();
    expect(() => third!.finish()).toThrow(Hangs);
    expect(k.state.lock.held).toMatchObject([{ holders: [2] }]);
  });

  it("is waited for for ever by its own holder", () => {
    const k = coreKernel();
    const at = mutexOf(k);
    c(k, "mutex_lock", at);
    expect(() => c(k, "mutex_lock", at)).toThrow(Hangs);
    expect(k.misuse).toMatchObject([{ rule: "recursive-lock", isFatal: true }]);
  });

  it("is given back by its holder only", () => {
    const k = coreKernel();
    const at = mutexOf(k);
    c(k, "mutex_unlock", at);
    heldByOther(k, "mutex_lock", at);
    c(k, "mutex_unlock", at);
    expect(rules(k)).toEqual(["unlock-not-held", "unlock-not-held"]);
    expect(holdsLock(k.state, at, 2)).toBe(true);
  });

  it("is tried without waiting", () => {
    const k = coreKernel();
    const at = mutexOf(k);
    expect(c(k, "mutex_trylock", at)).toBe(1);
    expect(c(k, "mutex_trylock", at)).toBe(0);
    expect(rules(k)).toEqual([]);
  });

  it.each([
    ["mutex_lock_interruptible", false, true],
    ["mutex_lock_interruptible_nested", false, true],
    ["mutex_lock_killable", false, false],
    ["mutex_lock_killable", true, true],
    ["mutex_lock", true, false],
  ])("%s(): a signal that kills: %j, ends the wait: %j", (name, isFatal, ends) => {
    const k = coreKernel();
    const at = mutexOf(k);
    sendSignal(k, 1, isFatal);
    expect(c(k, name, at)).toBe(0);
    c(k, "mutex_unlock", at);
    heldByOther(k, "mutex_lock", at);
    if (ends) expect(c(k, name, at)).toBe(-ERRNO.EINTR);
    else expect(() => c(k, name, at)).toThrow(Hangs);
  });

  it("is waited for until a signal comes", () => {
    const k = coreKernel();
    const at = mutexOf(k);
    heldByOther(k, "mutex_lock", at);
    const waiting = halt(k, procedureOf(k, "mutex_lock_interruptible", at), "wait");
    expect(waiting.isReady()).toBe(false);
    sendSignal(k, 1, false);
    expect(waiting.isReady()).toBe(true);
    expect(waiting.finish()).toBe(-ERRNO.EINTR);
  });

  it("that was never initialised, or was destroyed, makes the kernel warn", () => {
    const k = coreKernel();
    c(k, "mutex_lock", structure(k, "mutex"));
    const at = mutexOf(k);
    c(k, "mutex_destroy", at);
    c(k, "mutex_lock", at);
    expect(rules(k)).toEqual(["lock-not-initialised", "lock-not-initialised"]);
  });

  it("is not initialised while it is held", () => {
    const k = coreKernel();
    const at = mutexOf(k);
    c(k, "mutex_lock", at);
    c(k, "__mutex_init", at, 0, 0);
    expect(rules(k)).toEqual(["init-of-held-lock"]);
    expect(k.state.lock.held).toEqual([]);
  });

  it("in freed memory, or at NULL, is recorded", () => {
    const k = coreKernel();
    const memory = c(k, "kzalloc", 8, 0);
    c(k, "kfree", memory);
    c(k, "mutex_lock", memory);
    c(k, "mutex_unlock", NULL);
    c(k, "__mutex_init", memory, 0, 0);
    expect(rules(k)).toEqual(["use-after-free", "wild-pointer", "use-after-free"]);
  });
});

describe("an rwsem", () => {
  it("has several readers or one writer", () => {
    const k = coreKernel();
    const at = rwsemOf(k);
    c(k, "down_read", at);
    heldByOther(k, "down_read", at);
    c(k, "down_read_nested", at, 1);
    expect(k.state.lock.held).toMatchObject([{ holders: [1, 1, 2], mode: "read" }]);
    expect(asTask(k, 3, () => c(k, "down_write_trylock", at))).toBe(0);
    const writer = halt(k, procedureOf(k, "down_write", at), "wait", 3);
    c(k, "up_read", at);
    c(k, "up_read", at);
    expect(writer.isReady()).toBe(false);
    asTask(k, 2, () => c(k, "up_read", at));
    writer.finish();
    expect(c(k, "down_read_trylock", at)).toBe(0);
    expect(c(k, "rwsem_is_locked", at)).toBe(1);
    expect(rules(k)).toEqual([]);
  });

  it("is given back as it was taken", () => {
    const k = coreKernel();
    const at = rwsemOf(k);
    c(k, "down_read", at);
    c(k, "up_write", at);
    expect(rules(k)).toEqual(["unlock-not-held"]);
  });

  it("lets a reader that wants to write wait for itself", () => {
    const k = coreKernel();
    const at = rwsemOf(k);
    c(k, "down_read", at);
    expect(() => c(k, "down_write", at)).toThrow(Hangs);
    expect(rules(k)).toEqual(["recursive-lock"]);
  });

  it("is downgraded without a gap", () => {
    const k = coreKernel();
    const at = rwsemOf(k);
    c(k, "down_write_nested", at, 1);
    c(k, "downgrade_write", at);
    expect(k.state.lock.held).toMatchObject([{ holders: [1], mode: "read" }]);
    expect(asTask(k, 2, () => c(k, "down_read_trylock", at))).toBe(1);
  });

  it.each(["down_read_interruptible", "down_read_killable", "down_write_killable"])(
    "%s() ends by a signal that kills",
    (name) => {
      const k = coreKernel();
      const at = rwsemOf(k);
      heldByOther(k, "down_write", at);
      sendSignal(k, 1, true);
      expect(c(k, name, at)).toBe(-ERRNO.EINTR);
    },
  );
});

describe("a spinlock", () => {
  it.each([
    ["spin_lock", "spin_unlock"],
    ["spin_lock_irq", "spin_unlock_irq"],
    ["spin_lock_bh", "spin_unlock_bh"],
    ["_raw_spin_lock_irqsave", "spin_unlock_irqrestore"],
    ["spin_trylock", "spin_unlock"],
  ])("is taken by %s() and given back by %s()", (lock, unlock) => {
    const k = coreKernel();
    const at = structure(k, "spinlock");
    c(k, "__spin_lock_init", at, 0, 0);
    c(k, lock, at);
    expect(c(k, "spin_is_locked", at)).toBe(1);
    c(k, unlock, at);
    expect(c(k, "spin_is_locked", at)).toBe(0);
    expect(rules(k)).toEqual([]);
  });
});

describe("the kernel's own locks", () => {
  it("lock_device_hotplug() is not recursive", () => {
    const k = coreKernel();
    c(k, "lock_device_hotplug");
    expect(holdsLock(k.state, KERNEL_LOCKS.device_hotplug_lock, 1)).toBe(true);
    expect(() => c(k, "lock_device_hotplug")).toThrow(Hangs);
    expect(k.misuse).toMatchObject([{ rule: "recursive-lock", object: "device_hotplug_lock" }]);
    c(k, "unlock_device_hotplug");
    expect(isLockFree(k.state, KERNEL_LOCKS.device_hotplug_lock, "write")).toBe(true);
  });

  it("lock_device_hotplug_sysfs() never blocks: it sleeps, and the system call starts over", () => {
    const k = coreKernel();
    expect(c(k, "lock_device_hotplug_sysfs")).toBe(0);
    expect(asTask(k, 2, () => c(k, "lock_device_hotplug_sysfs"))).toBe(-ERRNO.ERESTARTNOINTR);
  });

  it("are taken and given back inside other models' procedures", () => {
    const k = coreKernel();
    run(k, acquire(KERNEL_LOCKS.memory_tier_lock, "write", "mt_get"));
    run(k, release(KERNEL_LOCKS.memory_tier_lock, "mt_put"));
    run(k, release(KERNEL_LOCKS.memory_tier_lock, "mt_put"));
    expect(k.misuse).toMatchObject([{ rule: "unlock-not-held", object: "memory_tier_lock" }]);
  });
});

describe("lockdep", () => {
  it("tells whether this task holds a lock, and how", () => {
    const k = coreKernel();
    const at = rwsemOf(k);
    const answers = (): readonly number[] => [-1, 0, 1].map((mode) => c(k, "__lockdep_is_held", at, mode));
    expect(answers()).toEqual([0, 0, 0]);
    c(k, "down_read", at);
    expect(answers()).toEqual([1, 0, 1]);
    expect(asTask(k, 2, answers)).toEqual([0, 0, 0]);
    c(k, "up_read", at);
    c(k, "down_write", at);
    expect(answers()).toEqual([1, 1, 0]);
    expect(c(k, "__lockdep_set_class", at, 0, 0, 0)).toBe(0);
  });
});

describe("the lock of a device", () => {
  it("is the mutex inside, and ready once the device is initialised", () => {
    const k = coreKernel();
    const device = makeDevice(k);
    run(k, acquireDevice(device, "device_lock"));
    expect(holdsLock(k.state, deviceMutex(k, device), 1)).toBe(true);
    c(k, "mutex_unlock", deviceMutex(k, device));
    expect(rules(k)).toEqual([]);
  });

  it("covers a step of the kernel's, which waits until it is free", () => {
    const k = coreKernel();
    const device = makeDevice(k);
    const locked = (): Procedure => withDeviceLocked(device, "device_del", () => 42);
    expect(run(k, locked())).toBe(42);
    heldByOther(k, "mutex_lock", deviceMutex(k, device));
    const waiting = halt(k, locked(), "wait");
    expect(waiting.isReady()).toBe(false);
    asTask(k, 2, () => c(k, "mutex_unlock", deviceMutex(k, device)));
    expect(waiting.finish()).toBe(42);
    expect(k.state.lock.held).toEqual([]);
  });
});

it("a lock's address may be as high as the heap goes", () => {
  const k = coreKernel();
  const at = c(k, "kzalloc", 4096, 0);
  const lock = address(at + 4088);
  c(k, "__mutex_init", lock, 0, 0);
  heldByOther(k, "mutex_lock", lock);
  const waiting = halt(k, procedureOf(k, "mutex_lock", lock), "wait", 3);
  asTask(k, 2, () => c(k, "mutex_unlock", lock));
  expect(waiting.isReady()).toBe(true);
  waiting.finish();
  expect(locksHeldBy(k.state, 3)).toMatchObject([{ lock }]);
});
