import { type Address, NULL } from "../abi/address.ts";
import { MMOP, ONLINE_WORDS, type OnlineType } from "../abi/mmop.ts";
import type { Driver } from "../driver/run/driver.ts";
import { createRegion } from "../models/cxl-region.ts";
import { initialKernelState } from "../models/index.ts";
import { type Kernel, type KernelState, update } from "../models/kernel.ts";
import type { Configuration } from "./configuration.ts";

/** Facts about the machine that no command changes. */
export interface InitialFacts {
  readonly isStaticRam: boolean;
  readonly place: Alignment | Range;
  /** The node that firmware gives to the region; "unknown" where it says nothing, "none" where none answers at all. */
  readonly node: number | "unknown" | "none";
  readonly defaultOnlineType: OnlineType;
}

/** How the machine has been set up before the driver comes. */
export interface InitialConfiguration extends InitialFacts {
  /** What it is, for a person and for a replay token; no two initial configurations have the same. */
  readonly label: string;
  /** Whether the environment asks for every online type there, or for offline and online_movable alone. */
  readonly asksForAll: boolean;
}

export type Alignment = "aligned" | "unaligned" | "too small";

/** Where the first region lies, in bytes; the others lie alike. */
export interface Range {
  readonly start: number;
  readonly size: number;
}

/** The first region's place: far above any memory that a small machine has. */
export const FIRST_REGION: number = 64 * 2 ** 30;

/** Regions lie this far apart. */
export const REGION_DISTANCE: number = 16 * 2 ** 30;

/** NUMA_NO_NODE (include/linux/numa.h). */
const NO_NODE = -1;

/** Nodes that a kernel can have: CONFIG_NODES_SHIFT is 6, as driver/include/generated/autoconf.h has it. */
export const NODES = 64;

const ALIGNMENTS: Readonly<Record<Alignment, string>> = {
  aligned: "aligned to memory blocks",
  unaligned: "not aligned",
  "too small": "smaller than a block",
};

const hex = (value: number): string => `0x${value.toString(16)}`;

const placeWords = (place: Alignment | Range): string =>
  typeof place === "string" ? ALIGNMENTS[place] : `at [mem ${hex(place.start)}-${hex(place.start + place.size - 1)}]`;

const nodeWords = (node: InitialFacts["node"]): string =>
  node === "unknown" ? "on no node that firmware names" : node === "none" ? "on no node at all" : `on node ${node}`;

/** An initial configuration in words. */
const labelOf = ({ isStaticRam, place, node, defaultOnlineType }: InitialFacts): string =>
  [
    isStaticRam ? "a static RAM region" : "a dynamic capacity region",
    placeWords(place),
    nodeWords(node),
    `auto_online_blocks=${ONLINE_WORDS[defaultOnlineType]}`,
  ].join(", ");

const initialConfiguration = (
  isStaticRam: boolean,
  place: Alignment,
  node: InitialFacts["node"],
  defaultOnlineType: OnlineType,
): InitialConfiguration => {
  const facts: InitialFacts = { isStaticRam, place, node, defaultOnlineType };
  return { ...facts, label: labelOf(facts), asksForAll: false };
};

/**
 * The ways in which a machine can be set up that the exhaustive search begins in: the plain one first, then each that
 * differs from it in one thing.
 *
 * Only in the plain one the environment asks for every online type: what the types do does not depend on the rest.
 */
export const INITIAL_CONFIGURATIONS: readonly InitialConfiguration[] = [
  { ...initialConfiguration(true, "aligned", 1, MMOP.ONLINE_MOVABLE), asksForAll: true },
  initialConfiguration(true, "aligned", 1, MMOP.OFFLINE),
  initialConfiguration(true, "aligned", 1, MMOP.ONLINE),
  initialConfiguration(true, "aligned", 1, MMOP.ONLINE_KERNEL),
  initialConfiguration(false, "aligned", 1, MMOP.ONLINE_MOVABLE),
  initialConfiguration(true, "unaligned", 1, MMOP.ONLINE_MOVABLE),
  initialConfiguration(true, "too small", 1, MMOP.ONLINE_MOVABLE),
  initialConfiguration(true, "aligned", "unknown", MMOP.ONLINE_MOVABLE),
  initialConfiguration(true, "aligned", "none", MMOP.ONLINE_MOVABLE),
];

/**
 * Whether an initial configuration is worth a search with several tasks: one in which the probe plugs the memory in,
 * and one in which it does not. The others differ in where the memory comes from, and races are the same in all of
 * them.
 */
export const matterToSeveral = ({ place, node, defaultOnlineType }: InitialConfiguration): boolean =>
  place === "aligned" && node === 1 && defaultOnlineType === MMOP.ONLINE_MOVABLE;

/** The initial configuration with these facts: that of the table, where it has one. */
export const initialConfigurationOf = (facts: InitialFacts): InitialConfiguration => {
  const label = labelOf(facts);
  return INITIAL_CONFIGURATIONS.find((known) => known.label === label) ?? { ...facts, label, asksForAll: true };
};

/** The range of the first region. */
export const rangeOf = (place: Alignment | Range, { blocks }: Configuration, blockSize: number): Range => {
  if (typeof place !== "string") return place;
  const whole = blocks * blockSize;
  switch (place) {
    case "aligned":
      return { start: FIRST_REGION, size: whole };
    case "unaligned":
      return { start: FIRST_REGION + blockSize / 2, size: whole + blockSize };
    case "too small":
      return { start: FIRST_REGION + blockSize / 2, size: blockSize };
  }
};

const ascending = (one: number, other: number): number => one - other;

/**
 * The kernel as it is after boot in an initial configuration, with the regions there and no driver bound; writes them
 * to memory.
 */
export const boot = (
  k: Kernel,
  driver: Driver,
  { isStaticRam, place, node, defaultOnlineType, asksForAll }: InitialConfiguration,
  configuration: Configuration,
): void => {
  const state: KernelState = initialKernelState;
  const { blockSize } = state.memoryHotplug;
  const root: Address = driver.kernelData("iomem_resource") ?? NULL;
  const targetNode = typeof node === "number" ? node : NO_NODE;
  const isNew = targetNode !== NO_NODE && !state.numa.possible.includes(targetNode);
  const possible = isNew ? [...state.numa.possible, targetNode].sort(ascending) : state.numa.possible;
  k.state = state;
  k.shadow.restore(state.slab);
  update(k, {
    iomem: { ...state.iomem, root },
    numa: { ...state.numa, possible, targetNode, addNode: node === "none" ? NO_NODE : 0 },
    memoryHotplug: { ...state.memoryHotplug, defaultOnlineType },
    // With more than one task the types multiply what is there to explore many times over, and tell nothing of races.
    environment: { ...state.environment, asksForAll: asksForAll && (configuration.tasks ?? 1) === 1 },
  });
  const { start, size } = rangeOf(place, configuration, blockSize);
  for (let id = 0; id < configuration.regions; id += 1) {
    createRegion(k, {
      id,
      start: start + id * REGION_DISTANCE,
      size,
      isStaticRam,
      type: driver.kernelData("cxl_region_type") ?? NULL,
      bus: driver.kernelData("cxl_bus_type") ?? NULL,
    });
  }
};
