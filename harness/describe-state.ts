import { count } from "../abi/count.ts";
import { describeOnlineType } from "../abi/mmop.ts";
import type { Observation } from "../models/observation.ts";
import { isPinned } from "../models/page.ts";

const hex = (value: number): string => `0x${value.toString(16)}`;

/** What is there of the driver's and of its memory, one line each: the end of a run as a person reads it. */
export const describeState = ({ kernel, resources, records }: Observation): readonly string[] => [
  ...kernel.cxlRegion.regions.map(
    ({ id, isBound, isCommitted }) =>
      `region${id}: ${isCommitted ? "committed" : "decommitted (decoders off)"}, ${isBound ? "driver bound" : "no driver bound"}`,
  ),
  ...kernel.device.devices
    .filter(({ at }) => records.some(({ device }) => device === at))
    .map(
      ({ name, isAdded, references }) =>
        `device ${name === "" ? "(unnamed)" : name}: ${isAdded ? "registered" : "not registered"}, ${count(references, "reference")}`,
    ),
  ...resources.map(
    ({ start, end, name, isNameLive }) =>
      `resource ${hex(start)}-${hex(end)} in the iomem tree, ${isNameLive ? `named "${name}"` : "its name is freed memory"}`,
  ),
  ...kernel.memoryGroup.groups.map(({ id, nid }) => {
    const blocks = kernel.memoryHotplug.blocks.filter(({ group }) => group === id).length;
    return `memory group ${id} on node ${nid}: registered, ${count(blocks, "memory block")} in it`;
  }),
  ...kernel.memoryHotplug.blocks.map(
    ({ id, state, zone }) =>
      `memory block at ${hex(id * kernel.memoryHotplug.blockSize)}: ${state === "online" ? `online (${describeOnlineType(zone)})` : "offline"}${isPinned(kernel, id) ? ", a page pinned" : ""}`,
  ),
];
