import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { address } from "../../abi/address.ts";
import type { Claim } from "../../checker/claims/claim.ts";
import { stepClaim } from "../../checker/claims/step-claim.ts";
import { type Exploration, explore } from "../../checker/explore.ts";
import { type Driver, loadDriver } from "../../driver/run/driver.ts";
import { buildSubject } from "../../harness/build-subject.ts";
import { exploreReduced } from "../../harness/explore-reduced.ts";
import { offersOf } from "../../harness/offers.ts";
import type { SysramState } from "../../harness/state.ts";
import { sysramSystem } from "../../harness/sysram-system.ts";
import type { SysramEvent } from "../../models/observation.ts";
import { PROBE, write } from "../support/commands.ts";
import { doing, referenceSubject } from "../support/review.ts";
import { stepClaims } from "../support/step-claims.ts";

/**
 * Our own driver with a store that runs a program: one of its own for each of two words that are written to it.
 *
 * A program is a list of small things that drivers do to what they share. So one build gives any number of systems.
 */
const INTERPRETER = `char programs[2][8];
int shared_x, shared_y;
static int *shared_p;
static DEFINE_MUTEX(gate_one);
static DEFINE_MUTEX(gate_two);
static unsigned long begun;

static void interpret(const char *program)
{
	int seen = 0;

	for (int at = 0; at < 8 && program[at]; at++) {
		switch (program[at]) {
		case 1: mutex_lock(&gate_one); break;
		case 2: mutex_unlock(&gate_one); break;
		case 3: mutex_lock(&gate_two); break;
		case 4: mutex_unlock(&gate_two); break;
		case 5: seen = shared_x; break;
		case 6: shared_x = (seen + 1) % 3; break;
		case 7: shared_y = shared_x; break;
		case 8: if (shared_y & 1) at++; break;
		case 9: mhp_get_default_online_type(); break;
		case 10: shared_p = kzalloc(sizeof(*shared_p), GFP_KERNEL); break;
		case 11: kfree(shared_p); shared_p = NULL; break;
		case 12: if (shared_p) *shared_p += 1; break;
		}
	}
}

static ssize_t hotplug_store(`;

const subject = referenceSubject(
  { replace: "static ssize_t hotplug_store(", with: INTERPRETER },
  {
    replace: `	/* Another writer may take long to offline: a signal ends the wait for it. */
	ACQUIRE(mutex_intr, lock)(&sysram->lock);
	err = ACQUIRE_ERR(mutex_intr, &lock);
	if (err)
		return err;

	err = sysram_command(sysram, cmd);
`,
    with: `	err = 0;
	(void)sysram;
	/* Each program runs once, or those that count and allocate would never come to an end. */
	if (!test_and_set_bit(cmd == MMOP_OFFLINE ? 0 : 1, &begun))
		interpret(programs[cmd == MMOP_OFFLINE ? 0 : 1]);
`,
  },
);

const OPERATIONS = 12;
const OPTIONS = { faults: 0, preemptions: 2, bounds: {} } as const;

type Program = readonly number[];

let driver: Driver;
let data: Uint8Array;
beforeAll(async () => {
  driver = loadDriver(await buildSubject(subject));
  data = driver.memory.bytes.slice(driver.writableStart, driver.dataEnd);
});

const variable = (name: string) => driver.variables.find((one) => one.name === name)!;

/** Is broken once by each state at rest that can be told from others by what the programs share. */
const restsIn = (): Claim<SysramState, unknown, SysramEvent> => {
  const places = ["shared_x", "shared_y"].map((name) => variable(name).at >> 2);
  return stepClaim<SysramState, SysramEvent>({
    id: "rests-in",
    group: "test",
    claim: "never rests",
    why: "",
    source: "",
    assumptions: [],
    concerns: () => true,
    violations: ({ after }) => {
      if (after.tasks.length > 0) return [];
      const [{ at, words }] = after.image.segments as [SysramState["image"]["segments"][number]];
      return [{ object: places.map((place) => words[place - (at >> 2)]).join(" "), site: "", detail: "" }];
    },
  });
};

/** What a search says, by the interruptions that it takes; how the steps are cut is no matter. */
const saidBy = ({ ending, findings }: Exploration) => ({
  ending,
  findings: findings
    .map(({ property, object, site, cost }) => `${property}, ${object}, ${site}: ${cost.preemptions}`)
    .sort(),
});

const compare = async (programs: readonly Program[]) => {
  driver.memory.bytes.set(data, driver.writableStart);
  const { at } = variable("programs");
  for (const [index, program] of programs.entries()) {
    for (let place = 0; place < 8; place += 1) {
      driver.memory.setU8(address(at + index * 8 + place), program[place] ?? 0);
    }
  }
  const booted = driver.memory.bytes.slice(driver.writableStart, driver.dataEnd);
  const searched = async (isReduced: boolean): Promise<Exploration> => {
    // What an earlier system has left in the memory is no part of this one.
    driver.memory.bytes.set(booted, driver.writableStart);
    const whole = sysramSystem(driver, { regions: 1, blocks: 1, tasks: 2 }, { isReduced });
    const place = whole.commands.findIndex(({ label }) => label === PROBE);
    const probed = whole.step(
      whole.initial[0]!,
      { kind: "start", command: place },
      { choose: (_, answers) => answers[0] },
    );
    const system = doing({ ...whole, initial: [probed.state] }, (label) =>
      [write("offline"), write("online_movable")].includes(label),
    );
    const options = { ...OPTIONS, claims: [...stepClaims, restsIn()], offers: offersOf(system) };
    return isReduced ? exploreReduced(system, options) : explore(system, options);
  };
  return { reduced: await searched(true), full: await searched(false) };
};

const operations = (maxLength: number) =>
  fc.array(fc.integer({ min: 5, max: OPERATIONS }), { minLength: 1, maxLength });

/** What a program does under one of the locks, or, more seldom, under none. */
const section = fc
  .tuple(fc.constantFrom([1, 2], [1, 2], [3, 4], []), operations(4))
  .map(([[take, release], inside]) => (take === undefined ? inside : [take, ...inside, release!]));

/** Now and then somebody forgets to take a lock, or takes it twice. */
const program = fc.oneof(
  { weight: 4, arbitrary: section },
  { weight: 1, arbitrary: fc.array(fc.integer({ min: 1, max: OPERATIONS }), { minLength: 1, maxLength: 6 }) },
);

const programs = fc.tuple(program, program);

const SEED = 20261122;

const agree = async (runs: number): Promise<{ readonly reduced: number; readonly full: number }> => {
  const states = { reduced: 0, full: 0 };
  await fc.assert(
    fc.asyncProperty(programs, async (pair) => {
      const { reduced, full } = await compare(pair);
      states.reduced += reduced.states;
      states.full += full.states;
      expect(saidBy(reduced)).toEqual(saidBy(full));
    }),
    { seed: SEED, numRuns: runs, endOnFailure: true },
  );
  return states;
};

describe("interrupting tasks only where others could notice", () => {
  it("finds the lost update of two tasks that add to a number without a lock", async () => {
    const { reduced, full } = await compare([
      [5, 9, 6],
      [5, 9, 6],
    ]);

    expect(saidBy(reduced)).toEqual(saidBy(full));
    expect(saidBy(reduced).findings).toContain("accesses-are-ordered, shared_x, : 1");
  });

  it(`finds what interrupting them everywhere finds, in 12 pairs of programs (seed ${SEED})`, {
    tags: ["random"],
  }, async () => {
    const states = await agree(12);

    expect(states.reduced).toBeLessThan(states.full);
  });

  it(`finds what interrupting them everywhere finds, in 1000 pairs of programs (seed ${SEED})`, {
    tags: ["random", "long"],
    timeout: 1_200_000,
  }, async () => {
    await agree(1000);
  });
});
