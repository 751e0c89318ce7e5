import type { Address } from "../abi/address.ts";
import type { Memory } from "../abi/memory.ts";
import type { AccessKind, ShadowMemory } from "../models/shadow-memory.ts";

/** Told of an access that the shadow memory does not allow; whether it may be made all the same. */
export type OnFault = (at: number, length: number, kind: AccessKind) => boolean;

/**
 * The memory as the models use it: what they read and write on behalf of the driver is checked as the driver's own loads and
 * stores are.
 *
 * Filling is the allocator's, which hands out and takes back, and is not checked.
 */
export const checkedMemory = (
  memory: Memory,
  shadow: Pick<ShadowMemory, "mayAccess" | "copy">,
  onFault: OnFault,
): Memory => {
  const check = (at: number, length: number, kind: AccessKind): boolean =>
    shadow.mayAccess(at, length, kind) || onFault(at, length, kind);
  const reads =
    (read: (at: Address) => number, length: number) =>
    (at: Address): number => {
      check(at, length, "read");
      return read(at);
    };
  const writes =
    <T>(write: (at: Address, value: T) => void, length: number) =>
    (at: Address, value: T): void => {
      if (check(at, length, "write")) write(at, value);
    };
  return {
    ...memory,
    u8: reads(memory.u8, 1),
    u32: reads(memory.u32, 4),
    i32: reads(memory.i32, 4),
    u64: reads(memory.u64, 8),
    setU8: writes(memory.setU8, 1),
    setU32: writes(memory.setU32, 4),
    setU64: writes(memory.setU64, 8),
    setPointer: writes(memory.setPointer, 8),
    pointer: (at) => {
      check(at, 8, "read");
      return memory.pointer(at);
    },
    copy: (to, from, length) => {
      check(from, length, "touch");
      if (!check(to, length, "write")) return;
      memory.copy(to, from, length);
      shadow.copy(to, from, length);
    },
    string: (at, limit = 4096) => {
      const text = memory.string(at, limit);
      check(at, Math.min(text.length + 1, limit), "read");
      return text;
    },
    setString: (at, text) => {
      if (check(at, text.length + 1, "write")) memory.setString(at, text);
    },
  };
};
