import { type Exploration, type ExploreOptions, explore } from "../checker/explore.ts";
import type { SysramEvent } from "../models/observation.ts";
import type { SysramAction, SysramState } from "./state.ts";
import type { SysramSystem } from "./sysram-system.ts";

type Options = ExploreOptions<SysramState, SysramAction, SysramEvent>;

/** How far each of the small searches goes that are there to learn from, and how many of them there are at most. */
const LESSON = { faults: 0, preemptions: 1, maxStates: 3000, maxMillis: 2000 } as const;
const LESSONS = 6;

/**
 * Searches a system in which tasks are interrupted only where it can matter.
 *
 * Where it can matter is learned in small searches first. Should the search itself find that it took an act to be quiet
 * that is not, it is done again, until none does; so an exhausted search has left out no order of acts that could
 * have made a difference. One that a bound has ended before is not done again: it claims nothing of what it did not see.
 */
export const exploreReduced = async (system: SysramSystem, options: Options): Promise<Exploration> => {
  const { reduction } = system;
  if (reduction === undefined) return explore(system, options);
  const start = performance.now();
  for (let lesson = 1; lesson <= LESSONS; lesson += 1) {
    const { faults, preemptions, maxStates, maxMillis } = LESSON;
    const bounds = { maxStates: maxStates * lesson, maxMillis };
    const learned = await explore(system, { ...options, properties: [], faults, preemptions, bounds });
    if (learned.ending === "interrupted") break;
    if (reduction.mistaken === 0) break;
    reduction.adopt();
  }
  for (;;) {
    const { maxMillis } = options.bounds;
    const left = maxMillis === undefined ? undefined : Math.max(Math.round(maxMillis - (performance.now() - start)), 1);
    const found = await explore(system, { ...options, bounds: { ...options.bounds, maxMillis: left } });
    if (reduction.mistaken === 0) return found;
    if (found.ending !== "exhausted") {
      const { frontierCost: _, ...unsure } = found;
      return unsure;
    }
    reduction.adopt();
  }
};
