import { type Address, address } from "../abi/address.ts";
import { isOfTasks } from "../abi/memory-map.ts";
import type { Driver } from "../driver/run/driver.ts";
import { driverDevices } from "../models/device.ts";
import { endOf, hasLiveName, nameOf, resourcesOf, startOf } from "../models/iomem.ts";
import type { KernelState } from "../models/kernel.ts";
import type { DriverRecord, Observation } from "../models/observation.ts";
import { checkedMemory } from "./checked-memory.ts";
import { interfaceOf } from "./interface.ts";
import type { Looking } from "./live-variables.ts";
import { type ImageStore, type MemoryImage, type Segment, segmentAround, segmentAt } from "./memory-image.ts";

/** Reads what properties judge. */
export interface Observer {
  observe(kernel: KernelState, image: MemoryImage, isAtRest: boolean, looker?: Looker): Observation;
  /** Forgets whom it has told of what was looked at. */
  forget(): void;
}

/** Who is told of the driver's memory that an observation depends on. */
export interface Looker {
  readonly looksAt: Looking;
  /** All that has one number has to be told only once. */
  readonly number: number;
}

/** What is kept of an observation. */
interface Seen {
  readonly resources: Observation["resources"];
  readonly records: readonly SeenRecord[];
  /** Addresses and lengths of what was looked at. */
  readonly looks: readonly (readonly [at: number, length: number])[];
  readonly told: Set<number>;
}

interface SeenRecord extends Omit<DriverRecord, "lastCommand"> {
  /** Where the last command is noted; undefined for nowhere. */
  readonly commandAt: Address | undefined;
}

/** Which segment of memory is looked at next, and what is seen where it has this number. */
interface Look {
  readonly at: Address;
  readonly seen: Map<number, Look | Seen>;
}

/** What is seen of an observation from later on: all of it but what is looked at when it is new, or never. */
export const remembered = (observation: Observation): Observation => ({
  ...observation,
  // Not by spreading: that would look at it.
  records: observation.records.map(({ device, resource, group, node }) => ({
    device,
    resource,
    group,
    node,
    lastCommand: undefined,
  })),
});

/**
 * Observes states by their parts: what was seen of one is seen of all that have the same in what was looked at.
 *
 * @param numberOf - one number for equal slices
 */
export const observer = (
  { layout, facts, memory }: Pick<Driver, "layout" | "facts" | "memory">,
  images: Pick<ImageStore, "restore">,
  numberOf: (slice: object) => number,
): Observer => {
  let told: (at: number, length: number) => void = () => {};
  const mayAccess = (at: number, length: number): boolean => {
    told(at, length);
    return true;
  };
  const watched = checkedMemory(memory, { mayAccess, copy: () => {} }, () => true);
  const { object } = interfaceOf(facts);
  const structure = object === undefined ? undefined : facts.structures[object.structure];
  const fields = structure?.fields;
  const offsetOf = (name: string, type: RegExp): number | undefined => {
    const field = fields?.[name];
    return field !== undefined && type.test(field.type) ? field.offset : undefined;
  };
  const integer = /^(int|unsigned int|u32|s32|enum mmop)$/;
  const offsets = {
    resource: offsetOf("res", /^struct resource \*$/),
    group: offsetOf("mgid", integer),
    node: offsetOf("numa_node", integer),
    lastCommand: offsetOf("last_hotplug_cmd", integer),
  };
  let beginnings = new Map<string, Look | Seen>();

  const recordsIn = (kernel: KernelState): readonly SeenRecord[] =>
    driverDevices(kernel).map(({ at }): SeenRecord => {
      const base = at - (object?.deviceOffset ?? 0);
      // The driver may have devices of other kinds, which lie in no structure of this one.
      const isWhole = kernel.slab.live.some((part) => part.at === base && part.size >= (structure?.size ?? 0));
      const read = (offset: number | undefined): number | undefined =>
        offset === undefined || !isWhole ? undefined : watched.i32(address(base + offset));
      return {
        device: at,
        resource: read(offsets.resource) as Address | undefined,
        group: read(offsets.group),
        node: read(offsets.node),
        // Most never look at it, and what nobody looks at need not tell states from each other.
        commandAt: isWhole && offsets.lastCommand !== undefined ? address(base + offsets.lastCommand) : undefined,
      };
    });

  const resourcesIn = (kernel: KernelState): Observation["resources"] => {
    const view = { state: kernel, memory: watched, layout };
    return resourcesOf(kernel, "driver").map(({ at, site }) => ({
      at,
      start: startOf(view, at),
      end: endOf(view, at),
      name: nameOf(view, at),
      isNameLive: hasLiveName(view, at),
      site,
    }));
  };

  /** Looks at a state, and notes in which order it looked at its segments, and whether it looked at nothing else that may change. */
  const look = (
    kernel: KernelState,
    image: MemoryImage,
  ): { readonly seen: Seen; readonly order: readonly Segment[]; readonly isWhole: boolean } => {
    images.restore(image);
    let isWhole = true;
    const looks: [number, number][] = [];
    const order: Segment[] = [];
    told = (at, length) => {
      looks.push([at, length]);
      const segment = segmentAround(image, at);
      if (segment === undefined) isWhole &&= !isOfTasks(at);
      else if (!order.includes(segment)) order.push(segment);
    };
    const seen: Seen = { records: recordsIn(kernel), resources: resourcesIn(kernel), looks, told: new Set() };
    return { seen, order, isWhole };
  };

  const seenOf = (kernel: KernelState, image: MemoryImage): Seen => {
    const start = `${numberOf(kernel.device)} ${numberOf(kernel.iomem)} ${numberOf(kernel.slab)}`;
    for (let node = beginnings.get(start); node !== undefined; ) {
      if (!("seen" in node)) return node;
      node = node.seen.get(segmentAt(image, node.at)?.id ?? -1);
    }
    const { seen, order, isWhole } = look(kernel, image);
    // On a stack where nothing lies now something may lie another time.
    if (!isWhole) return seen;
    let node: Look | undefined;
    const put = (next: Look | Seen, after: number): void => {
      if (node === undefined) beginnings.set(start, next);
      else node.seen.set(after, next);
    };
    let after = -1;
    for (const { at, id } of order) {
      const there: Look | Seen | undefined = node === undefined ? beginnings.get(start) : node.seen.get(after);
      const next: Look = there !== undefined && "seen" in there ? there : { at, seen: new Map() };
      if (next !== there) put(next, after);
      node = next;
      after = id;
    }
    put(seen, after);
    return seen;
  };

  return {
    observe: (kernel, image, isAtRest, looker) => {
      const { resources, records: found, looks, told: toldOf } = seenOf(kernel, image);
      if (looker !== undefined && !toldOf.has(looker.number)) {
        toldOf.add(looker.number);
        for (const [at, length] of looks) looker.looksAt(at, length);
      }
      const records = found.map(({ commandAt, ...record }): DriverRecord => {
        if (commandAt === undefined) return { ...record, lastCommand: undefined };
        const segment = segmentAround(image, commandAt)!;
        const lastCommand = segment.words[(commandAt - segment.at) >> 2]! | 0;
        if (looker === undefined) return { ...record, lastCommand };
        return {
          ...record,
          get lastCommand() {
            looker.looksAt(commandAt, 4, true);
            return lastCommand;
          },
        };
      });
      return { kernel, isAtRest, resources, records };
    },
    forget: () => {
      beginnings = new Map();
    },
  };
};
