import { address } from "../abi/address.ts";
import { isOfTasks } from "../abi/memory-map.ts";
import type { Driver, MemoryWatch, PendingAccess } from "../driver/run/driver.ts";
import type { Site } from "../models/kernel.ts";
import type { DataRace } from "../models/observation.ts";
import { type Allocation, allocationOf } from "../models/slab.ts";
import { memoryNames } from "./memory-names.ts";
import { subjectSites } from "./subject-sites.ts";

/**
 * Finds data races: two plain accesses of one place by two tasks, one of them a write, that nothing orders.
 *
 * A task that gives way has touched memory since its latest call of the kernel, and has called nothing since that
 * could order these accesses before anybody else's: no unlock, no wake-up, no dropped reference. So whatever another
 * task touches while it stands there races with them. This is the definition by adjacent accesses, which finds the
 * races of happens-before; that every order of transitions is tried takes the place of clocks. What was touched before
 * the latest call is left out, because that call may have ordered it: so where a task gives way behind each call, none
 * is missed but those with what it touches behind its last one. Where a task gives way before an access too, that
 * access is the next thing that it does, and counts as made.
 *
 * What stands before a marked write is ordered before whatever another task does behind a marked read of the same place.
 *
 * Kept:    accesses of the driver's own C; READ_ONCE(), WRITE_ONCE() and atomics race with nothing that is marked too.
 * Dropped: what the kernel's functions touch, which have locks of their own; C stacks; that WRITE_ONCE() orders nothing on
 *          some processors where no barrier stands beside it.
 * Source:  H.-J. Boehm, S. Adve, "Foundations of the C++ concurrency memory model", PLDI 2008 (adjacent accesses);
 *          tools/memory-model/Documentation/access-marking.txt, kernel/kcsan/ (what counts as marked).
 */
export interface RaceWatch {
  readonly memory: Pick<MemoryWatch, "access" | "copy">;
  /** Before a step of a task: what each of the others has touched since its latest call, and what is allocated then. */
  begin(others: readonly (readonly Touched[])[], live: () => readonly Allocation[]): void;
  /** The task calls the kernel, or the kernel goes on with its answer. */
  callsKernel(): void;
  /** The task gives way before an access, which stands at `site`. */
  pends(access: PendingAccess, site: Site): void;
  /** What the others have touched that the task has not been ordered behind. */
  readonly others: readonly (readonly Touched[])[];
  /** What the task has touched since. */
  touched(): readonly Touched[];
  /** The races of the step. */
  readonly races: readonly DataRace[];
  /** Where the step could have raced. */
  accesses(): RaceAccesses;
}

/** What a step has touched outside of C stacks, in units of eight bytes, ascending. */
export interface RaceAccesses {
  readonly reads: readonly number[];
  readonly writes: readonly number[];
  /** Where its marked reads were, behind which some of what others have touched is ordered. */
  readonly acquired: readonly number[];
}

/** Whether what a step touches could race with what others have touched, or be ordered behind it. */
export const mayRace = ({ reads, writes, acquired }: RaceAccesses, others: readonly (readonly Touched[])[]): boolean =>
  others.some((touched) =>
    touched.some(({ at, length, isWrite, releasedBy }) => {
      for (let unit = at >>> 3; unit <= (at + length - 1) >>> 3; unit += 1) {
        if (writes.includes(unit) || (isWrite && reads.includes(unit))) return true;
      }
      return releasedBy.some((place) => acquired.includes(place));
    }),
  );

/** One access of a task that has given way. */
export interface Touched {
  readonly at: number;
  readonly length: number;
  readonly isWrite: boolean;
  readonly isMarked: boolean;
  readonly site: Site;
  /** Where the allocation lies, 0 for none, and how it was made: what lies there later is something else. */
  readonly home: number;
  readonly allocated: string;
  /** Where marked writes behind it went. */
  readonly releasedBy: readonly number[];
}

const ascending = (set: ReadonlySet<number>): readonly number[] => [...set].sort((one, other) => one - other);

export const raceWatch = (driver: Driver): RaceWatch => {
  const { accesses, sites } = driver.facts;
  const { nameOf } = memoryNames(driver);
  const { ofAccess } = subjectSites(driver);
  let others: readonly (readonly Touched[])[] = [];
  let liveNow: () => readonly Allocation[] = () => [];
  let recent: Touched[] = [];
  let races: DataRace[] = [];
  let reads = new Set<number>();
  let writes = new Set<number>();
  let acquired = new Set<number>();

  const allocationAt = (at: number): Allocation | undefined => allocationOf({ live: liveNow() }, address(at));

  const place = (site: Site): string => {
    const { function: name, file, line } = sites[site]!;
    return `${name}() at ${file.split("/").at(-1)}:${line}`;
  };

  // What lies on a stack is told to nobody but by those who then wait for them.
  const isOfNobody = (at: number, length: number): boolean => length === 0 || isOfTasks(at);

  const note = (at: number, length: number, access: number): void => {
    if (isOfNobody(at, length)) return;
    const { kind, isMarked, site } = accesses[access]!;
    if (isMarked && kind !== "write") acquire(at);
    touch(at, length, access, ofAccess(site));
    if (isMarked && kind !== "read") release(at);
  };

  const acquire = (at: number): void => {
    acquired.add(at);
    const isOrdered = ({ releasedBy }: Touched): boolean => releasedBy.includes(at);
    if (others.some((list) => list.some(isOrdered))) {
      others = others.map((list) => list.filter((touched) => !isOrdered(touched)));
    }
  };

  const release = (at: number): void => {
    recent = recent.map((touched) =>
      touched.releasedBy.includes(at) ? touched : { ...touched, releasedBy: [...touched.releasedBy, at] },
    );
  };

  const touch = (at: number, length: number, access: number, site: Site): void => {
    if (isOfNobody(at, length)) return;
    const { kind, isMarked } = accesses[access]!;
    const units = kind === "read" ? reads : writes;
    for (let unit = at >>> 3; unit <= (at + length - 1) >>> 3; unit += 1) units.add(unit);
    const allocation = allocationAt(at);
    const home = allocation?.at ?? 0;
    const allocated = allocation === undefined ? "" : `${allocation.size} ${allocation.site}`;
    const mine: Touched = { at, length, isWrite: kind !== "read", isMarked, site, home, allocated, releasedBy: [] };
    for (const touched of others) {
      for (const theirs of touched) {
        if (theirs.at >= at + length || at >= theirs.at + theirs.length) continue;
        if (theirs.home !== home || theirs.allocated !== allocated) continue;
        if (!(theirs.isWrite || mine.isWrite) || (theirs.isMarked && isMarked)) continue;
        tell(theirs, mine);
      }
    }
    const isKnown = recent.some(
      (each) =>
        each.at === at &&
        each.length === length &&
        each.isWrite === mine.isWrite &&
        each.isMarked === mine.isMarked &&
        each.releasedBy.length === 0,
    );
    if (!isKnown) recent.push(mine);
  };

  const tell = (theirs: Touched, mine: Touched): void => {
    // A race is named by its two lines, whichever task comes first.
    const [first, second] = theirs.site <= mine.site ? [theirs, mine] : [mine, theirs];
    const where = nameOf(liveNow(), Math.max(theirs.at, mine.at));
    if (races.some((known) => known.site === first.site && known.other === second.site)) return;
    const verb = ({ isWrite }: Touched): string => (isWrite ? "writes" : "reads");
    races.push({
      kind: "data race",
      object: where,
      site: first.site,
      other: second.site,
      detail: `${place(theirs.site)} ${verb(theirs)} ${where}, and at the same time ${place(mine.site)} ${verb(mine)} it`,
    });
  };

  return {
    memory: {
      access: (at, length, access) => {
        note(at, length, access);
        return true;
      },
      copy: (to, from, length, read) => {
        note(from, length, read);
        note(to, length, read + 1);
        return true;
      },
    },
    begin: (touched, live) => {
      others = touched;
      liveNow = live;
      recent = [];
      races = [];
      reads = new Set();
      writes = new Set();
      acquired = new Set();
    },
    callsKernel: () => {
      recent = [];
    },
    pends: ({ access, at, length, to }, site) => {
      touch(at, length, access, site);
      if (to !== undefined) touch(to, length, access + 1, site);
    },
    get others() {
      return others;
    },
    touched: () => recent,
    get races() {
      return races;
    },
    accesses: () => ({ reads: ascending(reads), writes: ascending(writes), acquired: ascending(acquired) }),
  };
};
