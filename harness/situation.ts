import { type Address, NULL } from "../abi/address.ts";
import { MMOP, type OnlineType } from "../abi/mmop.ts";
import type { Driver } from "../driver/run/driver.ts";
import { createRegion } from "../models/cxl-region.ts";
import { initialKernelState } from "../models/index.ts";
import { type Kernel, type KernelState, update } from "../models/kernel.ts";
import type { Configuration } from "./configuration.ts";

/** How the machine has been set up before the driver comes: facts that no command changes. */
export interface Situation {
  /** What it is, for a person and for a replay token; no two situations have the same. */
  readonly label: string;
  readonly isStaticRam: boolean;
  readonly alignment: Alignment;
  /** The node that firmware gives to the region; undefined where it says nothing. */
  readonly node: "known" | "unknown" | "none";
  readonly defaultOnlineType: OnlineType;
  /** Whether the environment asks for every online type there, or for offline and online_movable alone. */
  readonly asksForAll: boolean;
}

export type Alignment = "aligned" | "unaligned" | "too small";

/** The first region's place: far above any memory that a small machine has. */
const FIRST_REGION = 64 * 2 ** 30;

/** Regions lie this far apart. */
const REGION_DISTANCE = 16 * 2 ** 30;

/** NUMA_NO_NODE (include/linux/numa.h). */
const NO_NODE = -1;

const situation = (
  isStaticRam: boolean,
  alignment: Alignment,
  node: Situation["node"],
  defaultOnlineType: OnlineType,
): Situation => ({
  label: [
    isStaticRam ? "a static RAM region" : "a dynamic capacity region",
    alignment === "aligned"
      ? "aligned to memory blocks"
      : alignment === "unaligned"
        ? "not aligned"
        : "smaller than a block",
    node === "known" ? "on node 1" : node === "unknown" ? "on no node that firmware names" : "on no node at all",
    `auto_online_blocks=${["offline", "online", "online_kernel", "online_movable"][defaultOnlineType]}`,
  ].join(", "),
  isStaticRam,
  alignment,
  node,
  defaultOnlineType,
  asksForAll: false,
});

/**
 * The ways in which a machine can be set up: the plain one first, then each that differs from it in one thing.
 *
 * Only in the plain one the environment asks for every online type: what the types do does not depend on the rest.
 */
export const SITUATIONS: readonly Situation[] = [
  { ...situation(true, "aligned", "known", MMOP.ONLINE_MOVABLE), asksForAll: true },
  situation(true, "aligned", "known", MMOP.OFFLINE),
  situation(true, "aligned", "known", MMOP.ONLINE),
  situation(true, "aligned", "known", MMOP.ONLINE_KERNEL),
  situation(false, "aligned", "known", MMOP.ONLINE_MOVABLE),
  situation(true, "unaligned", "known", MMOP.ONLINE_MOVABLE),
  situation(true, "too small", "known", MMOP.ONLINE_MOVABLE),
  situation(true, "aligned", "unknown", MMOP.ONLINE_MOVABLE),
  situation(true, "aligned", "none", MMOP.ONLINE_MOVABLE),
];

/** The kernel as it is after boot in a situation, with the regions there and no driver bound; writes them to memory. */
export const boot = (
  k: Kernel,
  driver: Driver,
  { isStaticRam, alignment, node, defaultOnlineType, asksForAll }: Situation,
  configuration: Configuration,
): void => {
  const state: KernelState = initialKernelState;
  const { blockSize } = state.memoryHotplug;
  const root: Address = driver.kernelData("iomem_resource") ?? NULL;
  k.state = state;
  update(k, {
    iomem: { ...state.iomem, root },
    numa: { ...state.numa, targetNode: node === "known" ? 1 : NO_NODE, addNode: node === "none" ? NO_NODE : 0 },
    memoryHotplug: { ...state.memoryHotplug, defaultOnlineType },
    environment: { ...state.environment, asksForAll },
  });
  for (let id = 0; id < configuration.regions; id += 1) {
    const base = FIRST_REGION + id * REGION_DISTANCE;
    const start = alignment === "aligned" ? base : base + blockSize / 2;
    const whole = configuration.blocks * blockSize;
    const size = alignment === "aligned" ? whole : alignment === "unaligned" ? whole + blockSize : blockSize;
    createRegion(k, {
      id,
      start,
      size,
      isStaticRam,
      type: driver.kernelData("cxl_region_type") ?? NULL,
      bus: driver.kernelData("cxl_bus_type") ?? NULL,
    });
  }
};
