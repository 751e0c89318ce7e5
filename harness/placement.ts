import { HEAP_END, MEMORY_MAP } from "../abi/memory-map.ts";
import { type Allocation, type Freed, slotSizeOf } from "../models/slab.ts";
import type { Segment } from "./memory-image.ts";
import type { Learning } from "./reduction.ts";
import type { SysramState } from "./state.ts";

/**
 * Takes states for one that differ only in where the objects of the heap lie.
 *
 * A device that was probed beside a dead one lies in another slot than one that was probed alone, and stays there when the
 * dead one is gone. No driver does anything else for it. So of all states at rest that can be made one by moving
 * objects, the search follows the first one that it has met; it is a state of the system like any other, and no memory is ever
 * changed for it. With commands under way it is not looked for: what they can come to, they come to from states at rest.
 *
 * It rests on two assumptions: a driver makes nothing of addresses but to follow and to compare them for being equal; and two
 * states do not differ by chance in a number that is no address just as they would if it were one.
 *
 * Source: C. N. Ip, D. L. Dill, "Better verification through symmetry", FMSD 1996; R. Iosif, "Symmetry reduction criteria for
 * software model checking", SPIN 2002 (heaps).
 */
export interface Placement extends Learning {
  /** The key of the state that stands for this one, whose own key is given. */
  representative(state: SysramState, key: string): string;
}

/** Something that lies in the heap, or lay there and is still pointed at. */
interface PlacedThing {
  readonly record: Allocation | Freed;
  /** What can be said of it without its address. */
  readonly description: string;
}

/** The words of a segment, "" for each that makes no difference. */
type WordsOf = (segment: Segment) => readonly (number | "")[];

export const placement = (wordsIn: (state: SysramState) => WordsOf): Placement => {
  const byKey = new Map<string, string>();
  const byContent = new Map<string, string>();
  const forget = (): void => {
    byKey.clear();
    byContent.clear();
  };
  return {
    representative: (state, key) => {
      let found = byKey.get(key);
      if (found !== undefined) return found;
      const content = contentOf(state, wordsIn(state));
      found = byContent.get(content) ?? key;
      byContent.set(content, found);
      byKey.set(key, found);
      return found;
    },
    mistaken: 0,
    adopt: forget,
    save: () => undefined,
    restore: forget,
  };
};

/** A state at rest as text, in which an address in the heap is the number of what lies there, and how far inside. */
const contentOf = ({ kernel, image, ride }: SysramState, wordsOf: WordsOf): string => {
  const segments = new Map(image.segments.map((segment) => [segment.at as number, wordsOf(segment)]));
  const things = thingsIn(kernel.slab);
  const inWords = (name: (thing: PlacedThing) => string, at: number): string =>
    (segments.get(at) ?? []).map((word) => (word === "" ? word : named(things, word, name))).join();
  // What it holds tells one thing from another of its kind.
  const alike = new Map<string, PlacedThing[]>();
  for (const thing of things) {
    const told = `${thing.description} ${inWords((other) => other.description, thing.record.at)}`;
    alike.set(told, [...(alike.get(told) ?? []), thing]);
  }
  const numbers = new Map<PlacedThing, string>();
  /** Numbered as they are first spoken of. */
  const numbered = (thing: PlacedThing): string => {
    const number = numbers.get(thing) ?? `#${numbers.size}`;
    numbers.set(thing, number);
    return number;
  };
  const rename = (_: string, value: unknown): unknown =>
    typeof value === "number" ? named(things, value, numbered) : value;

  const { slab: _, device, sysfs, memoryTier, ...slices } = kernel;
  const written = (thing: PlacedThing): string =>
    `${JSON.stringify(thing.record, rename)} ${inWords(numbered, thing.record.at)}`;
  const groups = [...alike.keys()].sort().map((told) => alike.get(told)!);
  const parts = groups.filter(({ length }) => length === 1).map(([thing]) => written(thing!));
  // Who is like another is told from it by who speaks of it; by its place where nobody does.
  const others = new Set(things.filter((thing) => groups.some((group) => group.length > 1 && group.includes(thing))));
  const spokenOf = [...numbers.keys()].filter((thing) => others.has(thing));
  parts.push(...[...new Set([...spokenOf, ...others])].map(written));
  const inHeap = new Set<number>(things.map(({ record }) => record.at));
  for (const at of [...segments.keys()].filter((each) => !inHeap.has(each)).sort((a, b) => a - b)) {
    parts.push(`${at} ${inWords(numbered, at)}`);
  }
  // Kept by address, so that their order tells nothing more.
  const inOrder = (records: readonly object[]): readonly string[] =>
    records.map((record) => JSON.stringify(record, rename)).sort();
  const sorted = [inOrder(device.devices), inOrder(sysfs.attributes), inOrder(memoryTier.types)];
  const rest = [memoryTier.nodes, memoryTier.cleared, slices, ride];
  parts.push(JSON.stringify([sorted, rest], rename));
  return parts.join("\n");
};

/** All that has a place in the heap, by address. */
const thingsIn = ({ live, freed }: SysramState["kernel"]["slab"]): readonly PlacedThing[] =>
  [
    ...live.map((record) => ({ record, description: kindOf(record) })),
    ...freed.map((record) => ({ record, description: `freed ${kindOf(record)} ${record.freedAt}` })),
  ].sort((a, b) => a.record.at - b.record.at);

const kindOf = ({ site, size, function: by }: Allocation | Freed): string => `${site} ${size} ${by}`;

/** A number, or what it points at and how far inside. */
const named = (
  things: readonly PlacedThing[],
  value: number,
  name: (thing: PlacedThing) => string,
): string | number => {
  if (value < MEMORY_MAP.heapStart || value >= HEAP_END) return value;
  const thing = things.findLast(({ record }) => record.at <= value);
  if (thing === undefined) return value;
  const inside = value - thing.record.at;
  // A slot, and the gap behind it.
  return inside >= 2 * slotSizeOf(thing.record.size) ? value : `${name(thing)}+${inside}`;
};
