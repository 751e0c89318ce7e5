import { deserialize, serialize } from "node:v8";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Exploration, type ExploreOptions, explore } from "../../checker/explore.ts";
import type { Savable } from "../../checker/savable.ts";
import type { SavedSearch } from "../../checker/saved-search.ts";
import type { System } from "../../checker/system.ts";
import { arrivals, counter, graph, jugs } from "./systems.ts";
import { asTheTableSays, systemOf, tables } from "./table-system.ts";

const SEED = 20261122;

const written = (saved: SavedSearch): SavedSearch => deserialize(serialize(saved)) as SavedSearch;

const withoutTimes = ({ elapsedMs: _, ...rest }: Exploration): object => rest;

/** The search as it is put aside behind each state. */
const putAside = async <State, Action, Event>(
  system: System<State, Action, Event>,
  options: ExploreOptions<State, Action, Event>,
): Promise<{ readonly whole: Exploration; readonly saved: readonly SavedSearch[] }> => {
  const saved: SavedSearch[] = [];
  const save = (search: SavedSearch): void => {
    saved.push(written(search));
  };
  const whole = await explore(system, { ...options, saving: { everyMillis: 0, save } });
  return { whole, saved };
};

describe("a search that was put aside", () => {
  it(`ends as it would have, wherever it is gone on with, in random systems (seed ${SEED})`, async () => {
    await fc.assert(
      fc.asyncProperty(tables, fc.constantFrom<number | "all">(0, 1, "all"), async (table, faults) => {
        const options = { claims: [asTheTableSays], bounds: {}, faults };
        const { whole, saved } = await putAside(systemOf(table), options);
        for (const resume of saved) {
          expect(withoutTimes(await explore(systemOf(table), { ...options, resume }))).toEqual(withoutTimes(whole));
        }
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it("ends as it would have where it was stopped, time and again", async () => {
    const options = { claims: [arrivals(jugs.key)], bounds: {}, faults: "all" as const };
    const whole = await explore(jugs, options);
    let resume: SavedSearch | undefined;
    let stops = 0;
    const save = (saved: SavedSearch): void => {
      resume = written(saved);
    };
    for (;;) {
      const part: Exploration = await explore(jugs, {
        ...options,
        resume,
        signal: AbortSignal.abort(),
        saving: { everyMillis: Number.POSITIVE_INFINITY, save },
      });
      if (part.ending === "exhausted") {
        expect(withoutTimes(part)).toEqual(withoutTimes(whole));
        break;
      }
      expect(part.ending).toBe("interrupted");
      stops += 1;
    }
    // One state is expanded each time, and then the search is stopped again.
    expect(stops).toBe(whole.states);
  });

  it("goes on under another bound", async () => {
    const options = { claims: [], faults: "all" as const };
    const { saved } = await putAside(counter(), { ...options, bounds: { maxStates: 5 } });
    const further = await explore(counter(), { ...options, bounds: { maxDepth: 9 }, resume: saved[0] });

    expect(further).toMatchObject({ ending: "depth limit", states: 10 });
  });

  it("takes along what is counted beside it", async () => {
    let count = 0;
    const restore = (saved: unknown): void => {
      count = saved as number;
    };
    const beside: Savable = { save: () => count, restore };
    const counted: typeof jugs = {
      ...jugs,
      step: (...step) => {
        count += 1;
        return jugs.step(...step);
      },
    };
    const options = { claims: [], bounds: {}, faults: "all" as const, beside: [beside] };
    const { saved } = await putAside(counted, options);
    const steps = count;
    for (const resume of saved) {
      count = -1;
      await explore(counted, { ...options, resume });

      expect(count).toBe(steps);
    }
  });

  it("counts the time that it took before, and is bounded by the time that it takes now", async () => {
    const options = { claims: [], bounds: { maxMillis: 30 }, faults: "all" as const };
    const { whole, saved } = await putAside(counter(), options);
    const further = await explore(counter(), { ...options, resume: saved.at(-1)! });

    expect(further.elapsedMs).toBeGreaterThan(whole.elapsedMs + 25);
    expect(further.states).toBeGreaterThan(whole.states);
  });

  it("is refused by a system that is another one", async () => {
    const options = { claims: [], bounds: {}, faults: "all" as const };
    const { saved } = await putAside(graph("a b c d e", "a c"), options);
    const resume = saved.at(-1)!;

    await expect(explore(graph("a b"), { ...options, resume })).rejects.toMatchObject({ code: "schedule-misfit" });
  });
});
