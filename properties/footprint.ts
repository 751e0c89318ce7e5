import type { Violation } from "../checker/transition.ts";
import type { Site } from "../models/kernel.ts";
import type { Observation } from "../models/observation.ts";
import { driverAllocations } from "../models/slab.ts";
import { keptBlocks, siteName } from "./sysram-property.ts";

/**
 * What a driver has of the kernel's: the things that a failed operation must leave as it found them.
 *
 * Left out is what the kernel itself may leave behind when it fails to undo its own work (a block that stays offline),
 * and what it keeps for good by design (memory types on its default list).
 */
interface Thing {
  /** What it is, without addresses. */
  readonly object: string;
  /** What tells it from others of its kind. */
  readonly identity: string;
  readonly site: Site;
}

const SYSTEM_MEMORY = "system memory";

const thingsIn = ({ kernel, resources, records }: Observation): readonly Thing[] => [
  ...driverAllocations(kernel.slab)
    .filter(({ at }) => !resources.some((resource) => resource.at === at))
    .map(({ at, function: name, site }) => ({ object: `the memory from ${name}()`, identity: String(at), site })),
  ...kernel.device.devices
    .filter(({ at }) => records.some(({ device }) => device === at))
    .map(({ at, isAdded, site }) => ({ object: "the device", identity: `${at} ${isAdded}`, site })),
  ...kernel.devres.entries.map(({ device, data, site }) => ({
    object: "the managed resource",
    identity: `${device} ${data}`,
    site,
  })),
  ...resources.map(({ at, site }) => ({ object: "the resource", identity: String(at), site })),
  ...kernel.memoryGroup.groups.map(({ id, site }) => ({ object: "the memory group", identity: String(id), site })),
  ...kernel.memoryTier.nodes.map(({ nid, count }) => ({
    object: "the node's memory type",
    identity: `${nid} ${count}`,
    site: 0,
  })),
  ...kernel.memoryHotplug.blocks.map(({ id, site }) => ({ object: SYSTEM_MEMORY, identity: String(id), site })),
];

const SLICES = ["slab", "device", "devres", "iomem", "memoryGroup", "memoryTier", "memoryHotplug"] as const;

/** What rightly stays for as long as system memory does: what stands behind it. */
const STANDS_BEHIND_MEMORY: ReadonlySet<string> = new Set(["the resource", "the memory group"]);

/** What an operation that failed left behind or took away, as violations: one for each kind of thing and its origin. */
export const changedFootprint = (before: Observation, after: Observation, operation: string): readonly Violation[] => {
  // Most operations that fail have changed nothing, and equal slices are mostly one object.
  if (SLICES.every((slice) => before.kernel[slice] === after.kernel[slice])) return [];
  const had = thingsIn(before);
  const has = thingsIn(after);
  const isIn = (list: readonly Thing[], { object, identity }: Thing): boolean =>
    list.some((other) => other.object === object && other.identity === identity);
  const newlyKept = keptBlocks(after).filter(
    ({ id }) => !before.kernel.memoryHotplug.blocks.some((block) => block.id === id),
  );
  // With memory that could not be removed stays all that belongs to it.
  const left = newlyKept.length > 0 ? [] : has.filter((thing) => !isIn(had, thing));
  const gone = had.filter((thing) => !isIn(has, thing));
  const isMemoryLeft = left.some(({ object }) => object === SYSTEM_MEMORY);
  const changes = [
    ...left
      .filter(({ object }) => !isMemoryLeft || !STANDS_BEHIND_MEMORY.has(object))
      .map((thing) => ({ thing, what: "left", end: " behind" })),
    // What changed shows on both sides; once is enough.
    ...gone
      .filter(({ object }) => !left.some((other) => other.object === object))
      .map((thing) => ({ thing, what: "took", end: " away" })),
  ];
  const found = new Map<string, Violation>();
  for (const { thing, what, end } of changes) {
    const { object, site } = thing;
    const violation = { object, site: siteName(site), detail: `${operation} failed and ${what} ${object}${end}` };
    found.set(`${object} ${site}`, violation);
  }
  return [...found.values()];
};
