import { address } from "../abi/address.ts";
import type { DriverFacts } from "../driver/compile/image.ts";
import type { RunningKernel } from "./driver-kernel.ts";
import type { Moment, Scheduler } from "./task.ts";

/**
 * Looks whether a driver calls what may sleep while it holds a spinlock, as CONFIG_DEBUG_ATOMIC_SLEEP does.
 *
 * Kept:    every call that begins with might_sleep(), takes a mutex or an rwsem, waits, or allocates with flags that let it
 *          reclaim, whether it would have slept this time or not; spinlocks taken in any of their ways.
 * Dropped: interrupts that are off, RCU and preempt_disable() as reasons; functions that sleep on some of their ways only
 *          and say so nowhere.
 * Source:  kernel/sched/core.c __might_resched(); include/linux/kernel.h might_sleep(); Documentation/locking/locktypes.rst.
 */
const SLEEPS: readonly RegExp[] = [
  /^mutex_lock/,
  /^down_(read|write)(_nested|_interruptible|_killable)?$/,
  /^lock_device_hotplug/,
  /^(msleep|usleep_range|wait_for_completion)/,
  /^schedule(_timeout.*)?$/,
  /^(might_sleep|cond_resched)$/,
  /^(flush_|__flush_|drain_workqueue|destroy_workqueue|alloc_workqueue)/,
  /^(cancel|disable)_.*_sync$/,
  /^(device_add|device_register|device_del|device_unregister|put_device|device_rename|dev_set_name)$/,
  /^(device_release_driver|device_attach|device_reprobe|device_online|device_offline)$/,
  /^(sysfs_(create|remove|update)_|device_(create|remove)_file|device_(add|remove)_groups)/,
  /^(__)?(add|remove)_memory/,
  /^offline_and_remove_memory/,
  /^(register|unregister)_memory_notifier$/,
  /^memory_group_register_/,
  /^(mt_(get|find_alloc|put)_memory_types?|mt_calc_adistance|alloc_memory_type)$/,
  /^(init|clear)_node_memory_type$/,
  /^(cxl_region_get_hpa_range|devm_add_action|__request_region)$/,
];

/** The flag of an allocation that may reclaim, and so sleep (include/linux/gfp_types.h ___GFP_DIRECT_RECLAIM). */
const DIRECT_RECLAIM = 0x400;

const SLOT = 8;

/** Looks at each call before it is made; gives the scheduler as it is where the driver has no spinlocks. */
export const watchingSleep = (k: RunningKernel, { kernelFunctions }: DriverFacts, scheduler: Scheduler): Scheduler => {
  if (!kernelFunctions.some(({ name }) => /spin_(lock|trylock)/.test(name))) return scheduler;
  const sleeps = kernelFunctions.map(({ name }) => SLEEPS.some((pattern) => pattern.test(name)));
  const flags = kernelFunctions.map(({ parameters }) => parameters.indexOf("gfp_t"));

  const maySleep = ({ function: called, slots }: Moment): boolean => {
    if (sleeps[called] === true) return true;
    const at = flags[called]!;
    return at !== -1 && (k.memory.u32(address(slots + (at + 1) * SLOT)) & DIRECT_RECLAIM) !== 0;
  };

  return {
    pauses: (isWaiting) => scheduler.pauses(isWaiting),
    isPreempted: (moment) => {
      if (scheduler.isPreempted(moment)) return true;
      const { held } = k.whole.lock;
      if (moment.function === -1 || held.length === 0) return false;
      const spinning = held.find(({ isSpinning, holders }) => isSpinning === true && holders.includes(k.task));
      if (spinning === undefined || !maySleep(moment)) return false;
      const name = kernelFunctions[moment.function]!.name;
      k.report({
        rule: "sleep-under-spinlock",
        function: name,
        object: "a spinlock",
        site: moment.site,
        detail: `${name}() may sleep, and the task holds a spinlock; with CONFIG_DEBUG_ATOMIC_SLEEP the kernel warns`,
      });
      return false;
    },
  };
};
