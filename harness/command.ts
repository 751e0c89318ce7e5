import type { Address } from "../abi/address.ts";
import type { Procedure } from "../models/kernel.ts";
import type { CommandFact } from "../models/observation.ts";
import type { SysramState } from "./state.ts";

/** Something that the environment does, chosen at any time at which it is possible. */
export interface Command {
  /** What it is, for a person and for a replay token; no two commands have the same. */
  readonly label: string;
  /** What statistics count it as, where it is none of the table but drawn with a value; its label carries the value. */
  readonly family?: string;
  /** It is done at once by somebody else, also while a task of the driver sleeps. */
  readonly isInstant: boolean;
  /** A kernel worker does it, and no command of anybody's: it has no caller that it gives a result to. */
  readonly isWorkers?: true;
  /** Nobody does it who wants the memory back, so no way back leads through it. */
  readonly isInTheWay?: true;
  /** Who does it, where that is somebody who does one thing at a time: the holder of a reference, say. */
  readonly actor?: string;
  /** A device that is not freed before it ends, whatever others do: it has a reference to it. */
  keeps?(target: number): Address;
  isPossible(state: SysramState): boolean;
  /** The address or number of what it acts on; all that it takes from the state in which it begins. */
  target(state: SysramState): number;
  /** What properties are told of its end; undefined where none speaks of it. */
  fact(target: number): CommandFact | undefined;
  /** The kernel's side of it; called again to bring a suspended command back. */
  run(target: number): Procedure;
}
