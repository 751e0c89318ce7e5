import { type Address, address } from "../abi/address.ts";
import type { Driver } from "../driver/run/driver.ts";
import { driverDevices } from "../models/device.ts";
import { endOf, hasLiveName, nameOf, resourcesOf, startOf } from "../models/iomem.ts";
import type { KernelState } from "../models/kernel.ts";
import type { DriverRecord, Observation } from "../models/observation.ts";
import { checkedMemory } from "./checked-memory.ts";
import { interfaceOf } from "./interface.ts";
import type { Looking } from "./live-words.ts";

/** Reads what properties judge; `looksAt` is told of the driver's memory that this depends on. */
export type Observe = (kernel: KernelState, isAtRest: boolean, looksAt?: Looking) => Observation;

/** What is seen of an observation from later on: all of it but what is looked at when it is new, or never. */
export const remembered = (observation: Observation): Observation => ({
  ...observation,
  // Not by spreading: that would look at it.
  records: observation.records.map(({ device, resource, group, node }) => ({
    device,
    resource,
    group,
    node,
    lastCommand: undefined,
  })),
});

/** Reads out of the kernel's state and the memory as they are now. */
export const observer = (driver: Driver): Observe => {
  const { layout, facts } = driver;
  let told: Looking | undefined;
  const mayAccess = (at: number, length: number): boolean => {
    told?.(at, length);
    return true;
  };
  const watched = checkedMemory(driver.memory, { mayAccess, copy: () => {} }, () => true);
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

  return (kernel, isAtRest, looksAt) => {
    told = looksAt;
    const memory = looksAt === undefined ? driver.memory : watched;
    const view = { state: kernel, memory, layout };
    const records = driverDevices(kernel).map(({ at }): DriverRecord => {
      const base = at - (object?.deviceOffset ?? 0);
      // The driver may have devices of other kinds, which lie in no structure of this one.
      const isWhole = kernel.slab.live.some((part) => part.at === base && part.size >= (structure?.size ?? 0));
      const read = (offset: number | undefined): number | undefined =>
        offset === undefined || !isWhole ? undefined : memory.i32(address(base + offset));
      const record = {
        device: at,
        resource: read(offsets.resource) as Address | undefined,
        group: read(offsets.group),
        node: read(offsets.node),
      };
      if (looksAt === undefined || !isWhole || offsets.lastCommand === undefined) {
        return { ...record, lastCommand: read(offsets.lastCommand) };
      }
      // Most never look at it, and what nobody looks at need not tell states from each other.
      const place = base + offsets.lastCommand;
      const lastCommand = driver.memory.i32(address(place));
      return {
        ...record,
        get lastCommand() {
          looksAt(place, 4, true);
          return lastCommand;
        },
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
