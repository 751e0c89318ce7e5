import { address } from "../abi/address.ts";
import { count } from "../abi/count.ts";
import type { Driver } from "../driver/run/driver.ts";
import { type Allocation, allocationOf } from "../models/slab.ts";
import { interfaceOf } from "./interface.ts";

/** What a person calls the places in a driver's memory. */
export interface MemoryNames {
  /** The variable, the field or the allocation that an address lies in: `res of struct cxl_sysram`. */
  nameOf(live: readonly Allocation[], at: number): string;
  /** The same of some bytes: where they are not all of what has the name, which of it they are. */
  describe(live: readonly Allocation[], at: number, length: number): string;
}

interface Named {
  readonly name: string;
  readonly at: number;
  /** Bytes. */
  readonly size: number;
  /** Whether it is named well enough without saying which bytes are meant. */
  readonly isField: boolean;
}

/**
 * Names what lies at an address.
 *
 * The fields that are known are those of the structure around the driver's device, by its size: an allocation of another size
 * is named by the function that gave it.
 */
export const memoryNames = (driver: Driver): MemoryNames => {
  const { object } = interfaceOf(driver.facts);
  const structure = object === undefined ? undefined : driver.facts.structures[object.structure];

  const find = (live: readonly Allocation[], at: number): Named | undefined => {
    const variable = driver.variables.find((each) => at >= each.at && at < each.at + each.size);
    if (variable !== undefined) return { name: variable.name, at: variable.at, size: variable.size, isField: false };
    const allocation = allocationOf({ live }, address(at));
    if (allocation === undefined) return undefined;
    const { at: start, size, function: allocator } = allocation;
    if (object === undefined || structure === undefined || structure.size !== size) {
      return { name: `the memory from ${allocator}()`, at: start, size, isField: false };
    }
    const offset = at - start;
    const field = Object.entries(structure.fields).find(
      ([, each]) => offset >= each.offset && offset < each.offset + each.size,
    );
    const name = `struct ${object.structure}`;
    if (field === undefined) return { name, at: start, size, isField: false };
    return { name: `${field[0]} of ${name}`, at: start + field[1].offset, size: field[1].size, isField: true };
  };

  return {
    nameOf: (live, at) => find(live, at)?.name ?? "memory",
    describe: (live, at, length) => {
      const found = find(live, at);
      if (found === undefined) return `${count(length, "byte")} that nobody has allocated`;
      if (found.isField || (found.at === at && found.size === length)) return found.name;
      return `${count(length, "byte")} at offset ${at - found.at} of ${found.name}`;
    },
  };
};
