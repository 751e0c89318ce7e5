import { CALLS, type CallLabel, SPOKEN } from "../machines/calls.ts";

/**
 * Which functions in a log the machines speak of, and what part the driver's own functions play.
 *
 * A log names functions as the kernel's symbol table does. Some of the machines' calls are macros or inline functions
 * in C, and show under the name of what they come to.
 */
const SYMBOLS: Readonly<Record<string, string>> = {
  // include/linux/slab.h: kzalloc() comes to one of these, by kernel version and configuration.
  __kmalloc: "kzalloc",
  __kmalloc_noprof: "kzalloc",
  __kmalloc_cache_noprof: "kzalloc",
  kmalloc_trace: "kzalloc",
  kmalloc_trace_noprof: "kzalloc",
  kmem_cache_alloc_trace: "kzalloc",
  // include/linux/device/devres.h
  __devm_add_action: "devm_add_action",
  // mm/memory_hotplug.c: the one that takes a policy of onlining is called by the other.
  add_memory_driver_managed: "__add_memory_driver_managed",
  // drivers/dax/kmem.c and its like keep a list of types of their own.
  mt_find_alloc_memory_type: "mt_get_memory_type",
};

/** The function that the machines know a symbol as; undefined where they do not speak of it. */
export const spokenName = (symbol: string): string | undefined => {
  const name = SYMBOLS[symbol] ?? symbol;
  return SPOKEN.includes(name) ? name : undefined;
};

/** The symbols under which a function shows. */
export const symbolsOf = (name: string): readonly string[] => [
  name,
  ...Object.keys(SYMBOLS).filter((symbol) => SYMBOLS[symbol] === name),
];

/**
 * Functions that a driver calls for more than its device: without knowing the argument nobody can say whether this
 * call is one that the machines speak of.
 */
export const isCommon = (label: CallLabel): boolean =>
  ["kfree", "kzalloc", "put_device"].includes(CALLS[label].function);

/** What the kernel calls a function of the driver for. */
export type Role = "probe" | "store" | "use" | "unbind" | "release" | "work" | "other";

/** How the driver's own functions are told from the kernel's. */
export interface DriverNames {
  isDriver(symbol: string): boolean;
  roleOf(symbol: string, caller: string | undefined): Role;
}

/** The names that the posted driver, our own and their like have. */
export const DRIVER_NAMES = "sysram|^hotplug_(?:store|show)$";

/** Who calls a driver tells what for; where that is not in the log its name does. */
const BY_CALLER: Readonly<Record<string, Role>> = {
  device_release: "release",
  devm_action_release: "unbind",
  dev_attr_store: "store",
  process_one_work: "work",
};

const BY_NAME: readonly (readonly [RegExp, Role])[] = [
  [/^devm_cxl_add_/, "probe"],
  [/_store$/, "store"],
  [/_release$/, "release"],
  [/_unregister$/, "unbind"],
  [/_offline_and_remove$/, "use"],
  [/_show$|_find_|^to_|^is_|_dev$/, "other"],
];

/** @param pattern - what the driver's functions match, beside their part */
export const driverNames = (pattern: RegExp): DriverNames => {
  const known = new Map<string, boolean>();
  return {
    isDriver: (symbol) => {
      let is = known.get(symbol);
      if (is === undefined) {
        is = pattern.test(symbol) && spokenName(symbol) === undefined;
        if (known.size > NAMES_KEPT) known.clear();
        known.set(symbol, is);
      }
      return is;
    },
    roleOf: (symbol, caller) => BY_CALLER[caller ?? ""] ?? BY_NAME.find(([name]) => name.test(symbol))?.[1] ?? "work",
  };
};

/** More names than any kernel has traceable functions; garbage can have more. */
const NAMES_KEPT = 100_000;
