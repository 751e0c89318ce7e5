/**
 * An address in the driver's linear memory: a whole number below 2^32.
 *
 * The driver's pointers are 64 bits wide; their upper half is always zero, except in error pointers.
 */
export type Address = number & { readonly __brand: "Address" };

export const NULL = 0 as Address;

/** The address that C handed over as a number. */
export const address = (value: number): Address => value as Address;

/** The address as `printk("%p")` would show it, without leading zeros. */
export const formatAddress = (at: Address): string => `0x${at.toString(16)}`;

/**
 * A physical address or size of the machine's memory, in bytes.
 *
 * Below 2^53, so that a JavaScript number holds it exactly.
 */
export type PhysicalAddress = number;
