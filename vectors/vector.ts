import type { UserAction } from "./action.ts";
import { type BlockSeen, type Seen, wholeBlocks } from "./seen.ts";

/** A test vector: a run from a machine without the driver back to one without it, with all that must be seen on the way. */
export interface Vector {
  /** Names it among all vectors, and its files. */
  readonly id: string;
  readonly kind: "life" | "allocations" | "finding" | "stress";
  /** What it takes, for a person. */
  readonly title: string;
  readonly region: RegionNeeded;
  /** What auto_online_blocks says while it runs. */
  readonly autoOnlineBlocks: string;
  readonly needs: readonly Need[];
  /** What it takes that the set is there to cover: see goals.ts. */
  readonly covers: readonly string[];
  /** The findings that it was made for, by property and object; empty for those of the covering set. */
  readonly findings: readonly string[];
  readonly steps: readonly VectorStep[];
}

export type RegionNeeded = "whole blocks" | "smaller than a block";

/** What a real kernel must have for a vector. */
export type Need =
  | "root"
  | "a CXL region of whole memory blocks"
  | "a CXL region smaller than a memory block"
  | "CONFIG_MEMORY_NOTIFIER_ERROR_INJECT"
  | "CONFIG_FAILSLAB and CONFIG_FAULT_INJECTION_DEBUG_FS"
  | "CONFIG_PSTORE_RAM"
  | "a busy page on the region's node"
  | "a page on the region's node that cannot be moved";

/** What must come of an action. */
export type VectorStep =
  | {
      readonly kind: "action";
      readonly action: UserAction;
      /** `ok` or an errno's name; null where the write must not return before a later step. */
      readonly returns: string | null;
      /** What the write that did not return must give now; null where there is none, or it goes on waiting. */
      readonly ended: string | null;
      readonly sees: Sight;
      /** Other ends that no property objects to; each with the way back to what should have come of it. */
      readonly tolerates: readonly Outcome[];
    }
  | {
      readonly kind: "allocations fail";
      /** Is done again and again, while its first, second, ... allocation fails, until no further one is made. */
      readonly action: UserAction;
      /** The first of them is the one that must come when no allocation fails. */
      readonly outcomes: readonly Outcome[];
      /** The ways to fail that this takes in the intended driver, in their order. */
      readonly failures: readonly string[];
    }
  | {
      readonly kind: "stress";
      /** Two writers that write these words at one time, again and again. */
      readonly writers: readonly (readonly string[])[];
      readonly rounds: number;
      /** What a write may give. */
      readonly mayReturn: readonly string[];
      /** What may be seen when both are done. */
      readonly maySee: readonly Sight[];
    };

/** One of several ends that are right. */
export interface Outcome {
  readonly returns: string | null;
  readonly sees: Sight;
  /** How to get back to where the action can be done again. */
  readonly undo: readonly VectorStep[];
}

/** What must be seen, in terms that fit any region. */
export interface Sight {
  readonly device: boolean;
  /** Null while a write waits: when the link to the driver goes is the kernel's own affair. */
  readonly bound: boolean | null;
  /** The first memory block, and every other. */
  readonly blocks: readonly [first: BlockSeen, others: BlockSeen];
  /** Lines of /proc/iomem over all whole blocks: the driver's own, named after the region, and the memory's. */
  readonly iomem: readonly ("own" | "memory" | "other")[];
}

/** The name of the memory in /proc/iomem. */
export const MEMORY_NAME = "System RAM (CXL)";

/** The driver's own line of the region `id` in /proc/iomem. */
export const ownName = (id: number): string => `cxl_sysram${id}`;

/** What was seen, in terms that fit any region. */
export const sightOf = (
  seen: Seen,
  region: { readonly start: number; readonly size: number },
  blockSize: number,
  isWaiting: boolean,
): Sight => {
  const { start, count } = wholeBlocks(region, blockSize);
  const end = start + count * blockSize - 1;
  const first = seen.blocks[0] ?? "absent";
  return {
    device: seen.hasDevice,
    bound: isWaiting ? null : seen.isBound,
    blocks: [first, seen.blocks[1] ?? first],
    iomem: seen.iomem.map((line) => {
      const isWhole = line.start === start && line.end === end;
      if (isWhole && line.name === ownName(0)) return "own";
      return isWhole && line.name === MEMORY_NAME ? "memory" : "other";
    }),
  };
};

/** A sight in one line, as scripts compare it. */
export const sightLine = ({ device, bound, blocks, iomem }: Sight): string =>
  [
    `device=${device ? "yes" : "no"}`,
    `bound=${bound === null ? "any" : bound ? "yes" : "no"}`,
    `blocks=${blocks.join(",")}`,
    `iomem=${iomem.length === 0 ? "none" : iomem.join(",")}`,
  ].join(" ");
