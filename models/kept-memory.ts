import type { Address } from "../abi/address.ts";
import { type Kernel, type KernelState, type Site, update } from "./kernel.ts";
import { deviceMutex, holdsLock } from "./lock.ts";
import type { MemoryBlock } from "./memory-hotplug.ts";

/**
 * Models what a driver says of memory that it could not remove when it goes.
 *
 * Nobody can refuse an unbind. A driver whose removal is refused then has two ways: to try for as long as it takes, or to keep
 * the memory for good, with its resource, its name, its group and its memory type, and to say so in the log.
 *
 * Kept:    that a removal was refused while the driver of the region comes or goes, and where the driver told of it after that:
 *          at KERN_WARNING or above, or by WARN(); a driver that has come, and has the memory, keeps nothing for good.
 * Dropped: what the message says.
 * Source:  drivers/dax/kmem.c (dev_dax_kmem_remove: a range that cannot be removed is left with all that belongs to it, and
 *          warned about; the module keeps the name of the memory).
 */
export type Keeping = "refused" | Site;

/** Whether the running task binds or unbinds the driver of the region around a block. */
const isAtBinding = (k: Kernel, { id }: MemoryBlock): boolean => {
  // Neither where regions lie nor what locks the task itself holds is changed by others.
  const { cxlRegion, memoryHotplug } = k.whole;
  const start = id * memoryHotplug.blockSize;
  return cxlRegion.regions.some(
    (region) =>
      region.start < start + memoryHotplug.blockSize &&
      region.start + region.size > start &&
      holdsLock(k.whole, deviceMutex(k, region.device), k.task),
  );
};

const changeBlocks = (k: Kernel, isMeant: (block: MemoryBlock) => boolean, keeping: Keeping): void => {
  const { memoryHotplug } = k.state;
  const blocks = memoryHotplug.blocks.map((block) => (isMeant(block) ? { ...block, keeping } : block));
  update(k, { memoryHotplug: { ...memoryHotplug, blocks } });
};

/** Notes that the driver, coming or going, was refused a removal. */
export const noteRefusal = (k: Kernel): void => {
  if (k.site === 0) return;
  const isMeant = (block: MemoryBlock): boolean => block.keeping === undefined && isAtBinding(k, block);
  if (k.whole.memoryHotplug.blocks.some(isMeant)) changeBlocks(k, isMeant, "refused");
};

/** Whether there is anything to tell of. */
export const isRefused = (k: Kernel): boolean =>
  k.site !== 0 && k.whole.memoryHotplug.blocks.some((block) => block.keeping === "refused" && isAtBinding(k, block));

/** Notes that the driver has told of it; gives whether there was anything to tell of. */
export const noteTold = (k: Kernel): boolean => {
  if (!isRefused(k)) return false;
  const isMeant = (block: MemoryBlock): boolean => block.keeping === "refused" && isAtBinding(k, block);
  changeBlocks(k, isMeant, k.site);
  return true;
};

/**
 * Ends what the driver may tell of, where it has come or gone.
 *
 * One that has come may still remove all that is there; one that has gone keeps what it told of, and nothing else on purpose.
 */
export const forgetRefusals = (k: Kernel, hasCome: boolean): void => {
  const isMeant = (block: MemoryBlock): boolean =>
    (hasCome ? block.keeping !== undefined : block.keeping === "refused") && isAtBinding(k, block);
  const { memoryHotplug } = k.whole;
  if (!memoryHotplug.blocks.some(isMeant)) return;
  const blocks = memoryHotplug.blocks.map((block) => {
    if (!isMeant(block)) return block;
    const { keeping: _, ...rest } = block;
    return rest;
  });
  update(k, { memoryHotplug: { ...k.state.memoryHotplug, blocks } });
};

/** A resource of the driver's, as far as it matters here. */
interface KeptResource {
  readonly at: Address;
  readonly start: number;
  readonly end: number;
  readonly isNameLive: boolean;
}

/**
 * The blocks that are kept on purpose: told of, and with all that belongs to them.
 *
 * That is a resource of the driver's around each of them, allocated and with a live name; and the group that it was added to. What
 * becomes of the node's memory type is recorded when it is taken from under memory.
 *
 * @param resources - those of the driver's that are in the tree
 */
export const keptOnPurpose = (
  { memoryHotplug, memoryGroup, slab }: Pick<KernelState, "memoryHotplug" | "memoryGroup" | "slab">,
  resources: readonly KeptResource[],
): readonly MemoryBlock[] => {
  const { blocks, blockSize } = memoryHotplug;
  const isWhole = ({ id, group }: MemoryBlock): boolean =>
    (group < 0 || memoryGroup.groups.some((one) => one.id === group)) &&
    resources.some(
      ({ at, start, end, isNameLive }) =>
        isNameLive &&
        start <= id * blockSize &&
        end >= (id + 1) * blockSize - 1 &&
        slab.live.some((one) => one.at === at),
    );
  const told = blocks.filter(({ keeping }) => typeof keeping === "number");
  return told.filter(isWhole);
};
