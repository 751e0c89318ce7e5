import { describe, expect, it } from "vitest";
import type { Chooser } from "../../checker/chooser.ts";
import { explore } from "../../checker/explore.ts";
import { loadDriver } from "../../driver/run/driver.ts";
import { buildSubject } from "../../harness/build-subject.ts";
import { machineSubject } from "../../harness/machine-driver/subject.ts";
import { lifeAlone } from "../../harness/monitor-policy.ts";
import { offersOf } from "../../harness/offers.ts";
import type { SysramState } from "../../harness/state.ts";
import { type SysramSystem, sysramSystem } from "../../harness/sysram-system.ts";
import { claims } from "../../properties/index.ts";
import { PROBE, UNBIND, write } from "../support/commands.ts";
import { randomFrom } from "../support/random.ts";
import { doing, referenceSubject } from "../support/review.ts";

const SEED = 20261122;

/** All of a state but the functions in it, which follow from the rest. */
const content = (state: SysramState): unknown => JSON.parse(JSON.stringify(state));

/** Takes steps at random, and gives every state on the way. */
const visited = (system: SysramSystem, runs: number, steps: number): readonly SysramState[] => {
  const random = randomFrom(SEED);
  // Mostly nothing goes wrong, or every run would soon be over.
  const chooser: Chooser = {
    choose: (_, answers) => answers[random.chance(0.1) ? random.below(answers.length) : 0]!,
  };
  const states: SysramState[] = [];
  for (let run = 0; run < runs; run += 1) {
    let state = system.initial[run % system.initial.length]!;
    for (let step = 0; step < steps; step += 1) {
      states.push(state);
      const actions = system.actions(state);
      if (actions.length === 0) break;
      const { state: after, events } = system.step(state, actions[random.below(actions.length)]!, chooser);
      if (events.some(({ kind }) => kind === "died")) break;
      state = after;
    }
  }
  return states;
};

const SYSTEMS: readonly (readonly [name: string, make: () => Promise<SysramSystem>])[] = [
  [
    "a life cycle",
    async () => sysramSystem(machineSubject("as-posted").driver(), SMALL_ONE, { monitors: lifeAlone("as-posted") }),
  ],
  ["C, in one task", async () => sysramSystem(loadDriver(await buildSubject(referenceSubject())), SMALL_ONE)],
  [
    "C, in two tasks",
    async () =>
      sysramSystem(
        loadDriver(await buildSubject(referenceSubject())),
        { ...SMALL_ONE, tasks: 2 },
        { isReduced: false },
      ),
  ],
];

const SMALL_ONE = { regions: 1, blocks: 1 } as const;

describe.each(SYSTEMS)("the key of a state of %s", (_, make) => {
  it(`brings it back, as long as any state is in between (seed ${SEED})`, async () => {
    const system = await make();
    const states = visited(system, 40, 30);
    const keys = states.map((state) => system.key(state));
    expect(new Set(keys).size).toBeGreaterThan(100);
    for (const [at, key] of keys.entries()) {
      const revived = system.revive!(key);
      expect(system.key(revived)).toBe(key);
      expect(content(revived)).toEqual(content(states[at]!));
      expect(system.actions(revived)).toEqual(system.actions(states[at]!));
    }
  });
});

describe("a search that keeps keys in place of states", () => {
  it.each([1, 2])("meets the same with %i task(s)", async (tasks) => {
    const image = await buildSubject(referenceSubject());
    const found = [true, false].map((revives) => {
      const whole = sysramSystem(loadDriver(image), { ...SMALL_ONE, tasks }, { isReduced: false });
      const system = doing(whole, (label) => [PROBE, write("offline"), UNBIND].includes(label));
      return explore(revives ? system : { ...system, revive: undefined }, {
        ...{ claims, offers: offersOf(whole), faults: 1, preemptions: 1 },
        bounds: { maxStates: 800 },
      });
    });
    const [one, other] = (await Promise.all(found)).map(({ elapsedMs: _, ...rest }) => rest);
    expect(one).toEqual(other);
  });
});
