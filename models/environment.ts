import type { Address } from "../abi/address.ts";

/**
 * What the world around kernel and driver holds on to: other kernel code that uses the driver's exported functions, and
 * other owners of physical addresses.
 *
 * Kept:    references to devices, taken through the driver's own function and given back with put_device(); claims on a
 *          part of a region's range.
 * Dropped: how many such users there are: one reference to a device and one claim on a region at a time; some of the
 *          online types where they would only multiply the states: see `asksForAll`, and commands.ts in harness/.
 * Source:  drivers/cxl/core/region.c and its callers.
 */
export interface EnvironmentState {
  /** Whether it asks for every online type that there is, or only for offline and online_movable. */
  readonly asksForAll: boolean;
  /** The references that are held, in the order in which they were taken. */
  readonly held: readonly HeldReference[];
  /** The claims of other owners, in the order in which they were made. */
  readonly claims: readonly Claim[];
}

/** A resource that another owner has put into a region's range. */
export interface Claim {
  /** Number of the region. */
  readonly region: number;
  readonly at: Address;
}

/** A reference to a device that came out of a function of the driver's. */
export interface HeldReference {
  /** Number of the region whose device it is. */
  readonly region: number;
  /** The structure that the driver gave. */
  readonly object: Address;
  /** The `struct device` inside. */
  readonly device: Address;
}

export const emptyEnvironment: EnvironmentState = { asksForAll: true, held: [], claims: [] };
