import { type Address, address, NULL } from "../abi/address.ts";
import { isHeap } from "../abi/memory-map.ts";
import { isRefused, noteTold } from "./kept-memory.ts";
import { atomic, type Kernel, type KernelFunction, type KernelFunctions } from "./kernel.ts";
import { allocationAround, isUsable, type SlabMisuse } from "./slab.ts";

/**
 * Models the kernel's log, its warnings, and its end.
 *
 * Kept:    a message about a device reads the device and its name, so one about a device that was freed is recorded;
 *          a warning and a bug that the driver's own C raises are recorded.
 *          whether a driver tells of memory that it could not remove, at KERN_WARNING or above (kept-memory.ts): then a
 *          warning is no more than that.
 * Dropped: the text of messages and where they go; the strings that a message prints; log levels otherwise.
 * Source:  kernel/printk/printk.c, drivers/base/core.c (dev_printk and its relatives, dev_err_probe), kernel/panic.c.
 */

/** What the driver made the kernel say that it never should. */
export type PrintMisuse = "kernel-warning" | "kernel-bug";

/** Where the pointer to a device's name lies. */
const nameField = (k: Kernel, device: Address): Address =>
  address(device + (k.layout.offset("device", "kobj") ?? 0) + (k.layout.offset("kobject", "name") ?? 0));

/** The functions whose messages are at KERN_WARNING or above. */
const LOUD: ReadonlySet<string> = new Set([
  "_dev_emerg",
  "_dev_alert",
  "_dev_crit",
  "_dev_err",
  "_dev_warn",
  "dev_err_probe",
]);

/** Notes that the driver tells of what it keeps, where the level is loud enough: asked only where there is something to tell of. */
const tells = (k: Kernel, level: Address): void => {
  if (isRefused(k) && isLoud(k, level)) noteTold(k);
};

/** What stands before a level. */
const KERN_SOH = String.fromCharCode(1);

/** Whether a text begins with a level from KERN_EMERG to KERN_WARNING (include/linux/kern_levels.h). */
const isLoud = (k: Kernel, text: Address): boolean => {
  if (text === NULL) return false;
  const [start, level = ""] = k.memory.string(text);
  return start === KERN_SOH && level >= "0" && level <= "4";
};

/** A message about the device in argument `index`. */
const about = (name: string, index: number): KernelFunction =>
  atomic({ sleeps: "never", fails: "never" }, (k, call) => {
    if (LOUD.has(name)) noteTold(k);
    if (name === "_dev_printk") tells(k, call.address(0));
    const device = call.address(index);
    if (device === NULL || !isUsable(k, device, 1, name, "the device")) return 0;
    const text = k.memory.pointer(nameField(k, device));
    if (isHeap(text) && allocationAround(k, text) === undefined) {
      k.report({
        rule: "use-after-free" satisfies SlabMisuse,
        function: name,
        object: "the device's name",
        detail: `${name}() prints the name of a device after it was freed`,
        isFatal: true,
      });
    }
    return name === "dev_err_probe" ? call.i32(1) : 0;
  });

const nothing = atomic({ sleeps: "never", fails: "never" }, () => 0);

const ending = (name: string): KernelFunction =>
  atomic({ sleeps: "never" }, (k) => {
    k.report({
      rule: "kernel-bug" satisfies PrintMisuse,
      function: name,
      object: "the kernel",
      detail: `the driver calls ${name}(): the task, or the machine, ends here`,
      isFatal: true,
    });
    return 0;
  });

export const printFunctions: KernelFunctions = {
  _printk: atomic({ sleeps: "never", fails: "never" }, (k, call) => {
    tells(k, call.address(0));
    return 0;
  }),
  dump_stack: nothing,
  _dev_printk: about("_dev_printk", 1),
  _dev_emerg: about("_dev_emerg", 0),
  _dev_alert: about("_dev_alert", 0),
  _dev_crit: about("_dev_crit", 0),
  _dev_err: about("_dev_err", 0),
  _dev_warn: about("_dev_warn", 0),
  _dev_notice: about("_dev_notice", 0),
  _dev_info: about("_dev_info", 0),
  _dev_dbg: about("_dev_dbg", 0),
  dev_err_probe: about("dev_err_probe", 0),
  __warn_printk: atomic({ sleeps: "never" }, (k, call) => {
    if (noteTold(k)) return 0;
    k.report({
      rule: "kernel-warning" satisfies PrintMisuse,
      function: "__warn_printk",
      object: "the kernel",
      detail: `the driver warns: ${call.formatted(0).trim()}`,
    });
    return 0;
  }),
  __bug: ending("__bug"),
  panic: ending("panic"),
};
