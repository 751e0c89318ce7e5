import { describeOnlineType } from "../abi/mmop.ts";
import type { Observation } from "../models/observation.ts";

const hex = (value: number): string => `0x${value.toString(16)}`;

/**
 * What a person can see of the machine from user space, one line each: regions, registered devices, the driver's
 * entries in /proc/iomem, memory blocks.
 *
 * References, memory groups and allocations are left out: nobody sees them there. So are the files of a device, because
 * what can be done with them is compared by doing it.
 */
export const visibleState = ({ kernel, resources }: Observation): readonly string[] => [
  ...kernel.cxlRegion.regions.map(
    ({ id, isBound, isCommitted }) =>
      `region${id}: ${isCommitted ? "committed" : "decommitted"}, ${isBound ? "driver bound" : "no driver bound"}`,
  ),
  ...kernel.device.devices
    .filter(({ isAdded, isEnvironment }) => isAdded && !isEnvironment)
    .map(({ name }) => `device ${name}`)
    .sort(),
  ...resources
    .map(({ start, end, name, isNameLive }) => `${hex(start)}-${hex(end)} : ${isNameLive ? name : "(freed memory)"}`)
    .sort(),
  ...kernel.memoryHotplug.blocks.map(
    ({ id, state, zone }) => `memory${id}: ${state === "online" ? `online (${describeOnlineType(zone)})` : "offline"}`,
  ),
];
