import { deserialize, serialize } from "node:v8";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Exploration, type ExploreOptions, explore } from "../../checker/explore.ts";
import { HashedSet } from "../../checker/hashed-set.ts";
import type { SavedSearch } from "../../checker/saved-search.ts";
import { replay } from "../../checker/schedule.ts";
import type { System } from "../../checker/system.ts";
import type { Violation } from "../../checker/transition.ts";

import { visitedSet } from "../../checker/visited.ts";
import { claim, type Jugs, jugs, neverFourGallons, wrong } from "./systems.ts";
import { asTheTableSays, systemOf, tables } from "./table-system.ts";
import { weakHash } from "./weak-hash.ts";

const SEED = 20261122;

const hashed = () => visitedSet("hashed");

/** What a search found, without the times and without how its states were told apart. */
const gist = ({ elapsedMs: _, hashed: __, properties, ...rest }: Exploration): object => ({
  ...rest,
  properties: properties.map(({ because: ___, ...verdict }) => verdict),
});

/** The same system, and one that brings its states back: a state is what its key says. */
const reviving = <State, Action, Event>(system: System<State, Action, Event>): System<State, Action, Event> => {
  const states = new Map<string, State>();
  const key = (state: State): string => {
    const text = system.key(state);
    if (!states.has(text)) states.set(text, structuredClone(state));
    return text;
  };
  return { ...system, key, revive: (text) => structuredClone(states.get(text)!) };
};

describe("a search that knows states again by hashes", () => {
  it(`finds what one does that knows all of them, in random systems (seed ${SEED})`, async () => {
    await fc.assert(
      fc.asyncProperty(tables, fc.constantFrom<number | "all">(0, 1, "all"), async (table, faults) => {
        const options = { claims: [asTheTableSays], bounds: {}, faults };
        const exact = await explore(systemOf(table), options);

        expect(exact).not.toHaveProperty("hashed");
        for (const system of [systemOf(table), reviving(systemOf(table))]) {
          expect(gist(await explore(system, { ...options, visited: hashed }))).toEqual(gist(exact));
          expect(gist(await explore(system, options))).toEqual(gist(exact));
        }
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it(`ends as it would have, wherever it is gone on with, in random systems (seed ${SEED})`, async () => {
    await fc.assert(
      fc.asyncProperty(tables, async (table) => {
        const saved: SavedSearch[] = [];
        const save = (search: SavedSearch): void => {
          saved.push(deserialize(serialize(search)) as SavedSearch);
        };
        const options: ExploreOptions<number, number, Violation> = {
          ...{ claims: [asTheTableSays], bounds: {}, faults: "all", visited: hashed },
        };
        const { elapsedMs: _, ...whole } = await explore(systemOf(table), {
          ...options,
          saving: { everyMillis: 0, save },
        });
        for (const resume of saved) {
          for (const system of [systemOf(table), reviving(systemOf(table))]) {
            const { elapsedMs: __, ...ended } = await explore(system, { ...options, resume });
            expect(ended).toEqual(whole);
          }
        }
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  const small = claim<Jugs, never>("the small jug never holds four gallons", ({ after }) =>
    after.small === 4 ? [wrong("the small jug")] : [],
  );
  const SEARCH = { claims: [small], bounds: {}, faults: "all" } as const;

  it("says in each verdict what the odds are that it is not so", async () => {
    const { properties, hashed: odds } = await explore(jugs, { ...SEARCH, visited: hashed });

    expect(odds).toEqual({ bits: 64, chance: (17 * 16) / 2 ** 65 });
    expect(properties.map(({ verdict, because }) => `${verdict}: ${because}`)).toMatchInlineSnapshot(`
      [
        "holds: kept by the 96 transitions that put it to the test in the whole space of 16 states and 96 transitions, told apart by 64-bit hashes: the odds that one was missed are at most 1 in 1,000,000,000,000,000",
      ]
    `);
  });

  it("says nothing of the whole space where a state may well have been missed, and loses some", async () => {
    const weak = () => new HashedSet(weakHash(3), 3);
    const { states, ending, properties } = await explore(jugs, { ...SEARCH, visited: weak });

    expect(ending).toBe("exhausted");
    expect(states).toBeLessThanOrEqual(8); // of 16
    expect(properties.map(({ verdict, because }) => `${verdict}: ${because}`)).toMatchInlineSnapshot(`
      [
        "inconclusive: kept by the 24 transitions that put it to the test, but states were told apart by 3-bit hashes, with odds of up to 1 in 1 that one was taken for another",
      ]
    `);
  });

  it("is as sure of what is wrong as any other, whatever it misses", async () => {
    for (let bits = 0; bits <= 6; bits += 1) {
      const weak = () => new HashedSet(weakHash(bits), bits);
      const { findings } = await explore(jugs, { ...SEARCH, claims: [neverFourGallons], visited: weak });
      for (const { counterexample } of findings) {
        expect(replay(jugs, counterexample).steps.at(-1)!.transition.after.large).toBe(4);
      }
    }
  });
});
