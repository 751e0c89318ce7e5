import type { Address } from "../abi/address.ts";
import { count } from "../abi/count.ts";
import { MAX_ERRNO } from "../abi/errno.ts";
import { HEAP_END, MEMORY_MAP, SIZE_CLASSES } from "../abi/memory-map.ts";
import type { Site } from "./kernel.ts";
import type { Allocation, SlabState } from "./slab.ts";

/**
 * Knows of each byte whether it may be touched: the kernel's KASAN, and of KMSAN what concerns the slab.
 *
 * Kept:    what is allocated, to the byte; what was freed, by whom and where, for as long as anything still points there;
 *          what of an allocation was never written, where nobody asked for zeros; the driver's variables and constants,
 *          with room between them; a copy carries along what was never written, and is no use of it.
 * Dropped: whether variables of a function were written: they hold a pattern until then; bit-fields, of which a whole unit
 *          counts as written once one is; an overrun so long that it hits another live object, which takes 16 bytes behind a
 *          variable and as many behind an allocation as its size class has; what lies between a C stack and the frames put
 *          aside.
 * Source:  mm/kasan/generic.c and report.c, mm/kmsan/, Documentation/dev-tools/kasan.rst.
 */
export interface ShadowMemory {
  /** Brings it to what it is in a state of the slab. */
  restore(slab: SlabState): void;
  /** The slab gave these bytes to somebody. */
  handOut(at: Address, size: number, isWritten: boolean): void;
  /** The slab took these bytes back. */
  takeBack(at: Address, size: number): void;
  /** An allocation has grown or shrunk where it is. */
  resize(at: Address, from: number, to: number, isWritten: boolean): void;
  /** Whether all these bytes may be read, or written; they count as written from then on. */
  mayAccess(at: number, length: number, kind: AccessKind): boolean;
  /** Makes some bytes as written as some others are, which may overlap them. */
  copy(to: number, from: number, length: number): void;
  /** The bytes of an allocation that nobody has written, as ranges of offsets. */
  unwritten(allocation: Allocation): readonly ByteRange[];
  /** The allocations that may have such bytes. */
  readonly partlyWritten: ReadonlySet<Address>;
  /** Why an access is wrong that `mayAccess` does not allow. */
  faultOf(slab: SlabState, at: number, length: number, kind: AccessKind): MemoryFault;
}

/** What is done to memory; `touch` reads what need not have been written. */
export type AccessKind = "read" | "write" | "touch";

/** From an offset up to another, without that. */
export type ByteRange = readonly [from: number, to: number];

/** What the driver's memory was used for that it must not be. */
export type MemoryMisuse =
  | "use-after-free"
  | "out-of-bounds"
  | "wild-pointer"
  | "uninitialised-read"
  | "write-to-constant";

/** What is wrong with an access. */
export interface MemoryFault {
  readonly rule: MemoryMisuse;
  /** What is touched, without addresses: `the memory from kzalloc()`. */
  readonly object: string;
  /** Behind "reads 8 bytes": `of memory that kfree() freed at region_sysram.c:146`. */
  readonly what: string;
  readonly isFatal: boolean;
  /** Whether a processor goes no further. */
  readonly isEnd: boolean;
}

/** A variable or constant of the driver's or the kernel's. */
export interface ShadowedVariable {
  readonly name: string;
  readonly at: number;
  readonly size: number;
  readonly isConstant: boolean;
}

const NOTHING = 0;
const WRITTEN = 1;
const UNWRITTEN = 2;
const CONSTANT = 3;

const MEMORY_SIZE = MEMORY_MAP.pages * 65_536;

/** How far from an object an access is still taken for one that was meant for it, in bytes. */
const NEAR = 64;

const slotSizeOf = (size: number): number => SIZE_CLASSES.find((limit) => limit >= size) ?? size;

/** @param placeOf - a call site as a person reads it: `region_sysram.c:146`; empty for none */
export const shadowMemory = (variables: readonly ShadowedVariable[], placeOf: (site: Site) => string): ShadowMemory => {
  const shadow = new Uint8Array(MEMORY_SIZE);
  for (const { at, size, isConstant } of variables) shadow.fill(isConstant ? CONSTANT : WRITTEN, at, at + size);
  shadow.fill(WRITTEN, MEMORY_MAP.tasksStart, MEMORY_MAP.heapStart);
  const words = new Uint32Array(shadow.buffer);
  const WRITTEN_WORD = WRITTEN * 0x01010101;

  /** The sizes of what the shadow takes for allocated, by address. */
  const sizes = new Map<Address, number>();
  const partlyWritten = new Set<Address>();
  let current: SlabState | undefined;

  const handOut = (at: Address, size: number, isWritten: boolean): void => {
    current = undefined;
    sizes.set(at, size);
    if (!isWritten) partlyWritten.add(at);
    shadow.fill(isWritten ? WRITTEN : UNWRITTEN, at, at + size);
  };

  const paint = ({ at, size, unwritten = [] }: Allocation): void => {
    sizes.set(at, size);
    shadow.fill(WRITTEN, at, at + size);
    if (unwritten.length > 0) partlyWritten.add(at);
    for (const [from, to] of unwritten) shadow.fill(UNWRITTEN, at + from, at + to);
  };

  const mayAccessSlowly = (at: number, length: number, kind: AccessKind): boolean => {
    let hasUnwritten = false;
    for (let byte = at; byte < at + length; byte += 1) {
      const shade = shadow[byte];
      if (shade === WRITTEN) continue;
      if (shade === CONSTANT && kind !== "write") continue;
      if (shade !== UNWRITTEN || kind === "read") return false;
      hasUnwritten = true;
    }
    if (hasUnwritten && kind === "write") {
      shadow.fill(WRITTEN, at, at + length);
      current = undefined;
    }
    return true;
  };

  const allocated = ({ function: name, site }: Pick<Allocation, "function" | "site">): string => {
    const place = placeOf(site);
    return `${name}()${place === "" ? "" : ` at ${place}`}`;
  };

  const heapFault = (slab: SlabState, at: number, length: number): Omit<MemoryFault, "isFatal" | "isEnd"> => {
    const home = slab.live.find((each) => at >= each.at && at < each.at + each.size);
    if (home !== undefined) return beyond(home, at, length);
    const freed = slab.freed.find((each) => at < each.at + slotSizeOf(each.size) && at + length > each.at);
    if (freed !== undefined) {
      const place = placeOf(freed.freedAt);
      const object = `the memory from ${freed.function}()`;
      const what = `of the ${freed.size} that ${allocated(freed)} allocated and ${freed.freedBy}() freed${place === "" ? "" : ` at ${place}`}`;
      return { rule: "use-after-free", object, what };
    }
    const left = slab.live.findLast((each) => at >= each.at && at < each.at + 2 * slotSizeOf(each.size));
    if (left !== undefined) return beyond(left, at, length);
    const right = slab.live.find((each) => at < each.at && at + NEAR >= each.at);
    if (right !== undefined) {
      const object = `the memory from ${right.function}()`;
      const what = `${count(right.at - at, "byte")} before the ${right.size} that ${allocated(right)} allocated`;
      return { rule: "out-of-bounds", object, what };
    }
    return { rule: "use-after-free", object: "the heap", what: "of memory that was freed, or never allocated" };
  };

  const beyond = (home: Allocation, at: number, length: number): Omit<MemoryFault, "isFatal" | "isEnd"> => {
    const object = `the memory from ${home.function}()`;
    const over = at + length - (home.at + home.size);
    const where = over > length ? `${count(over - length, "byte")} behind` : `at offset ${at - home.at} of`;
    return { rule: "out-of-bounds", object, what: `${where} the ${home.size} that ${allocated(home)} allocated` };
  };

  const dataFault = (at: number, kind: AccessKind): Omit<MemoryFault, "isFatal" | "isEnd"> => {
    const home = variables.find((each) => at >= each.at && at < each.at + Math.max(each.size, 1));
    const nameOf = ({ name }: ShadowedVariable): string => (/^(?:\.str|\d)/.test(name) ? "a constant text" : name);
    if (home?.isConstant === true && kind === "write") {
      return { rule: "write-to-constant", object: nameOf(home), what: `of ${nameOf(home)}, which is constant` };
    }
    const nearest = variables.filter((each) => at >= each.at).toSorted((one, other) => other.at - one.at)[0];
    if (nearest === undefined) return { rule: "wild-pointer", object: "a stray pointer", what: "where nothing is" };
    const what = `at offset ${at - nearest.at} of ${nameOf(nearest)}, which has ${count(nearest.size, "byte")}`;
    return { rule: "out-of-bounds", object: nameOf(nearest), what };
  };

  const end = (object: string, what: string): MemoryFault => ({
    rule: "wild-pointer",
    object,
    what,
    isFatal: true,
    isEnd: true,
  });

  return {
    handOut,
    partlyWritten,
    restore: (slab) => {
      if (slab === current) return;
      for (const [at, size] of sizes) shadow.fill(NOTHING, at, at + size);
      sizes.clear();
      partlyWritten.clear();
      for (const allocation of slab.live) paint(allocation);
      current = slab;
    },
    takeBack: (at, size) => {
      current = undefined;
      shadow.fill(NOTHING, at, at + size);
      sizes.delete(at);
      partlyWritten.delete(at);
    },
    resize: (at, from, to, isWritten) => {
      current = undefined;
      sizes.set(at, to);
      if (to < from) shadow.fill(NOTHING, at + to, at + from);
      else shadow.fill(isWritten ? WRITTEN : UNWRITTEN, at + from, at + to);
      if (!isWritten && to > from) partlyWritten.add(at);
    },
    mayAccess: (at, length, kind) => {
      if ((at & 3) === 0) {
        if (length === 4 && words[at >> 2] === WRITTEN_WORD) return true;
        if (length === 8 && words[at >> 2] === WRITTEN_WORD && words[(at >> 2) + 1] === WRITTEN_WORD) return true;
      }
      return mayAccessSlowly(at, length, kind);
    },
    copy: (to, from, length) => {
      shadow.copyWithin(to, from, from + length);
      // What is copied out of constants is not constant.
      for (let byte = to; byte < to + length; byte += 1) if (shadow[byte] === CONSTANT) shadow[byte] = WRITTEN;
      current = undefined;
    },
    unwritten: ({ at, size }) => {
      const ranges: ByteRange[] = [];
      for (let offset = 0; offset < size; offset += 1) {
        if (shadow[at + offset] !== UNWRITTEN) continue;
        const from = offset;
        while (offset < size && shadow[at + offset] === UNWRITTEN) offset += 1;
        ranges.push([from, offset]);
      }
      return ranges;
    },
    faultOf: (slab, at, length, kind) => {
      if (at >= 2 ** 32 - MAX_ERRNO) return end("an error pointer", "through an error pointer");
      if (at < MEMORY_MAP.dataStart) return end("a NULL pointer", "through a NULL pointer");
      if (at + length > HEAP_END) return end("a stray pointer", "through a pointer to nothing");
      const shade = shadow.subarray(at, at + length);
      const first = at + shade.findIndex((each) => each === NOTHING || (each === CONSTANT && kind === "write"));
      if (first < at) {
        const home = slab.live.find((each) => at >= each.at && at < each.at + each.size);
        const object = home === undefined ? "memory" : `the memory from ${home.function}()`;
        const offset =
          home === undefined
            ? ""
            : `at offset ${at - home.at} of the ${home.size} that ${allocated(home)} allocated, which nobody has written`;
        return { rule: "uninitialised-read", object, what: offset, isFatal: false, isEnd: false };
      }
      const fault = at < MEMORY_MAP.heapStart ? dataFault(first, kind) : heapFault(slab, at, length);
      // Constants lie in pages that nobody may write.
      return { ...fault, isFatal: true, isEnd: fault.rule === "write-to-constant" };
    },
  };
};
