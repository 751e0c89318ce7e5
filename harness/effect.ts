import type { Address } from "../abi/address.ts";
import { isOfTask } from "../abi/memory-map.ts";
import type { KernelState, Site } from "../models/kernel.ts";
import type { Observation, SysramEvent } from "../models/observation.ts";
import type { Allocation, SlabState } from "../models/slab.ts";
import type { StepAccesses } from "./live-variables.ts";
import type { MemoryImage, Segment } from "./memory-image.ts";
import type { MonitorState } from "./monitors.ts";
import type { RaceAccesses, Touched } from "./races.ts";
import type { StateSight } from "./sight.ts";
import type { PausedTask, SysramState } from "./state.ts";

/** What a step of one task came to, apart from whatever it left alone. */
export interface Effect {
  /** The slices of the kernel's state that it replaced, but for the slab. */
  readonly slices: Partial<KernelState>;
  /** What it allocated and freed; undefined for nothing. */
  readonly slab: SlabChange | undefined;
  /** What it wrote that is not its task's own: segments that are new, or others than before. */
  readonly segments: readonly Segment[];
  /** The task's stack, and what is put aside of it; nothing where the task is over. */
  readonly own: readonly Segment[];
  /** Where the task stands; undefined where it is over. What it found when it began is not in it. */
  readonly task: PausedTask | undefined;
  /** Whether properties speak of the task's end, so that it has to remember what it found. */
  readonly remembers: boolean;
  /** Nothing happened yet but that it came to a wait: it may as well not have begun. */
  readonly isPremature: boolean;
  readonly events: readonly SysramEvent[];
  /** What the command gives to its caller; undefined where it has not come to its end. */
  readonly result: number | undefined;
  /** The task came to an end that properties speak of; what it found when it began is added. */
  readonly returned: Omit<Returned, "before"> | undefined;
  /** The task came to an end that no task survives. */
  readonly isDead: boolean;
  /** The call that was answered last. */
  readonly site: Site;
  readonly monitor: MonitorState;
  /** What is learned of it again beside other tasks; undefined where nothing is. */
  readonly accesses: StepAccesses | undefined;
  readonly touches: RaceAccesses | undefined;
}

type Returned = SysramEvent & { readonly kind: "returned" };

/** How a step changed what is allocated. */
export interface SlabChange {
  /** What was there before and is no more, or not as it was. */
  readonly gone: ReadonlySet<Address>;
  /** What is new, or not as it was. */
  readonly put: readonly Allocation[];
  /** All that is freed and pointed at. */
  readonly freed: SlabState["freed"];
  /** What became of each slab so far. */
  readonly after: WeakMap<SlabState, SlabState>;
}

export const slabChangeOf = (before: SlabState, after: SlabState): SlabChange | undefined =>
  before === after
    ? undefined
    : {
        gone: new Set(before.live.filter((one) => !after.live.includes(one)).map(({ at }) => at)),
        put: after.live.filter((one) => !before.live.includes(one)),
        freed: after.freed,
        after: new WeakMap(),
      };

/**
 * The kernel after a step.
 *
 * @param canonical - gives equal slabs one object
 */
export const kernelAfter = (
  before: KernelState,
  { slices, slab: change }: Effect,
  canonical: (slab: SlabState, before: SlabState) => SlabState,
): KernelState => {
  if (change === undefined) return { ...before, ...slices };
  let slab = change.after.get(before.slab);
  if (slab === undefined) {
    const live = [...before.slab.live.filter(({ at }) => !change.gone.has(at)), ...change.put];
    live.sort((one, other) => one.at - other.at);
    slab = canonical({ live, freed: change.freed }, before.slab);
    change.after.set(before.slab, slab);
  }
  return { ...before, ...slices, slab };
};

/** The memory after a step, beside these tasks; in the order in which the whole of it would be captured. */
export const imageAfter = (
  { image }: SysramState,
  sight: StateSight,
  { live }: KernelState["slab"],
  { segments, own, task: mine }: Effect,
  tasks: readonly PausedTask[],
): MemoryImage => {
  const writtenAt = (at: number): Segment | undefined => {
    for (let index = 0; index < segments.length; index += 1) if (segments[index]!.at === at) return segments[index];
    return undefined;
  };
  const after = (at: number): Segment => writtenAt(at) ?? sight.segmentAt(at)!;
  const all: Segment[] = [after(image.segments[0]!.at)];
  for (let index = 0; index < live.length; index += 1) all.push(after(live[index]!.at));
  for (const { id } of tasks) {
    if (id === mine?.id) all.push(...own);
    else for (const segment of sight.segmentsOf(id)) all.push(writtenAt(segment.at) ?? segment);
  }
  return { segments: all };
};

/** What a step of a task changed of the memory. */
export const changesOf = (
  before: StateSight,
  { segments }: MemoryImage,
  task: number,
): Pick<Effect, "segments" | "own"> => {
  const changed: Segment[] = [];
  const own: Segment[] = [];
  for (const segment of segments) {
    if (isOfTask(segment.at, task)) own.push(segment);
    else if (before.segmentAt(segment.at) !== segment) changed.push(segment);
  }
  return { segments: changed, own };
};

/**
 * The tasks after a step: those that stood still, and the one that ran.
 *
 * @param found - gives what the one that ran found when it began, as it remembers it
 */
export const tasksAfter = (
  others: readonly PausedTask[],
  { task: mine, remembers }: Effect,
  found: () => Observation,
): readonly PausedTask[] => {
  if (mine === undefined) return others;
  const kept = remembers ? { ...mine, before: found() } : mine;
  return [...others, kept].sort((one, other) => one.id - other.id);
};

/** A task that another one ran beside: what it found when it began says nothing any more. */
export const disturbed = (task: PausedTask, touched: readonly Touched[]): PausedTask => {
  if (task.isDisturbed && touched === task.touched) return task;
  if (touched !== task.touched) return { ...task, touched, before: undefined, isDisturbed: true, hadFault: false };
  let other = disturbedTasks.get(task);
  if (other === undefined) {
    other = { ...task, before: undefined, isDisturbed: true, hadFault: false };
    disturbedTasks.set(task, other);
  }
  return other;
};

const disturbedTasks = new WeakMap<PausedTask, PausedTask>();
