import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { address } from "../../abi/address.ts";
import { MEMORY_MAP } from "../../abi/memory-map.ts";
import { type ControlLocation, liveVariables } from "../../harness/live-variables.ts";
import type { Segment } from "../../harness/memory-image.ts";
import { initialKernelState } from "../../models/index.ts";
import { UNBIND, write } from "../support/commands.ts";
import { agreedOn, bothOf, type Programmed, programmed, saidBy } from "./programmed-driver.ts";

const ONLINE = write("online_movable");
const OFFLINE = write("offline");

let driver: Programmed;
const build = async (): Promise<void> => {
  driver = await programmed();
};

describe("variables that are live", () => {
  const AT = MEMORY_MAP.heapStart;
  const [REST, FIRST, SECOND] = [0, 1, 2];
  const KIND = 3;
  const objects = [{ at: AT, size: 8, kind: KIND }];
  const at = (place: number): ControlLocation => ({ number: place, place, objects });

  /** Of a driver whose places are the state at rest and those of two commands that have begun. */
  const fresh = () => {
    const live = liveVariables();
    const kernel = initialKernelState;
    const task = (command: number) => ({ id: 0, command, layers: [] }) as never;
    expect(live.locationOf([], kernel).place).toBe(REST);
    expect(live.locationOf([task(0)], kernel).place).toBe(FIRST);
    expect(live.locationOf([task(1)], kernel).place).toBe(SECOND);
    let segments = 0;
    const told = (place: number): readonly [boolean, boolean] => {
      const segment = (...words: readonly number[]): Segment => ({
        id: ++segments,
        at: address(AT),
        words: Uint32Array.from(words),
      });
      const id = live.idOf(segment(0, 0), at(place));
      return [id !== live.idOf(segment(7, 0), at(place)), id !== live.idOf(segment(0, 7), at(place))];
    };
    const step = (from: number, to: number, act: () => void = () => {}): void => {
      live.begin(at(from));
      act();
      live.end(at(to));
    };
    return { live, told, step };
  };

  it("are none at first, and those alone where the step began that it reads before it has written them", () => {
    const { live, told, step } = fresh();
    step(FIRST, SECOND, () => {
      live.reads(AT, 4);
      live.writes(AT + 4, 4);
      live.reads(AT + 4, 4);
    });

    expect(told(FIRST)).toEqual([true, false]);
    expect(told(SECOND)).toEqual([false, false]);
  });

  it("are those that are live where a step has ended, but for what it has written whole", () => {
    const { live, told, step } = fresh();
    step(FIRST, SECOND, () => {
      live.writes(AT, 2);
      live.writes(AT + 4, 4);
    });
    step(SECOND, SECOND, () => live.reads(AT, 8));

    expect(told(SECOND)).toEqual([true, true]);
    expect(told(FIRST)).toEqual([true, false]);
  });

  it("are those that one step of several leaves as they are", () => {
    const { live, told, step } = fresh();
    step(FIRST, SECOND, () => live.writes(AT, 8));
    step(SECOND, SECOND, () => live.reads(AT, 8));
    expect(told(FIRST)).toEqual([false, false]);

    step(FIRST, SECOND, () => live.writes(AT, 4));
    expect(live.refuted).toBe(1);
    live.refine();
    expect(told(FIRST)).toEqual([false, true]);
  });

  it("are live where more is under way than where they were seen to be", () => {
    const { live, told, step } = fresh();
    step(REST, REST, () => live.reads(AT, 4));

    expect(told(FIRST)).toEqual([true, false]);
  });

  it("count as a mistake only where states were told apart", () => {
    const { live, told, step } = fresh();
    step(FIRST, SECOND, () => live.reads(AT, 4));
    expect(live.refuted).toBe(0);
    told(FIRST);
    step(FIRST, SECOND, () => live.reads(AT + 4, 4));
    expect(live.refuted).toBe(1);
    live.refine();
    expect(live.refuted).toBe(0);
    expect(told(FIRST)).toEqual([true, true]);
  });

  it("are what they were after being put aside", () => {
    const { live, step } = fresh();
    step(FIRST, SECOND, () => live.reads(AT, 4));
    const saved = live.save();
    step(FIRST, SECOND, () => live.reads(AT + 4, 4));

    const other = fresh();
    other.live.restore(saved);
    expect(other.told(FIRST)).toEqual([true, false]);
    live.restore(saved);
    expect(live.save()).toEqual(saved);
  });

  it("are those that are looked at from outside: in the state, or before a step that does not write them", () => {
    const { live, told, step } = fresh();
    step(FIRST, SECOND, () => live.writes(AT, 4));
    const look = live.looking(at(SECOND));
    look(AT, 8, true);
    expect(told(SECOND)).toEqual([false, false]);
    expect(told(FIRST)).toEqual([false, true]);

    look(AT, 4);
    live.refine();
    expect(told(SECOND)).toEqual([true, false]);
  });

  it("are all that hold addresses of what is allocated", () => {
    const { live } = fresh();
    const holding = (id: number, word: number): number =>
      live.idOf({ id, at: address(AT), words: Uint32Array.of(word, 0) }, at(REST));

    expect(holding(1, AT)).not.toBe(holding(2, AT + 4));
    expect(holding(3, 1)).toBe(holding(4, 2));
  });
});

const CRASHES = "the-driver-does-not-crash";
const UNORDERED = "accesses-are-ordered";

/** One value or none, and the object that may hold it. */
const SETS = ["L1U", "LBbrsU"];

describe("a search that leaves out what dead variables tell", { tags: ["long"] }, () => {
  beforeAll(build);

  it.each([
    { name: "never", mode: 1 },
    { name: "only by a write of offline", mode: 3 },
  ])("finds a field that writes leave stale: it is written $name", async ({ mode }) => {
    const broken = await agreedOn(driver, { mode, commands: [ONLINE, OFFLINE] });
    expect(broken).toEqual(["documented-fields-are-kept"]);
  });

  it("finds a field that is written only where another one has a certain value", { tags: ["long"] }, async () => {
    const broken = await agreedOn(driver, { mode: 2, commands: [ONLINE, OFFLINE], programs: ["L1.U", "L0.U"] });
    expect(broken).toContain("documented-fields-are-kept");
  });

  it("finds nothing where every write writes it", async () => {
    expect(await agreedOn(driver, { commands: [ONLINE, OFFLINE] })).toEqual([]);
  });

  it.each([
    { name: "left in a field", programs: ["L1U", "L0U", "Lr!U"], broken: true },
    { name: "left in a field only for as long as the other task waits", programs: ["L1UL0U", "LrU.L!U"], broken: true },
    { name: "left in a field and written over under the lock", programs: ["L0.U", "L.1.0.U", "Lr!U"], broken: false },
    { name: "left in an object of its own", programs: [...SETS, "Lbg!U"], broken: true },
    { name: "copied to another word by memcpy()", programs: [...SETS, "LbcU", "LbG!U"], broken: true },
    {
      name: "in one byte of a word of which others are written",
      programs: ["L1U", "LBbrtU", "LbuU", "LbT!U"],
      broken: true,
    },
  ])("knows what comes of a value that an earlier command has $name", async ({ programs, broken }) => {
    const found = await agreedOn(driver, { programs });
    expect(found.includes(CRASHES)).toBe(broken);
  });

  it("finds what a value in a copy made by kmemdup() leads to", { tags: ["long"] }, async () => {
    expect(await agreedOn(driver, { programs: [...SETS, "LbdU", "Lbg!U"] })).toContain(CRASHES);
  });

  it("finds what only a second interruption shows", { tags: ["long"] }, async () => {
    const programs = ["L1UL0UL1U", "LrU.L+!U", "r.w"];
    expect(await agreedOn(driver, { programs, preemptions: 2 })).toContain(UNORDERED);
  });
});

const SEED = 20261123;

const OPERATIONS = [..."01rw+!?BFbsgGctTu."];

const section = fc
  .tuple(
    fc.constantFrom("LU", "LU", "MN", ""),
    fc.array(fc.constantFrom(...OPERATIONS), { minLength: 1, maxLength: 3 }),
  )
  .map(([[take = "", release = ""], inside]) => `${take}${inside.join("")}${release}`);

/** Some sections, in each of three programs. */
const program = fc.array(section, { minLength: 1, maxLength: 2 }).map((sections) => sections.join("."));

const agree = (runs: number): Promise<void> =>
  fc.assert(
    fc.asyncProperty(fc.uniqueArray(program, { minLength: 3, maxLength: 3 }), async (programs) => {
      const { reduced, full } = await bothOf(driver, { programs, commands: [UNBIND] });
      expect(saidBy(reduced)).toEqual(saidBy(full));
    }),
    { seed: SEED, numRuns: runs, endOnFailure: true },
  );

describe("drawn programs", { tags: ["long"] }, () => {
  beforeAll(build);

  it(`break what they break in a search without reduction, in 3 drivers (seed ${SEED})`, { tags: ["random"] }, () =>
    agree(3),
  );

  it(
    `break what they break in a search without reduction, in 500 drivers (seed ${SEED})`,
    {
      tags: ["random", "long"],
      timeout: 1_200_000,
    },
    () => agree(500),
  );
});
