import type { Activation } from "../driver/run/driver.ts";
import type { EndedBy, KernelState, Site } from "../models/kernel.ts";
import type { Observation } from "../models/observation.ts";
import type { ListensTo } from "../models/signal.ts";
import type { MemoryImage } from "./memory-image.ts";
import type { MonitorState } from "./monitors.ts";
import type { Touched } from "./races.ts";
import type { OwnMemory } from "./reduction.ts";

/** The whole machine at one instant: kernel, driver, and the commands that are not finished yet. */
export interface SysramState {
  readonly kernel: KernelState;
  readonly image: MemoryImage;
  /** The tasks that sleep or wait, by number. */
  readonly tasks: readonly PausedTask[];
  /** Where the monitors stand. */
  readonly monitor: MonitorState;
  /** Derived from all the above, for properties. */
  readonly observation: Observation;
}

/** A command that has begun and is not finished. */
export interface PausedTask {
  readonly id: number;
  /** The place of its command in the table of commands. */
  readonly command: number;
  /** What it acts on. */
  readonly target: number;
  /** What could be seen when it began; undefined where no property speaks of its end. */
  readonly before: Observation | undefined;
  readonly layers: readonly Layer[];
  /** What it waits for; undefined where it could go on at any time. Follows from the layers. */
  readonly wait: Wait | undefined;
  /** What it has touched since its latest call of the kernel. */
  readonly touched: readonly Touched[];
  /** The memory whose address nobody else has. */
  readonly own: readonly OwnMemory[];
  /** Whether another command was under way at any time since it began. */
  readonly isDisturbed: boolean;
  /**
   * Whether a fault was injected into it, where a property speaks of its end and nothing ran beside it; not how many, or a
   * driver that tries again would never come back to a state.
   */
  readonly hadFault: boolean;
  /** The different errors that kernel calls gave it, and whether it has got over them, under the same condition. */
  readonly errors: readonly number[];
  readonly isOver: boolean;
}

/**
 * A part of a paused task, which is a pile of layers.
 *
 * At the bottom stands the command that the environment gave; above it the driver's C that the command called,
 * suspended in a call of the kernel; above that the kernel's procedure that answers the call, which may call the driver
 * again; and so on. A layer is plain data: C is its activation (the rest lies in the linear memory), a procedure is the
 * list of answers that it has had.
 */
export type Layer =
  | { readonly kind: "procedure"; readonly answers: readonly number[] }
  | { readonly kind: "driver"; readonly activation: Activation };

/** What a task waits for. */
export interface Wait {
  /** The kernel function that waits. */
  readonly reason: string;
  isReady(state: KernelState): boolean;
  /** The signals that end it. */
  readonly listensTo: ListensTo;
  readonly endedBy: EndedBy;
  /** The call in the driver that waits; 0 where the kernel does on its own. */
  readonly site: Site;
}

/** What may happen next. */
export type SysramAction =
  | { readonly kind: "start"; readonly command: number }
  | { readonly kind: "continue"; readonly task: number }
  /** A signal ends the wait of a task, which goes on. */
  | { readonly kind: "signal"; readonly task: number };

/** The least number that no task has which is under way. */
export const freeTask = (tasks: readonly PausedTask[]): number => {
  let id = 0;
  while (tasks.some((task) => task.id === id)) id += 1;
  return id;
};
