/** What the environment can do to region0, in the words of a run. */
export const PROBE = "probe region0, online_movable";
export const PROBE_OFFLINE = "probe region0, offline";
export const UNBIND = "unbind the driver of region0";
export const DECOMMIT = "decommit region0 (echo 0 > commit)";
export const PIN = "a page in memory block 0 of region0 is pinned";
export const UNPIN = "the page in memory block 0 of region0 is unpinned";
/** What unbinds where a memory device is detached. */
export const WORKER_UNBINDS = "a kernel worker unbinds the driver of region0";
/** With one task at a time. */
export const SIGNAL = "a signal ends the wait";
export const GOES_ON = "the command that was paused goes on";
export const CLAIM = "another owner claims a part of region0";
export const HOLD = "cxl_region_find_sysram() of region0, and hold the reference";
export const USE = "cxl_sysram_offline_and_remove() with the held reference of region0";

/** A write of a word to the hotplug attribute. */
export const write = (word: string): string => `echo ${word} > sysram_region0/hotplug`;
