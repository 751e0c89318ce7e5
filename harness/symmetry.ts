import { HEAP_END, isOfTask, MEMORY_MAP, TASK_AREA } from "../abi/memory-map.ts";
import { ExactSet } from "../checker/exact-set.ts";
import type { Refinement } from "../checker/refinement.ts";
import type { KernelState } from "../models/kernel.ts";
import { firstOf, isPair, secondOf } from "../models/pair.ts";
import { type Allocation, type Freed, slotSizeOf } from "../models/slab.ts";
import { byControlLocation } from "./control-location.ts";
import { numbering } from "./interner.ts";
import type { Segment } from "./memory-image.ts";
import type { SysramState } from "./state.ts";

/**
 * Symmetry reduction: takes states for one that differ only in where the objects of the heap lie, and in the numbers of
 * tasks.
 *
 * A device that was probed beside a dead one lies in another slot than one that was probed alone, and stays there when the
 * dead one is gone. No driver does anything else for it. Of all states that can be made one by moving objects, the
 * canonical one is the first that the search has met, and it alone is followed; it is a state of the system like any
 * other, and no memory is ever changed for it.
 *
 * Objects are numbered as they are spoken of: by the kernel's state, the driver's variables, the tasks, and by objects that have
 * a number. Lists that are kept by address, and that nobody goes through in that order, are put in order by what else their
 * records say; records that nothing but addresses tells apart keep theirs, so that some states that could be one are not.
 *
 * Tasks are taken in the order of where they stand, so states that differ in who of them has which number are one, too. What can
 * be done is told in that order (control-location.ts), so that a run to the one is a run to the other.
 *
 * It rests on two assumptions: a driver makes nothing of addresses but to follow and to compare them for being equal; and two
 * states do not differ by chance in a number that is no address just as they would if it were one.
 *
 * Source: C. N. Ip, D. L. Dill, "Better verification through symmetry", FMSD 1996; R. Iosif, "Symmetry reduction criteria for
 * software model checking", SPIN 2002 (heaps).
 */
export interface SymmetryReduction extends Refinement {
  /** The key of the canonical state of this one, whose own key is given. */
  canonicalKey(state: SysramState, key: string): string;
}

/** How the words of the segments of a state are told apart. */
export interface SegmentWords {
  /** Equal for segments that no future could tell from each other. */
  idOf(segment: Segment): number;
  /** The words, "" for each that makes no difference. */
  wordsOf(segment: Segment): readonly (number | "")[];
}

/** Something written down without its addresses in the heap, which follow in the order in which they stand in it. */
interface Outline {
  /** The same number for the same text. */
  readonly text: number;
  readonly addresses: readonly number[];
}

/** Something that lies in the heap, or lay there and is still pointed at. */
interface Thing {
  readonly at: number;
  /** The end of its slot, and of the gap behind it. */
  readonly end: number;
  readonly record: Outline;
  /** What it holds; undefined where it was freed. */
  readonly content: Outline | undefined;
}

/**
 * Lists that the kernel keeps by address, or by the number of a task, and that nobody goes through in that order: works that are
 * pending are not among them, and devices only where there is nothing to choose (see below).
 */
const UNORDERED: Partial<Record<keyof KernelState, readonly string[]>> = {
  device: ["devices"],
  sysfs: ["attributes"],
  memoryTier: ["types"],
  lock: ["held"],
  workqueue: ["disabled", "queues"],
  kernfs: ["active"],
  signal: ["pending", "workers"],
};

/** A slice of the kernel's state: its lists by address record by record, and the rest. */
interface SliceOutline {
  readonly rest: Outline;
  readonly lists: readonly (readonly Outline[])[];
}

/** More than any object is wide, with the gap behind it. */
const WIDTH = 2 ** 14;
/** Added to numbers that are no addresses of objects. */
const NO_OBJECT = 2 ** 40;

/** Whether a number may be an address that is another one where objects lie elsewhere, or tasks have other numbers. */
const isPlace = (value: unknown): value is number =>
  typeof value === "number" && value >= MEMORY_MAP.tasksStart && value < HEAP_END;

/** Stands for a task, where an address is expected. */
const placeOfTask = (task: number): number => -1 - task;

/** Fields that hold the number of a task, or several. */
const TASK_FIELDS: ReadonlySet<string> = new Set(["task", "holders", "workers"]);

/** Of the answers that a procedure has had, some are two addresses in one number. */
const apart = (answers: readonly number[]): readonly unknown[] =>
  answers.map((answer) => (isPair(answer) ? { first: firstOf(answer), second: secondOf(answer) } : answer));

const withTasks = (field: string, value: unknown): unknown => {
  if (field === "answers") return apart(value as readonly number[]);
  if (!TASK_FIELDS.has(field)) return value;
  if (typeof value === "number") return { ofTask: value };
  return Array.isArray(value) ? value.map((task: number) => ({ ofTask: task })) : value;
};

export const symmetryReduction = (wordsIn: (state: SysramState) => SegmentWords): SymmetryReduction => {
  // What was written down stays true; which states are canonical does not.
  const numberOfText = numbering();
  const outlines = new WeakMap<object, Outline>();
  const sliceOutlines = new WeakMap<object, SliceOutline>();
  const segmentOutlines = new Map<number, Outline>();
  const numberOfPart = numbering();
  let contents = new ExactSet();
  let followed = new ExactSet();
  let met = new ExactSet();
  /** For each key that was met the number of its canonical state, among those that are followed. */
  let canonical: number[] = [];

  const outlineOf = (value: unknown): Outline => {
    const addresses: number[] = [];
    const text = JSON.stringify(value, (field, part: unknown) => {
      if (field === "ofTask") addresses.push(placeOfTask(part as number));
      else if (isPlace(part)) addresses.push(part);
      else return withTasks(field, part);
      return "@";
    });
    return { text: numberOfText(text ?? ""), addresses };
  };

  /** The outline of something that is met again and again; of what `of` makes of it, always the same. */
  const known = <Value extends object>(value: Value, of: (value: Value) => unknown = (same) => same): Outline => {
    let outline = outlines.get(value);
    if (outline === undefined) {
      outline = outlineOf(of(value));
      outlines.set(value, outline);
    }
    return outline;
  };

  const outlineOfSlice = (name: keyof KernelState, slice: object): SliceOutline => {
    let outline = sliceOutlines.get(slice);
    if (outline === undefined) {
      const lists = name === "device" && isOrderSeen(slice as KernelState["device"]) ? [] : (UNORDERED[name] ?? []);
      const fields = Object.entries(slice);
      outline = {
        rest: outlineOf(fields.filter(([field]) => !lists.includes(field))),
        lists: fields
          .filter(([field]) => lists.includes(field))
          .map(([field, list]) => (withTasks(field, list) as unknown[]).map(outlineOf)),
      };
      sliceOutlines.set(slice, outline);
    }
    return outline;
  };

  const outlineOfSegment = (segment: Segment, words: SegmentWords): Outline => {
    const id = words.idOf(segment);
    let outline = segmentOutlines.get(id);
    if (outline === undefined) {
      outline = outlineOf(words.wordsOf(segment));
      segmentOutlines.set(id, outline);
    }
    return outline;
  };

  const thingOf = (record: Allocation | Freed, content?: Outline): Thing => {
    const { at, size } = record;
    return { at, end: at + 2 * slotSizeOf(size), record: known(record, withoutPlace), content };
  };

  const thingsIn = ({ kernel: { slab }, image }: SysramState, words: SegmentWords): readonly Thing[] => {
    const live = slab.live.map((record, index) => thingOf(record, outlineOfSegment(image.segments[index + 1]!, words)));
    if (slab.freed.length === 0) return live;
    const freed = slab.freed.map((record) => thingOf(record));
    return [...live, ...freed].sort((one, other) => one.at - other.at);
  };

  /** A state as a list of numbers, the same for all that differ in places alone. */
  const contentOf = (state: SysramState): string => {
    const { kernel, image, monitor } = state;
    const tasks = byControlLocation(state.tasks);
    const words = wordsIn(state);
    const things = thingsIn(state, words);
    const numbers = new Int32Array(things.length).fill(-1);
    const order: number[] = [];

    const thingAt = (address: number): number => {
      let low = 0;
      let high = things.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (things[middle]!.at <= address) low = middle;
        else high = middle - 1;
      }
      const thing = things[low];
      return thing !== undefined && address >= thing.at && address < thing.end ? low : -1;
    };
    const visit = ({ addresses }: Outline): void => {
      for (let index = 0; index < addresses.length; index += 1) {
        const thing = thingAt(addresses[index]!);
        if (thing === -1 || numbers[thing] !== -1) continue;
        numbers[thing] = order.length;
        order.push(thing);
      }
    };
    let visited = 0;
    const visitAll = (): void => {
      for (; visited < order.length; visited += 1) {
        const { record, content } = things[order[visited]!]!;
        visit(record);
        if (content !== undefined) visit(content);
      }
    };
    /** What can be said of an outline before things have numbers. */
    const described = ({ text, addresses }: Outline): string => {
      let told = String(text);
      for (const address of addresses) {
        const thing = thingAt(address);
        told += thing === -1 ? ` ${ranked(address)}` : ` ${things[thing]!.record.text}+${address - things[thing]!.at}`;
      }
      return told;
    };
    const inOrder = (records: readonly Outline[]): readonly Outline[] => {
      if (records.length < 2) return records;
      return records
        .map((record) => ({ record, told: described(record) }))
        .sort(byWhatIsTold)
        .map(({ record }) => record);
    };
    const coded = ({ text, addresses }: Outline): string => {
      let code = String(text);
      for (let index = 0; index < addresses.length; index += 1) {
        const address = addresses[index]!;
        const thing = thingAt(address);
        code += `,${thing === -1 ? NO_OBJECT + ranked(address) : numbers[thing]! * WIDTH + address - things[thing]!.at}`;
      }
      return code;
    };

    /** The same place of the task that has this one's rank for its number. */
    const ranked = (place: number): number => {
      if (place >= MEMORY_MAP.heapStart) return place;
      if (place < 0) return placeOfTask(rankOf(-1 - place));
      const task = Math.floor((place - MEMORY_MAP.tasksStart) / TASK_AREA);
      return place + (rankOf(task) - task) * TASK_AREA;
    };
    /** Numbers that no task has now come behind all others. */
    const rankOf = (task: number): number => {
      const rank = tasks.findIndex(({ id }) => id === task);
      return rank === -1 ? tasks.length + task - tasks.filter(({ id }) => id < task).length : rank;
    };

    const slices: SliceOutline[] = [];
    for (const name in kernel) {
      if (name === "slab") continue;
      const slice = outlineOfSlice(name as keyof KernelState, kernel[name as keyof KernelState]);
      slices.push(slice);
      visit(slice.rest);
      for (const list of slice.lists) for (const record of inOrder(list)) visit(record);
    }
    const ofTasks = image.segments.slice(kernel.slab.live.length + 1);
    const segments = [image.segments[0]!, ...tasks.flatMap(({ id }) => ofTasks.filter(({ at }) => isOfTask(at, id)))];
    const outlinesOfSegments = segments.map((segment) => outlineOfSegment(segment, words));
    outlinesOfSegments.forEach(visit);
    const outlinesOfTasks = tasks.map((task) => known(task, taskContent));
    outlinesOfTasks.forEach(visit);
    visitAll();
    if (order.length < things.length) {
      const rest = things.map((thing, index) => ({ thing, index })).filter(({ index }) => numbers[index] === -1);
      const told = rest.map(({ thing, index }) => {
        const content = thing.content === undefined ? "" : described(thing.content);
        return { index, told: `${described(thing.record)} ${content}` };
      });
      told.sort(byWhatIsTold);
      for (const { index } of told) {
        if (numbers[index] !== -1) continue;
        numbers[index] = order.length;
        order.push(index);
        visitAll();
      }
    }

    const ids: number[] = [order.length, tasks.length];
    const put = (code: string): void => {
      ids.push(numberOfPart(code));
    };
    for (const { rest, lists } of slices) {
      put(coded(rest));
      for (const list of lists) put(list.map(coded).sort().join(" "));
    }
    for (const thing of order) {
      const { record, content } = things[thing]!;
      put(`${coded(record)} ${content === undefined ? "" : coded(content)}`);
    }
    for (const [index, segment] of segments.entries())
      put(`${ranked(segment.at)} ${coded(outlinesOfSegments[index]!)}`);
    for (const outline of outlinesOfTasks) put(coded(outline));
    put(coded(known(monitor)));
    return ids.map((id) => String.fromCharCode(id & 0xffff, id >>> 16)).join("");
  };

  const forget = (): void => {
    contents = new ExactSet();
    followed = new ExactSet();
    met = new ExactSet();
    canonical = [];
  };

  return {
    canonicalKey: (state, key) => {
      const { size } = met;
      const place = met.enter(key);
      if (place < size) return followed.keyOf(canonical[place]!);
      const number = contents.enter(contentOf(state));
      if (number === followed.size) followed.enter(key);
      canonical[place] = number;
      return followed.keyOf(number);
    },
    refuted: 0,
    refine: forget,
    save: () => undefined,
    restore: forget,
  };
};

const withoutPlace = ({ at: _, ...record }: Allocation | Freed): object => record;

interface Told {
  readonly told: string;
}

const byWhatIsTold = (one: Told, other: Told): number => (one.told < other.told ? -1 : one.told > other.told ? 1 : 0);

/** Whether whoever visits the children of a device, or the devices of a bus, may find two of a driver's in the order of their places. */
const isOrderSeen = ({ devices }: KernelState["device"]): boolean =>
  devices.filter(({ isFindable, isEnvironment }) => isFindable && !isEnvironment).length > 1;

/** All of a task but what follows from the rest. */
const taskContent = ({ before, wait: _, id, ...others }: SysramState["tasks"][number]): object => {
  const rest = { ...others, task: id };
  if (before === undefined) return rest;
  const records = before.records.map(({ device, resource, group, node }) => ({ device, resource, group, node }));
  return { ...rest, before: { kernel: before.kernel, records } };
};
