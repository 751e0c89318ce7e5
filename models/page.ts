import { type Kernel, type KernelState, update } from "./kernel.ts";

/**
 * Models what holds a page where it is.
 *
 * Kept:    a page in a memory block may be pinned; it passes the isolation of the block, and then offlining makes no progress
 *          for as long as it stays pinned.
 * Dropped: which page, and by how many; that a pin for long moves a page out of the movable zone first. A page that the kernel
 *          allocated for itself, or that is marked offline, is an answer of offlining and no state: memory-hotplug.ts.
 * Source:  mm/page_isolation.c, mm/migrate.c, mm/memory_hotplug.c (offline_pages),
 *          Documentation/core-api/pin_user_pages.rst.
 */
export interface PageState {
  /** The ids of the memory blocks with a pinned page in them, ascending. */
  readonly pinned: readonly number[];
}

export const noPins: PageState = { pinned: [] };

/** Whether a page in the memory block of this id is pinned. */
export const isPinned = (state: KernelState, id: number): boolean => state.page.pinned.includes(id);

/** Pins a page in an online memory block. */
export const pinPage = (k: Kernel, id: number): void => {
  if (isPinned(k.state, id)) return;
  update(k, { page: { pinned: [...k.state.page.pinned, id].sort((a, b) => a - b) } });
};

/** Lets go of it. */
export const unpinPage = (k: Kernel, id: number): void =>
  update(k, { page: { pinned: k.state.page.pinned.filter((other) => other !== id) } });
