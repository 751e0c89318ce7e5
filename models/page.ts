import { type Kernel, type KernelState, update } from "./kernel.ts";

/**
 * Models what holds a page where it is.
 *
 * Kept:    a page in a memory block may be pinned; while it is, the block does not go offline.
 * Dropped: which page, and by how many; that offlining goes on for a while in the hope that the page is let go of.
 * Source:  mm/page_isolation.c, mm/migrate.c, Documentation/core-api/pin_user_pages.rst.
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
