import type { Address } from "./address.ts";

/**
 * The linear memory that driver and kernel share, read and written by C's rules: little endian, LP64.
 *
 * A read outside the memory gives zero and a write there is dropped: the model never throws on a driver's pointer.
 */
export interface Memory {
  u8(at: Address): number;
  u32(at: Address): number;
  i32(at: Address): number;
  /** An unsigned 64-bit word, exact below 2^53. */
  u64(at: Address): number;
  setU8(at: Address, value: number): void;
  setU32(at: Address, value: number): void;
  setU64(at: Address, value: number): void;
  /** A pointer, whose upper half C leaves at zero. */
  pointer(at: Address): Address;
  setPointer(at: Address, value: Address): void;
  fill(at: Address, length: number, byte: number): void;
  copy(to: Address, from: Address, length: number): void;
  /** The bytes up to the first NUL, at most `limit` of them, as Latin-1 text. */
  string(at: Address, limit?: number): string;
  /** Writes `text` and a NUL. */
  setString(at: Address, text: string): void;
}

/** Where the fields of C structures lie, as the compiler laid them out. */
export interface Layout {
  /** Offset of `field` in `struct structure`, in bytes; undefined where there is no such field. */
  offset(structure: string, field: string): number | undefined;
  /** Size of `struct structure` in bytes; undefined where it is not known. */
  size(structure: string): number | undefined;
}
