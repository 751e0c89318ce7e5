import { address } from "../abi/address.ts";
import type { DriverFacts } from "../driver/compile/image.ts";
import type { KernelFunction } from "../models/kernel.ts";
import type { RunningKernel } from "./driver-kernel.ts";
import type { Scheduler, SchedulingPoint } from "./task.ts";

/** The flag of an allocation that may reclaim, and so sleep (include/linux/gfp_types.h ___GFP_DIRECT_RECLAIM). */
const DIRECT_RECLAIM = 0x400;

const SLOT = 8;

/**
 * Looks whether a driver calls what may sleep while it holds a spinlock, as CONFIG_DEBUG_ATOMIC_SLEEP does.
 *
 * Kept:    every call of a function whose model says that it may sleep (`Declared` in models/kernel.ts), whether it would have
 *          slept this time or not, and of one that allocates with flags that let it reclaim.
 * Dropped: interrupts that are off, RCU and preempt_disable() as reasons; functions that sleep on some of their ways only
 *          and say so nowhere.
 * Source:  kernel/sched/core.c __might_resched(); include/linux/kernel.h might_sleep(); Documentation/locking/locktypes.rst.
 *
 * It looks at each call before it is made, and is not there at all where the driver takes no spinlock.
 */
export const watchingSleep = (
  k: RunningKernel,
  { kernelFunctions }: DriverFacts,
  table: readonly KernelFunction[],
  scheduler: Scheduler,
): Scheduler => {
  if (!table.some(({ declared }) => declared.takesSpinlock === true)) return scheduler;
  const flags = kernelFunctions.map(({ parameters }) => parameters.indexOf("gfp_t"));

  const maySleep = ({ function: called, slots }: SchedulingPoint): boolean => {
    const { sleeps } = table[called]!.declared;
    if (sleeps !== "by its flags") return sleeps === "may";
    const at = flags[called]!;
    return (k.memory.u32(address(slots + (at + 1) * SLOT)) & DIRECT_RECLAIM) !== 0;
  };

  return {
    pauses: (isWaiting) => scheduler.pauses(isWaiting),
    isPreempted: (point) => {
      if (scheduler.isPreempted(point)) return true;
      const { held } = k.whole.lock;
      if (point.function === -1 || held.length === 0) return false;
      const spinning = held.find(({ isSpinning, holders }) => isSpinning === true && holders.includes(k.task));
      if (spinning === undefined || !maySleep(point)) return false;
      const name = kernelFunctions[point.function]!.name;
      k.report({
        rule: "sleep-under-spinlock",
        function: name,
        object: "a spinlock",
        site: point.site,
        detail: `${name}() may sleep, and the task holds a spinlock; with CONFIG_DEBUG_ATOMIC_SLEEP the kernel warns`,
      });
      return false;
    },
  };
};
