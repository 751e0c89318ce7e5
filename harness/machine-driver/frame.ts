import { type Address, address } from "../../abi/address.ts";
import type { Memory } from "../../abi/memory.ts";
import { readWord, writeWord } from "../../driver/run/linear-memory.ts";

/**
 * What one activation of a machine's driver knows, in the task's stack.
 *
 * It lies where C would keep its local variables, so that a copy of the memory is all that is needed to bring a
 * suspended activation back. It begins with a link of the chain that backtraces are read from: the frame before, and
 * the call site that is open.
 */
export interface Frame {
  readonly at: Address;
  get(name: Variable): number;
  set(name: Variable, value: number): void;
  /** The address of a variable, to be passed to the kernel. */
  addressOf(name: Variable): Address;
}

const OFFSETS = {
  previous: 0,
  site: 4,
  /** Which function of the driver it is. */
  entry: 8,
  /** The place in the work of a state, or of a function that is no part of the life. */
  step: 16,
  /** Where the machine stands. */
  configuration: 24,
  /** What is returned: the first error. */
  result: 32,
  sysram: 40,
  region: 48,
  /** The other arguments of the function. */
  argument: 56,
  start: 64,
  end: 72,
  node: 80,
  "online type": 88,
  /** What a call gave that more calls have to follow. */
  outcome: 96,
  "format arguments": 104,
  /** Room for a device's name. */
  text: 112,
} as const;

export type Variable = keyof typeof OFFSETS;

/** The slots of a call of the kernel: its result and up to seven arguments. */
const SLOTS_SIZE = 64;

const FRAME_SIZE = 144;

/** How much of the stack an activation takes. */
export const ACTIVATION_SIZE = SLOTS_SIZE + FRAME_SIZE;

/** Where the slots of the open call lie, beneath a frame. */
export const slotsOf = (frame: Address): Address => address(frame - SLOTS_SIZE);

/** The frame of the activation whose stack pointer this is. */
export const frameAbove = (stack: Address): Address => address(stack + SLOTS_SIZE);

const isHalf = (name: Variable): boolean => name === "previous" || name === "site";

export const frameAt = (memory: Memory, at: Address): Frame => ({
  at,
  get: (name) => {
    const place = address(at + OFFSETS[name]);
    return isHalf(name) ? memory.u32(place) : readWord(memory, place);
  },
  set: (name, value) => {
    const place = address(at + OFFSETS[name]);
    if (isHalf(name)) memory.setU32(place, value);
    else writeWord(memory, place, value);
  },
  addressOf: (name) => address(at + OFFSETS[name]),
});
