import { MMOP } from "../abi/mmop.ts";
import type { SysramState } from "../harness/state.ts";
import type { SysramSystem } from "../harness/sysram-system.ts";
import { endOf, hasLiveName, type KernelView, nameOf, startOf } from "../models/iomem.ts";
import { memoryBlock } from "../models/memory-hotplug.ts";

/**
 * What user space can see of one region: in sysfs, and in /proc/iomem.
 *
 * The memory group, the memory type of the node, reference counts and the driver's own records are not in it, because
 * nothing shows them.
 */
export interface Seen {
  /** Whether sysram_regionN is there. */
  readonly hasDevice: boolean;
  /** Whether a driver is bound to the region. */
  readonly isBound: boolean;
  readonly isCommitted: boolean;
  /** Each memory block that fits into the region, first to last. */
  readonly blocks: readonly BlockSeen[];
  /** The lines of /proc/iomem inside the region's whole blocks, outer before inner. */
  readonly iomem: readonly IomemLine[];
}

/** A block is not there, or offline, or online in a kernel zone or in the movable one (its valid_zones). */
export type BlockSeen = "absent" | "offline" | "kernel" | "movable";

/** One line of /proc/iomem; its range includes the end. */
export interface IomemLine {
  readonly start: number;
  readonly end: number;
  readonly name: string;
}

/** The whole memory blocks of a region: where the first begins, and how many there are. */
export const wholeBlocks = (
  { start, size }: { readonly start: number; readonly size: number },
  blockSize: number,
): { readonly start: number; readonly count: number } => {
  const first = Math.ceil(start / blockSize);
  return { start: first * blockSize, count: Math.max(0, Math.floor((start + size) / blockSize) - first) };
};

/** What a name that was freed reads as: the poison that the slab fills freed memory with, as printable text. */
const POISON = "kkkkkkkk";

const linesIn = (k: KernelView, start: number, end: number): readonly IomemLine[] =>
  k.state.iomem.resources
    .filter(({ owner }) => owner === "driver" || owner === "memory hotplug")
    .flatMap(({ at, owner }) => {
      // A resource that was freed in the tree has no range any more that could be told.
      const line = { start: startOf(k, at), end: endOf(k, at), name: hasLiveName(k, at) ? nameOf(k, at) : POISON };
      return line.start >= start && line.end <= end ? [{ ...line, owner }] : [];
    })
    .sort((one, other) => one.start - other.start || other.end - one.end || (one.owner === "driver" ? -1 : 1))
    .map(({ owner: _, ...line }) => line);

/** What user space sees of region 0 after the step that was taken last. */
export const seenIn = (system: SysramSystem, { kernel }: SysramState): Seen => {
  const region = kernel.cxlRegion.regions[0]!;
  const { blockSize } = kernel.memoryHotplug;
  const { start, count } = wholeBlocks(region, blockSize);
  const device = kernel.device.devices.find(({ parent, isAdded }) => isAdded && parent === region.device);
  return {
    hasDevice: device !== undefined,
    isBound: region.isBound,
    isCommitted: region.isCommitted,
    blocks: Array.from({ length: count }, (_, index): BlockSeen => {
      const block = memoryBlock(kernel, start / blockSize + index);
      if (block === undefined) return "absent";
      if (block.state === "offline") return "offline";
      return block.zone === MMOP.ONLINE_MOVABLE ? "movable" : "kernel";
    }),
    iomem: linesIn(system.kernel, start, start + count * blockSize - 1),
  };
};
