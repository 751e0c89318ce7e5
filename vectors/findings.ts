import { MMOP } from "../abi/mmop.ts";
import { initialConfigurationOf, type WantedStep } from "./build.ts";
import { judge } from "./judge.ts";
import type { UserSpace, UserState } from "./user-space.ts";

/** How user space can bring a finding about. */
export interface UserRun {
  readonly defaultOnlineType: typeof MMOP.OFFLINE | typeof MMOP.ONLINE_MOVABLE;
  readonly steps: readonly WantedStep[];
}

/** More states than this, and the driver leaks so much that they never end: runs to what is wrong are short. */
const MAX_STATES = 4000;

/** More allocations than a write can make. */
const MAX_ALLOCATIONS = 64;

/** How far to look for runs. */
export interface RunOptions {
  /** What auto_online_blocks may say. */
  readonly types?: readonly UserRun["defaultOnlineType"][];
  readonly maxStates?: number;
}

interface Reached {
  readonly state: UserState;
  readonly before: Reached | undefined;
  readonly step: WantedStep | undefined;
}

const stepsTo = ({ before, step }: Reached): readonly WantedStep[] =>
  before === undefined || step === undefined ? [] : [...stepsTo(before), step];

/**
 * The most believable and then shortest run of user space to each finding that it can bring about, by key.
 *
 * A run in which no allocation fails is better than any in which one does. Among runs as long, those come first that
 * plug nothing in by themselves, because a run should show one thing and not two.
 */
export const userRuns = (
  space: UserSpace,
  { types = [MMOP.OFFLINE, MMOP.ONLINE_MOVABLE], maxStates = MAX_STATES }: RunOptions = {},
): ReadonlyMap<string, UserRun> => {
  const runs = new Map<string, UserRun>();
  for (const allocations of [0, MAX_ALLOCATIONS]) {
    const found = new Map<string, UserRun>();
    for (const type of types) {
      const start = space.start(initialConfigurationOf(space, "whole blocks"), type);
      for (const [key, steps] of runsFrom(space, start, allocations, maxStates)) {
        const known = found.get(key);
        if (known === undefined || steps.length < known.steps.length)
          found.set(key, { defaultOnlineType: type, steps });
      }
    }
    for (const [key, run] of found) if (!runs.has(key)) runs.set(key, run);
  }
  return runs;
};

const runsFrom = (
  space: UserSpace,
  start: UserState,
  allocations: number,
  maxStates: number,
): ReadonlyMap<string, readonly WantedStep[]> => {
  const runs = new Map<string, readonly WantedStep[]>();
  const seen = new Set([space.key(start)]);
  const queue: Reached[] = [{ state: start, before: undefined, step: undefined }];
  for (const from of queue) {
    for (const action of space.actions(from.state)) {
      for (let failing = 0; failing <= allocations; failing += 1) {
        const taken = space.take(from.state, action, failing);
        if (failing > 0 && taken.allocations < failing) break;
        const reached: Reached = {
          state: taken.after,
          before: from,
          step: { action, failing, injected: taken.injected },
        };
        const { keys, isFatal } = judge(taken);
        for (const key of keys) if (!runs.has(key)) runs.set(key, stepsTo(reached));
        const name = space.key(taken.after);
        if (isFatal || seen.has(name) || seen.size >= maxStates) continue;
        seen.add(name);
        queue.push(reached);
      }
    }
  }
  return runs;
};
