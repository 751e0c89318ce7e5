import type { Address } from "../abi/address.ts";
import type { Driver } from "../driver/run/driver.ts";
import type { LockedKind, Site } from "../models/kernel.ts";
import { deviceMutex, kernelLockName } from "../models/lock.ts";
import type { LockOrder } from "../models/observation.ts";
import { allocationOf } from "../models/slab.ts";
import type { RunningKernel } from "./driver-kernel.ts";
import { memoryNames } from "./memory-names.ts";

/**
 * Notes in which order locks are taken, as lockdep does: while which others a task waits for one.
 *
 * Kept:    locks by class: all that lie at one place of what one line allocates are one, and so is each variable; the
 *          files of a driver count as a lock that a running store or show holds and a removal waits for, and a work as one
 *          that its run holds and who flushes or cancels it waits for; whoever waits counts, whether it gets the lock or not.
 * Dropped: what a trylock takes while others are held, because it does not wait; two locks of one class inside each
 *          other; subclasses and lockdep_set_class(), so that the line that allocates a lock is its class; that several
 *          readers go together, because a waiting writer keeps new ones out.
 * Source:  kernel/locking/lockdep.c, Documentation/locking/lockdep-design.rst; fs/kernfs/dir.c for `kn->active`;
 *          kernel/workqueue.c for `work->lockdep_map`.
 */
export interface LockOrders {
  /** A step begins. */
  begin(): void;
  /** What was taken in it while something else was held, each once; equal ones are one object. */
  readonly orders: readonly LockOrder[];
}

/** One class of locks as a number: by place and offset on the heap, by address elsewhere. */
type LockClass = number;

const OFFSETS = 2 ** 16;

export const lockOrders = (k: RunningKernel, driver: Driver): LockOrders => {
  const { nameOf } = memoryNames(driver);
  const names = new Map<LockClass, string>();
  const known = new Map<string, LockOrder>();
  let orders: LockOrder[] = [];

  const wordsFor = (lock: Address, kind: LockedKind): string => {
    const { slab, cxlRegion, device } = k.whole;
    if (cxlRegion.regions.some(({ device: at }) => deviceMutex(k, at) === lock))
      return "the lock of the region's device";
    if (device.devices.some(({ at }) => deviceMutex(k, at) === lock)) return "the lock of the device";
    const name = kernelLockName(lock) ?? nameOf(slab.live, lock);
    return kind === "lock" ? name : `the ${kind === "file" ? "active use" : "run"} of ${name}`;
  };

  const classOf = (lock: Address, kind: LockedKind): LockClass => {
    const allocation = allocationOf(k.whole.slab, lock);
    const result = allocation === undefined ? -lock : (allocation.site + 1) * OFFSETS + (lock - allocation.at);
    if (!names.has(result)) names.set(result, wordsFor(lock, kind));
    return result;
  };

  const note = (outer: LockClass, outerSite: Site, inner: LockClass): void => {
    if (outer === inner) return;
    const key = `${outer} ${outerSite} ${inner} ${k.site}`;
    let order = known.get(key);
    if (order === undefined) {
      order = { kind: "lock order", outer: names.get(outer)!, outerSite, inner: names.get(inner)!, site: k.site };
      known.set(key, order);
    }
    if (!orders.includes(order)) orders.push(order);
  };

  k.takes = (lock, kind) => {
    const { lock: locks, kernfs, workqueue } = k.whole;
    if (locks.held.length === 0 && kernfs.active.length === 0 && workqueue.running.length === 0) return;
    let inner = 0;
    const innerClass = (): LockClass => {
      if (inner === 0) {
        k.looksAtAllocation?.(lock);
        inner = classOf(lock, kind);
      }
      return inner;
    };
    for (const { lock: held, holders, site } of locks.held) {
      if (!holders.includes(k.task)) continue;
      k.looksAtAllocation?.(held);
      note(classOf(held, "lock"), site, innerClass());
    }
    for (const { attribute, task, self } of kernfs.active) {
      // Nobody who is about to remove the file, or waits for who does, keeps others from it.
      if (task !== k.task || self === "removing" || self === "lost") continue;
      k.looksAtAllocation?.(attribute);
      note(classOf(attribute, "file"), 0, innerClass());
    }
    for (const { work, task } of workqueue.running) {
      if (task !== k.task) continue;
      k.looksAtAllocation?.(work);
      note(classOf(work, "work"), 0, innerClass());
    }
  };

  return {
    begin: () => {
      orders = [];
    },
    get orders() {
      return orders;
    },
  };
};
