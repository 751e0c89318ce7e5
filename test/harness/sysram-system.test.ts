import { beforeAll, describe, expect, it } from "vitest";
import { replayTwice } from "../../checker/audit.ts";
import type { Chooser } from "../../checker/chooser.ts";
import { followed, type Step } from "../../checker/walk.ts";
import type { SysramAction, SysramState } from "../../harness/state.ts";
import type { SysramSystem } from "../../harness/sysram-system.ts";
import type { SysramEvent } from "../../models/observation.ts";
import { swarmFrom } from "../support/audit-key.ts";
import { GOES_ON, PIN, WORKER_UNBINDS } from "../support/commands.ts";
import { randomFrom } from "../support/random.ts";
import { referenceSubject, SMALL, systemOf } from "../support/review.ts";

const kind: Chooser = { choose: (_, [first]) => first };

const OFFLINES = "the administrator offlines memory block 0 of region0";

let system: SysramSystem;
beforeAll(async () => {
  system = await systemOf(referenceSubject(), SMALL);
});

/** Takes the actions with these descriptions, with nothing going wrong. */
const reached = (from: SysramState, ...wanted: readonly string[]): SysramState => {
  let state = from;
  for (const description of wanted) {
    const actions = system.actions(state);
    const action = actions.find((candidate) => system.describe(candidate) === description);
    if (action === undefined) {
      throw new Error(`"${description}" is not among ${actions.map(system.describe).join(", ")}`);
    }
    state = system.step(state, action, kind).state;
  }
  return state;
};

const plugged = (): SysramState => reached(system.initial[0]!, "probe region0, online_movable");

describe("a command that sleeps", () => {
  const asleep = (): SysramState => reached(plugged(), WORKER_UNBINDS);
  it("is kept with its stack, its frames and what it was doing", () => {
    const { tasks, image, observation } = asleep();

    expect(tasks).toHaveLength(1);
    expect(tasks[0]!.layers.map(({ kind: what }) => what)).toEqual(["procedure", "driver", "procedure"]);
    const drivers = tasks[0]!.layers.flatMap((layer) => (layer.kind === "driver" ? [layer.activation.entry] : []));
    expect(drivers).toEqual(["invoke_shape_v_p"]);
    expect(image.segments.length).toBeGreaterThan(plugged().image.segments.length);
    expect(observation.isAtRest).toBe(false);
  });

  it("comes to the end that it would have come to without sleeping", () => {
    const slept = reached(asleep(), OFFLINES, GOES_ON);
    const straight = reached(plugged(), OFFLINES, WORKER_UNBINDS);

    expect(slept.tasks).toEqual([]);
    expect(system.key(slept)).toBe(system.key(straight));
    expect(slept.kernel).toEqual(straight.kernel);
    expect(slept.image.segments.map(({ id }) => id)).toEqual(straight.image.segments.map(({ id }) => id));
  });

  it("comes back to the same state for as long as nothing changes", () => {
    const once = reached(asleep(), GOES_ON);
    expect(system.key(reached(once, GOES_ON))).toBe(system.key(once));
    const ended = system.key(reached(asleep(), OFFLINES, GOES_ON));
    expect(system.key(reached(once, GOES_ON, OFFLINES, GOES_ON))).toBe(ended);
  });

  it("is not disturbed by steps that are taken from other states meanwhile", () => {
    const state = asleep();
    const expected = system.key(reached(state, OFFLINES, GOES_ON));
    reached(system.initial[0]!, "probe region0, offline", "unbind the driver of region0");
    reached(plugged(), "echo offline > sysram_region0/hotplug");
    expect(system.key(reached(state, OFFLINES, GOES_ON))).toBe(expected);
  });

  it("lets only itself go on, and what others do at once", () => {
    expect(system.actions(asleep()).map(system.describe)).toEqual([GOES_ON, PIN, OFFLINES, "cat /proc/iomem"]);
  });
});

describe("the system of a driver", () => {
  it("leaves a state as it was, however many steps are taken from it", () => {
    const state = plugged();
    const before = structuredClone({ kernel: state.kernel, image: state.image, tasks: state.tasks });
    for (const action of system.actions(state)) system.step(state, action, kind);
    expect({ kernel: state.kernel, image: state.image, tasks: state.tasks }).toEqual(before);
  });

  it("lists what may happen in one order, harmless things first", () => {
    const states = [system.initial[0]!, plugged(), reached(plugged(), PIN)];
    for (const state of states) {
      const first = system.actions(state).map(system.describe);
      expect(system.actions(state).map(system.describe)).toEqual(first);
      expect(new Set(first).size).toBe(first.length);
    }
    // The order does not depend on how the state was reached.
    const there = reached(plugged(), "echo offline > sysram_region0/hotplug");
    const back = reached(
      reached(there, "echo online_movable > sysram_region0/hotplug"),
      "echo offline > sysram_region0/hotplug",
    );
    expect(system.key(back)).toBe(system.key(there));
    expect(system.actions(back).map(system.describe)).toEqual(system.actions(there).map(system.describe));
  });

  it("takes every run a second time to the same states (seed 20261122)", { tags: ["random"] }, () => {
    const random = randomFrom(20_261_122);
    let asked = 0;
    for (let run = 0; run < 30; run += 1) {
      const initial = random.below(system.initial.length);
      const steps = followed<SysramState, SysramAction, SysramEvent>(
        system,
        system.initial[initial]!,
        swarmFrom(random),
      );
      const taken: Step[] = [];
      const keys: string[] = [];
      for (const { step, transition, asked: questions } of steps) {
        taken.push(step);
        keys.push(system.key(transition.after));
        asked += questions.length;
        if (taken.length >= 12) break;
      }
      const again = replayTwice(system, { initial, steps: taken });
      expect(again.steps.map(({ transition }) => system.key(transition.after))).toEqual(keys);
    }
    expect(asked).toBeGreaterThan(300);
  });
});
