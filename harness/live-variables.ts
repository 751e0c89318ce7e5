import { HEAP_END, isHeap, MEMORY_MAP } from "../abi/memory-map.ts";
import type { Refinement } from "../checker/refinement.ts";
import type { KernelState } from "../models/kernel.ts";
import { controlLocationOf } from "./control-location.ts";
import type { Segment } from "./memory-image.ts";
import type { PausedTask } from "./state.ts";

/**
 * Live-variable analysis of what the driver has allocated. A variable is a word of the objects of one kind.
 *
 * A variable is dead where everything that can happen writes it before it reads it, or does neither: then two states
 * that differ only there have the same future, and are one state to a search. Which variables are live is found out as
 * the search goes, apart for each place in their courses where the tasks stand: one that a step reads before it has
 * written it was live where the step began, and so was each one that is live where it ended and that it did not write.
 * That the others are dead is an assumption (refinement.ts): where it is refuted the search begins again. A word that
 * holds an address is never dead, because whatever it points to counts as referenced.
 *
 * Source: M. Bozga, J.-C. Fernandez, L. Ghirvu, "State space reduction based on live variables analysis", SAS 1999;
 * that the assumption is checked in the same search as for locks: reduction.ts.
 */
export interface LiveVariables extends Refinement {
  /** What of a state tells which variables are live there. */
  locationOf(tasks: readonly PausedTask[], kernel: KernelState): ControlLocation;
  /** A step begins. */
  begin(location: ControlLocation): void;
  reads(at: number, length: number): void;
  writes(at: number, length: number): void;
  /** The step has ended; gives what `looking` does. */
  end(location: ControlLocation): Looking;
  /** What the step that has ended has read and written. */
  accesses(): StepAccesses;
  /** A step that read and wrote the same happens between two other places; gives what `end` does. */
  again(accesses: StepAccesses, from: ControlLocation, to: ControlLocation): Looking;
  /** To be told of what is seen of memory as it is now. */
  looking(location: ControlLocation): Looking;
  /** The words of a segment; "" for each that is dead. */
  wordsOf(segment: Segment, location: ControlLocation): readonly (number | "")[];
  /** One number for all segments that differ in dead variables alone. */
  idOf(segment: Segment, location: ControlLocation): number;
}

/** The control locations of the tasks, and what the driver has allocated. */
export interface ControlLocation {
  /** A number for the commands that are under way and how far each has come. */
  readonly place: Place;
  readonly objects: readonly PlacedObject[];
  /** One number for all that are alike. */
  readonly number: number;
}

type Place = number;

/** What a step has read and written of the heap, by words. */
export interface StepAccesses {
  /** Read before they were written. */
  readonly reads: Uint32Array;
  readonly writes: Uint32Array;
  /** The pairs of locations between which this was learned already, as one number each. */
  readonly known: Set<number>;
}

/** What was allocated for a call of the driver's, whoever owns it by now. */
interface PlacedObject {
  readonly at: number;
  /** Bytes, up to a whole word. */
  readonly size: number;
  /** A number for the call that has allocated it, and for how far the device in it has come: whoever uses one uses all others alike. */
  readonly kind: number;
}

/**
 * Somebody looks at memory from outside of the driver, and the kernel.
 *
 * @param isJudging - looks only until the next step begins, and at what that step has led to
 */
export type Looking = (at: number, length: number, isJudging?: boolean) => void;

/** A word of a kind of object, as one number. */
type Variable = number;

/** What was learned of objects of one kind at one place that a step made objects of a kind at another. */
interface Passage {
  readonly from: Place;
  readonly kind: number;
  /** The words, by their place in the object, that each such step has written. */
  readonly written: Set<number>;
}

/** All that is known of one place. */
interface Known {
  readonly live: Set<Variable>;
  /** How objects of each kind come there. */
  readonly ways: Map<number, Map<string, Passage>>;
  /** Places where more is under way. What is live here is taken to be live there: it mostly is. */
  readonly within: Set<Place>;
  /** Whether states have been told from each other there since the search was begun. */
  isUsed: boolean;
}

interface Assumptions {
  readonly known: Known[];
  readonly places: Map<string, Place>;
  readonly kinds: Map<string, number>;
  readonly refuted: number;
}

/** More words than any object has. */
const WORDS_OF_OBJECT = 1024;
/** More locations than there are. */
const LOCATIONS = 2 ** 24;
/** More kinds of objects than there are. */
const KINDS = 4096;
const FIRST_WORD = MEMORY_MAP.heapStart >> 2;
const WORDS = (HEAP_END - MEMORY_MAP.heapStart) >> 2;

const wordAt = (at: number): number => (at >> 2) - FIRST_WORD;

/** A word of an object, by its place in the object. */
const variableOf = ({ kind }: Pick<PlacedObject, "kind">, inside: number): Variable => kind * WORDS_OF_OBJECT + inside;

export const liveVariables = (): LiveVariables => {
  // Numbers of places and kinds stay what they are; those of segments say nothing outside of this search.
  let known: Known[] = [];
  let places = new Map<string, Place>();
  let kinds = new Map<string, number>();
  let refuted = 0;
  let placesOf = new WeakMap<readonly PausedTask[], Place>();
  let objectsOf = new WeakMap<KernelState["slab"], WeakMap<KernelState["device"], readonly PlacedObject[]>>();
  const ids = new Map<string, number>();
  const idsOfKinds = new Map<number, Map<number, number>>();

  /** The number of the step that has written or read a word last. */
  const writtenIn = new Uint32Array(WORDS);
  const readIn = new Uint32Array(WORDS);
  let step = 0;
  let before: ControlLocation | undefined;
  let isRunning = false;
  /** What the step has read before it wrote it, and what it has written. */
  let read: number[] = [];
  let written: number[] = [];
  /** Equal ones are one object, and what is learned of one is learned of all. */
  let allAccesses = new Map<string, StepAccesses>();

  const kindNamed = (name: string): number => {
    let kind = kinds.get(name);
    if (kind === undefined) {
      kind = kinds.size;
      kinds.set(name, kind);
    }
    return kind;
  };

  const objectsIn = ({ slab, device: { devices }, device }: KernelState): readonly PlacedObject[] => {
    let byDevice = objectsOf.get(slab);
    if (byDevice === undefined) {
      byDevice = new WeakMap();
      objectsOf.set(slab, byDevice);
    }
    let objects = byDevice.get(device);
    if (objects === undefined) {
      objects = slab.live
        .filter(({ site }) => site !== 0)
        .map(({ at, size, site }) => {
          const inside = devices.find((each) => each.at >= at && each.at < at + size);
          const state = inside && [inside.isAdded, inside.isFindable, inside.isDead, inside.isReleasing].map(Number);
          return { at, size: (size + 3) & ~3, kind: kindNamed(`${site} ${size} ${state?.join("")}`) };
        });
      byDevice.set(device, objects);
    }
    return objects;
  };

  /** Lists of objects by what is in them, and locations by both. */
  const lists = new Map<string, Map<Place, number>>();
  const listsOf = new WeakMap<readonly PlacedObject[], Map<Place, number>>();
  let locations = 0;
  const numberOf = (place: Place, objects: readonly PlacedObject[]): number => {
    let byPlace = listsOf.get(objects);
    if (byPlace === undefined) {
      const content = objects.map(({ at, size, kind }) => `${at} ${size} ${kind}`).join();
      byPlace = lists.get(content) ?? new Map();
      lists.set(content, byPlace);
      listsOf.set(objects, byPlace);
    }
    let number = byPlace.get(place);
    if (number === undefined) {
      number = locations;
      locations += 1;
      byPlace.set(place, number);
    }
    return number;
  };

  const objectAt = ({ objects }: ControlLocation, at: number): PlacedObject | undefined => {
    for (let index = 0; index < objects.length; index += 1) {
      const object = objects[index]!;
      if (at >= object.at && at < object.at + object.size) return object;
    }
    return undefined;
  };

  const makeLive = (firstPlace: Place, first: Variable): void => {
    const toDo: [Place, Variable][] = [[firstPlace, first]];
    for (let next = toDo.pop(); next !== undefined; next = toDo.pop()) {
      const [place, variable] = next;
      const { live, ways, within, isUsed } = known[place]!;
      if (live.has(variable)) continue;
      live.add(variable);
      if (isUsed) refuted += 1;
      const inside = variable % WORDS_OF_OBJECT;
      for (const way of ways.get((variable - inside) / WORDS_OF_OBJECT)?.values() ?? []) {
        if (!way.written.has(inside)) toDo.push([way.from, variableOf(way, inside)]);
      }
      for (const more of within) toDo.push([more, variable]);
    }
  };

  const placeNamed = (name: string, parts: () => readonly Place[]): Place => {
    let place = places.get(name);
    if (place === undefined) {
      place = places.size;
      places.set(name, place);
      known[place] = { live: new Set(), ways: new Map(), within: new Set(), isUsed: false };
      for (const part of parts()) {
        known[part]!.within.add(place);
        for (const variable of known[part]!.live) makeLive(place, variable);
      }
    }
    return place;
  };
  const atRest = (): Place => placeNamed("", () => []);
  const alone = (task: PausedTask): Place => placeNamed(controlLocationOf(task), () => [atRest()]);

  const placeOf = (tasks: readonly PausedTask[]): Place => {
    if (tasks.length === 0) return atRest();
    let place = placesOf.get(tasks);
    if (place === undefined) {
      place =
        tasks.length === 1
          ? alone(tasks[0]!)
          : placeNamed(tasks.map(controlLocationOf).sort().join(";"), () => tasks.map(alone));
      placesOf.set(tasks, place);
    }
    return place;
  };

  /** A word in memory is live. */
  const makeLiveAt = (location: ControlLocation, word: number): void => {
    const object = objectAt(location, (word + FIRST_WORD) << 2);
    if (object !== undefined) makeLive(location.place, variableOf(object, word - wordAt(object.at)));
  };

  /** What objects of one kind became in a step that has ended. */
  const note = (from: PlacedObject, to: PlacedObject, place: Place): void => {
    const { live, ways } = known[place]!;
    let ofKind = ways.get(to.kind);
    if (ofKind === undefined) {
      ofKind = new Map();
      ways.set(to.kind, ofKind);
    }
    const first = wordAt(from.at);
    const earlier = before!.place;
    const name = `${earlier} ${from.kind}`;
    const way = ofKind.get(name);
    if (way === undefined) {
      const written = new Set<number>();
      ofKind.set(name, { from: earlier, kind: from.kind, written });
      for (let inside = 0; inside < from.size >> 2; inside += 1) {
        if (writtenIn[first + inside] === step) written.add(inside);
        else if (live.has(variableOf(to, inside))) makeLive(earlier, variableOf(from, inside));
      }
      return;
    }
    for (const inside of way.written) {
      if (writtenIn[first + inside] === step) continue;
      way.written.delete(inside);
      if (live.has(variableOf(to, inside))) makeLive(earlier, variableOf(from, inside));
    }
  };

  /** A step has led from `before` to there. */
  const passed = ({ place, objects }: ControlLocation): void => {
    for (const from of before!.objects) {
      const to = objects.find(({ at }) => at === from.at);
      if (to !== undefined) note(from, to, place);
    }
  };

  /** @param mark - notes what the step has written, where that is not noted yet */
  const looking = (location: ControlLocation, mark?: () => void): Looking => {
    const now = step;
    return (at, length, isJudging = false) => {
      if (!isHeap(at)) return;
      const isOfStep = isJudging && now === step && before !== undefined;
      const seen = isOfStep ? before! : location;
      if (isOfStep) mark?.();
      for (let word = wordAt(at); word <= wordAt(at + length - 1); word += 1) {
        if (!isOfStep || writtenIn[word] !== step) makeLiveAt(seen, word);
      }
    };
  };

  const kindOf = ({ at }: Segment, { objects }: ControlLocation): number | undefined =>
    objects.find((object) => object.at === at)?.kind;

  const wordsOf: LiveVariables["wordsOf"] = (segment, location) => {
    const kind = kindOf(segment, location);
    if (kind === undefined) return [...segment.words];
    const here = known[location.place]!;
    here.isUsed = true;
    return Array.from(segment.words, (word, inside) =>
      here.live.has(variableOf({ kind }, inside)) || isHeap(word) ? word : "",
    );
  };

  return {
    locationOf: (tasks, kernel) => {
      const place = placeOf(tasks);
      const objects = objectsIn(kernel);
      return { place, objects, number: numberOf(place, objects) };
    },
    begin: (location) => {
      before = location;
      isRunning = true;
      step += 1;
      read = [];
      written = [];
    },
    reads: (at, length) => {
      if (!isRunning || !isHeap(at)) return;
      for (let word = wordAt(at); word <= wordAt(at + length - 1); word += 1) {
        if (writtenIn[word] === step || readIn[word] === step) continue;
        readIn[word] = step;
        read.push(word);
        makeLiveAt(before!, word);
      }
    },
    writes: (at, length) => {
      if (!isRunning || !isHeap(at)) return;
      for (let word = wordAt(at + 3); word < wordAt(at + length); word += 1) {
        if (writtenIn[word] === step) continue;
        writtenIn[word] = step;
        written.push(word);
      }
    },
    end: (location) => {
      isRunning = false;
      passed(location);
      return looking(location);
    },
    accesses: () => {
      const content = `${read.join()};${written.join()}`;
      let same = allAccesses.get(content);
      if (same === undefined) {
        same = { reads: Uint32Array.from(read), writes: Uint32Array.from(written), known: new Set() };
        allAccesses.set(content, same);
      }
      return same;
    },
    again: ({ reads, writes, known: pairs }, from, to) => {
      before = from;
      step += 1;
      const now = step;
      const mark = (): void => {
        for (let index = 0; index < writes.length; index += 1) writtenIn[writes[index]!] = now;
      };
      const pair = from.number * LOCATIONS + to.number;
      if (!pairs.has(pair)) {
        pairs.add(pair);
        mark();
        for (let index = 0; index < reads.length; index += 1) makeLiveAt(from, reads[index]!);
        passed(to);
      }
      return looking(to, mark);
    },
    looking: (location) => looking(location),
    wordsOf,
    idOf: (segment, location) => {
      const { place } = location;
      const kind = kindOf(segment, location);
      if (kind === undefined) return segment.id * 2;
      const where = place * KINDS + kind;
      let seen = idsOfKinds.get(where);
      if (seen === undefined) {
        seen = new Map();
        idsOfKinds.set(where, seen);
      }
      let id = seen.get(segment.id);
      if (id === undefined) {
        const content = `${segment.at} ${wordsOf(segment, location).join()}`;
        id = ids.get(content);
        if (id === undefined) {
          id = ids.size * 2 + 1;
          ids.set(content, id);
        }
        seen.set(segment.id, id);
      }
      return id;
    },
    get refuted() {
      return refuted;
    },
    refine: () => {
      refuted = 0;
      idsOfKinds.clear();
      for (const place of known) place.isUsed = false;
    },
    save: () => structuredClone({ known, places, kinds, refuted } satisfies Assumptions),
    restore: (saved) => {
      ({ known, places, kinds, refuted } = structuredClone(saved as Assumptions));
      placesOf = new WeakMap();
      objectsOf = new WeakMap();
      idsOfKinds.clear();
      allAccesses = new Map();
    },
  };
};
