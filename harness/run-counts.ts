import type { Savable } from "../checker/savable.ts";
import type { FailureCounts } from "./failure-points.ts";
import type { Monitors } from "./monitors.ts";
import type { SysramSystem } from "./sysram-system.ts";

/** What the runs of one system have covered: data that another thread can be given. */
export interface RunCounts {
  /** How often each basic block of the driver ran. */
  readonly blockHits: Float64Array;
  readonly failures: FailureCounts;
  /** By the number of a place in the driver, how often memory was kept on purpose that it tells of there. */
  readonly keptAt: Float64Array;
  /** Which entries of each machine's table were taken: the lives', then the rules'. */
  readonly taken: readonly Uint8Array[];
}

const takenOf = ({ lives, rules }: Monitors): readonly Uint8Array[] => [...lives, ...rules].map(({ taken }) => taken);

/** What a system and the monitors beside it have counted so far. */
export const countsOf = ({ driver, failurePoints, keptAt }: SysramSystem, monitors: Monitors): RunCounts => ({
  blockHits: driver.blockHits.slice(),
  failures: failurePoints.counts(),
  keptAt: keptAt.slice(),
  taken: takenOf(monitors).map((taken) => taken.slice()),
});

/** Adds what was counted of another instance of the same system, with the same machines. */
export const addCounts = (
  { driver, failurePoints, keptAt }: SysramSystem,
  monitors: Monitors,
  counts: RunCounts,
): void => {
  for (const [block, times] of counts.blockHits.entries()) driver.blockHits[block]! += times;
  failurePoints.add(counts.failures);
  for (const [site, times] of counts.keptAt.entries()) keptAt[site]! += times;
  for (const [machine, taken] of takenOf(monitors).entries()) {
    for (const [place, times] of counts.taken[machine]!.entries()) taken[place]! |= times;
  }
};

/** The counts of a system as part of a search that can be put aside. */
export const savableCounts = (system: SysramSystem, monitors: Monitors): Savable => ({
  save: () => countsOf(system, monitors),
  restore: (saved) => {
    system.driver.blockHits.fill(0);
    system.failurePoints.clear();
    system.keptAt.fill(0);
    for (const taken of takenOf(monitors)) taken.fill(0);
    addCounts(system, monitors, saved as RunCounts);
  },
});
