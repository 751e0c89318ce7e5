/**
 * What a memory block is asked to become: `enum mmop` of include/linux/memory_hotplug.h.
 *
 * The C enum is unsigned; a caller's -1 arrives as 4294967295.
 */
export const MMOP = { OFFLINE: 0, ONLINE: 1, ONLINE_KERNEL: 2, ONLINE_MOVABLE: 3 } as const;

export type OnlineType = (typeof MMOP)[keyof typeof MMOP];

/** The words of sysfs for each online type, in the order of their numbers (drivers/base/memory.c `online_type_to_str`). */
export const ONLINE_WORDS = ["offline", "online", "online_kernel", "online_movable"] as const;

export const isOnlineType = (value: number): value is OnlineType => Number.isInteger(value) && value >= 0 && value <= 3;

/** The online type in the words of sysfs, or the bare number where it is none. */
export const describeOnlineType = (value: number): string => ONLINE_WORDS[value] ?? `${value | 0} (no online type)`;
