import { type Address, address } from "../../abi/address.ts";
import type { Memory } from "../../abi/memory.ts";

const HIGH = 2 ** 32;

/** Reads and writes a buffer by C's rules. The buffer never grows, so the views are made once. */
export const linearMemory = (buffer: ArrayBuffer): Memory & { readonly bytes: Uint8Array } => {
  const bytes = new Uint8Array(buffer);
  const view = new DataView(buffer);
  const fits = (at: number, size: number): boolean => at >= 0 && at + size <= bytes.length;

  const u32 = (at: number): number => (fits(at, 4) ? view.getUint32(at, true) : 0);
  const setU32 = (at: number, value: number): void => {
    if (fits(at, 4)) view.setUint32(at, value >>> 0, true);
  };

  return {
    bytes,
    u8: (at) => bytes[at] ?? 0,
    u32,
    i32: (at) => u32(at) | 0,
    u64: (at) => u32(at + 4) * HIGH + u32(at),
    setU8: (at, value) => {
      if (fits(at, 1)) bytes[at] = value;
    },
    setU32,
    setU64: (at, value) => {
      setU32(at, value);
      setU32(at + 4, Math.floor(value / HIGH));
    },
    pointer: (at) => address(u32(at)),
    setPointer: (at, value) => {
      setU32(at, value);
      setU32(at + 4, 0);
    },
    fill: (at, length, byte) => {
      bytes.fill(byte, at, at + length);
    },
    copy: (to, from, length) => {
      bytes.copyWithin(to, from, from + length);
    },
    string: (at, limit = 4096) => {
      let text = "";
      for (let next: number = at; next < at + limit; next += 1) {
        const byte = bytes[next] ?? 0;
        if (byte === 0) break;
        text += String.fromCharCode(byte);
      }
      return text;
    },
    setString: (at, text) => {
      for (let index = 0; index < text.length; index += 1) bytes[at + index] = text.charCodeAt(index);
      if (fits(at + text.length, 1)) bytes[at + text.length] = 0;
    },
  };
};

/** The signed 64-bit word at `at`, exact below 2^53 in magnitude. */
export const readWord = (memory: Memory, at: Address): number => memory.i32(address(at + 4)) * HIGH + memory.u32(at);

/** Writes a signed 64-bit word. */
export const writeWord = (memory: Memory, at: Address, value: number): void => {
  memory.setU32(at, value % HIGH);
  memory.setU32(address(at + 4), Math.floor(value / HIGH));
};
