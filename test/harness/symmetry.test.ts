import { describe, expect, it } from "vitest";
import { loadDriver } from "../../driver/run/driver.ts";
import { buildSubject } from "../../harness/build-subject.ts";
import { exploreReduced } from "../../harness/explore-reduced.ts";
import type { SysramState } from "../../harness/state.ts";
import { type SysramSystem, sysramSystem } from "../../harness/sysram-system.ts";
import { claims } from "../../properties/index.ts";
import { enumerate } from "../support/enumerate.ts";
import { doing, referenceSubject } from "../support/review.ts";

const OPTIONS = { claims, faults: 0, preemptions: 1, bounds: {} } as const;

/** All of a state but what follows from the rest: to look at an observation would be a reason to tell states from each other. */
const content = ({ kernel, image, tasks, monitor }: SysramState): string => {
  const paused = tasks.map(({ before, ...task }) => ({ ...task, before: before?.kernel }));
  return JSON.stringify({ kernel, image, paused, monitor });
};

/** The states that can follow at once where nothing fails, as keys, in an order of their own. */
const successors = (system: SysramSystem, state: SysramState): readonly string[] => {
  const keys: string[] = [];
  for (const action of system.actions(state)) {
    enumerate(
      (chooser) => system.step(state, action, chooser),
      ({ state: after }, path) => {
        const hasFault = Array.from({ length: path.length }, (_, at) => path.fault(at)).some(
          (fault) => fault !== undefined,
        );
        if (!hasFault) keys.push(system.key(after));
      },
    );
  }
  return keys.sort();
};

/** The states of a search that are not canonical, with the canonical one. */
const symmetricStates = async (system: SysramSystem): Promise<readonly (readonly [SysramState, SysramState])[]> => {
  const pairs = new Map<string, readonly [SysramState, SysramState]>();
  const noting: SysramSystem = {
    ...system,
    key: (state) => {
      const key = system.key(state);
      const met = content(state);
      if (!pairs.has(met)) pairs.set(met, [state, system.revive!(key)]);
      return key;
    },
  };
  expect((await exploreReduced(noting, OPTIONS)).ending).toBe("exhausted");
  return [...pairs.values()].filter(([state, other]) => content(state) !== content(other));
};

describe("a state beside its canonical one", () => {
  const leadsTheSameWay = async (commands: RegExp, expected: readonly number[]): Promise<void> => {
    const whole = sysramSystem(loadDriver(await buildSubject(referenceSubject())), { regions: 1, blocks: 1, tasks: 2 });
    const system = doing(whole, (label) => commands.test(label));
    // All is refuted here that could change what is one to the search.
    await exploreReduced(system, OPTIONS);
    system.reduction!.refine();
    const pairs = await symmetricStates(system);
    const count = (tasks: number): number => pairs.filter(([state]) => state.tasks.length === tasks).length;
    expect([count(0), count(1), count(2)]).toEqual(expected);
    // They lead further than the search was to go, and so to what it has not refuted yet.
    do {
      system.reduction!.refine();
      for (const state of pairs.flat()) successors(system, state);
    } while (system.reduction!.refuted > 0);
    for (const [state, other] of pairs) expect(successors(system, other)).toEqual(successors(system, state));
  };

  it("leads to the same canonical states, whatever is done", () =>
    leadsTheSameWay(/^(probe region0, offline|unbind|cxl_region_find|drop)/, [6, 26, 0]));

  it("does so where two commands wait for each other in either order", { tags: ["long"] }, () =>
    leadsTheSameWay(/^(probe region0, offline|unbind|cxl_region_find|drop|echo o(ff|nline_m))/, [24, 242, 72]),
  );
});
