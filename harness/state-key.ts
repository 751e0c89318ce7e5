import type { KernelState } from "../models/kernel.ts";
import type { Observation } from "../models/observation.ts";
import type { Interner } from "./interner.ts";
import type { MemoryImage, Segment } from "./memory-image.ts";
import { type MonitorState, NOTHING_MONITORED } from "./monitors.ts";
import type { PausedTask, SysramState } from "./state.ts";

/** Writes a state as the numbers of its parts, and brings it back from them. */
export interface StateKeys {
  /** Equal states, and symmetric ones, and only those, have equal keys. */
  key(state: SysramState): string;
  /** The canonical state behind a key that `key` has given. */
  revive(key: string): SysramState;
}

/** Where the numbers of parts come from, and what is derived from parts. */
export interface StateParts {
  readonly slices: Interner;
  /** Undefined where nothing is monitored. */
  readonly monitorStates: Interner | undefined;
  /** The number of a task; equal ones are equal in all but what lies in memory, and in what follows from the rest. */
  idOfTask(task: PausedTask): number;
  /** The numbers of segments beside these tasks; equal where no future could tell the difference. */
  idsOfSegments(tasks: readonly PausedTask[], kernel: KernelState): (segment: Segment) => number;
  /** The key of the canonical state of one whose own key is given; undefined where every state is canonical. */
  readonly canonicalKey: ((state: SysramState, key: string) => string) | undefined;
  observe(kernel: KernelState, image: MemoryImage, tasks: readonly PausedTask[]): Observation;
}

/**
 * A state is some twenty parts, each of which is shared by many states: its key is their numbers (SPIN's "collapse
 * compression"). So a search needs to keep no state that waits, only its key.
 */
export const stateKeys = ({
  slices: interned,
  monitorStates,
  idOfTask,
  idsOfSegments,
  canonicalKey,
  observe,
}: StateParts): StateKeys => {
  let names: readonly (keyof KernelState)[] = [];
  const sliceOf: object[] = [];
  const segmentOf: Segment[] = [];
  const taskOf: PausedTask[] = [];
  const monitorStateOf: MonitorState[] = [];

  return {
    key: (state) => {
      const { kernel, image, tasks, monitor } = state;
      if (names.length === 0) names = Object.keys(kernel) as (keyof KernelState)[];
      const ids: number[] = [];
      for (const name of names) {
        const slice = kernel[name];
        const id = interned.idOf(slice);
        sliceOf[id] ??= slice;
        ids.push(id);
      }
      ids.push(image.segments.length);
      const idOfSegment = idsOfSegments(tasks, kernel);
      for (const segment of image.segments) {
        const id = idOfSegment(segment);
        segmentOf[id] ??= segment;
        ids.push(id);
      }
      for (const task of tasks) {
        const id = idOfTask(task);
        taskOf[id] ??= task;
        ids.push(id);
      }
      if (monitorStates !== undefined) {
        const id = monitorStates.idOf(monitor);
        monitorStateOf[id] ??= monitor;
        ids.push(id);
      }
      const key = written(ids);
      return canonicalKey === undefined ? key : canonicalKey(state, key);
    },

    revive: (key) => {
      const ids = read(key);
      // Field by field, as the states of a search are made: to the engine all of them have one shape then.
      const slices: Record<string, object> = {};
      for (let at = 0; at < names.length; at += 1) slices[names[at]!] = sliceOf[ids[at]!]!;
      const kernel = slices as unknown as KernelState;
      const segments = names.length + 1;
      const tasks = segments + ids[names.length]!;
      const end = monitorStates === undefined ? ids.length : ids.length - 1;
      const image = { segments: ids.slice(segments, tasks).map((id) => segmentOf[id]!) };
      const running = ids.slice(tasks, end).map((id) => taskOf[id]!);
      return {
        kernel,
        image,
        tasks: running,
        monitor: monitorStates === undefined ? NOTHING_MONITORED : monitorStateOf[ids[end]!]!,
        observation: observe(kernel, image, running),
      };
    },
  };
};

/** A number below this is one code unit; of a greater one the rest stands behind it. */
const LARGE = 0x8000;

/** Numbers as a string, so that equal lists and only those are equal strings. */
const written = (ids: readonly number[]): string => {
  const units: number[] = [];
  for (const id of ids) {
    if (id < LARGE) units.push(id);
    else units.push(LARGE | (id & (LARGE - 1)), id >>> 15);
  }
  return String.fromCharCode(...units);
};

const read = (key: string): readonly number[] => {
  const ids: number[] = [];
  for (let at = 0; at < key.length; at += 1) {
    const unit = key.charCodeAt(at);
    if (unit < LARGE) ids.push(unit);
    else {
      at += 1;
      ids.push((key.charCodeAt(at) << 15) | (unit & (LARGE - 1)));
    }
  }
  return ids;
};
