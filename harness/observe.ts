import { type Address, address } from "../abi/address.ts";
import type { Driver } from "../driver/run/driver.ts";
import { driverDevices } from "../models/device.ts";
import { endOf, hasLiveName, nameOf, resourcesOf, startOf } from "../models/iomem.ts";
import type { KernelState } from "../models/kernel.ts";
import type { DriverRecord, Observation } from "../models/observation.ts";
import { interfaceOf } from "./interface.ts";

/** Reads what properties judge out of the kernel's state and the memory as they are now. */
export const observer = (driver: Driver): ((kernel: KernelState, isAtRest: boolean) => Observation) => {
  const { memory, layout, facts } = driver;
  const { object } = interfaceOf(facts);
  const structure = object === undefined ? undefined : facts.structures[object.structure];
  const fields = structure?.fields;
  const offsetOf = (name: string, type: RegExp): number | undefined => {
    const field = fields?.[name];
    return field !== undefined && type.test(field.type) ? field.offset : undefined;
  };
  const integer = /^(int|unsigned int|u32|s32|enum mmop)$/;
  const offsets = {
    resource: offsetOf("res", /^struct resource \*$/),
    group: offsetOf("mgid", integer),
    node: offsetOf("numa_node", integer),
    lastCommand: offsetOf("last_hotplug_cmd", integer),
  };

  return (kernel, isAtRest) => {
    const view = { state: kernel, memory, layout };
    const records = driverDevices(kernel).map(({ at }): DriverRecord => {
      const base = at - (object?.deviceOffset ?? 0);
      // The driver may have devices of other kinds, which lie in no structure of this one.
      const isWhole = kernel.slab.live.some((part) => part.at === base && part.size >= (structure?.size ?? 0));
      const read = (offset: number | undefined): number | undefined =>
        offset === undefined || !isWhole ? undefined : memory.i32(address(base + offset));
      return {
        device: at,
        resource: read(offsets.resource) as Address | undefined,
        group: read(offsets.group),
        node: read(offsets.node),
        lastCommand: read(offsets.lastCommand),
      };
    });
    const resources = resourcesOf(kernel, "driver").map(({ at, site }) => ({
      at,
      start: startOf(view, at),
      end: endOf(view, at),
      name: nameOf(view, at),
      isNameLive: hasLiveName(view, at),
      site,
    }));
    return { kernel, isAtRest, resources, records };
  };
};
