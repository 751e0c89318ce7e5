import { type Address, address } from "../../abi/address.ts";
import type { Memory } from "../../abi/memory.ts";
import { MEMORY_MAP } from "../../abi/memory-map.ts";
import { offsetOf, sizeOf } from "./structures.ts";

/** The functions that the kernel calls through a pointer, by the pointer's value: small numbers, as in WebAssembly. */
export const FUNCTION_POINTERS = { release: 1, store: 2, unbind: 3, "online one block": 4 } as const;

export type FunctionPointer = keyof typeof FUNCTION_POINTERS;

/** Addresses of the driver's constants and of the kernel's variables. */
export interface Constants {
  readonly nameFormat: Address;
  readonly deviceNameFormat: Address;
  readonly memoryName: Address;
  readonly deviceType: Address;
  readonly iomemResource: Address;
  readonly busType: Address;
  readonly regionType: Address;
  /** The first address behind them. */
  readonly end: Address;
}

/** The one attribute of the device. */
export const ATTRIBUTE = "hotplug";

/** Writes what never changes into fresh memory, as a linker would have placed it. */
export const placeConstants = (memory: Memory): Constants => {
  let next: number = MEMORY_MAP.dataStart;
  const place = (size: number): Address => {
    const at = address(next);
    next = Math.ceil((next + size) / 8) * 8;
    return at;
  };
  const text = (value: string): Address => {
    const at = place(value.length + 1);
    memory.setString(at, value);
    return at;
  };
  const structure = (name: string, fields: Readonly<Record<string, number>>): Address => {
    const at = place(sizeOf(name));
    for (const [field, value] of Object.entries(fields)) {
      memory.setPointer(address(at + offsetOf(name, field)), address(value));
    }
    return at;
  };
  const list = (pointers: readonly Address[]): Address => {
    const at = place((pointers.length + 1) * 8);
    for (const [index, pointer] of pointers.entries()) memory.setPointer(address(at + index * 8), pointer);
    return at;
  };

  const attribute = structure("device_attribute", { attr: text(ATTRIBUTE), store: FUNCTION_POINTERS.store });
  memory.setU32(address(attribute + offsetOf("attribute", "mode")), 0o200);
  const group = structure("attribute_group", { attrs: list([attribute]) });
  const deviceType = structure("device_type", {
    name: text("cxl_sysram"),
    groups: list([group]),
    release: FUNCTION_POINTERS.release,
  });
  return {
    nameFormat: text("cxl_sysram%d"),
    deviceNameFormat: text("sysram_region%d"),
    memoryName: text("System RAM (CXL)"),
    deviceType,
    iomemResource: structure("resource", { name: text("PCI mem") }),
    busType: structure("bus_type", { name: text("cxl") }),
    regionType: structure("device_type", { name: text("cxl_region") }),
    end: address(next),
  };
};
