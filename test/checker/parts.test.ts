import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Answer } from "../../checker/chooser.ts";
import type { Claim } from "../../checker/claims/claim.ts";
import { type Exploration, type ExploreOptions, explore } from "../../checker/explore.ts";
import { mergeParts, partOf, pricedPart, sharesOf, withRuns } from "../../checker/parts.ts";
import type { System } from "../../checker/system.ts";
import type { Violation } from "../../checker/transition.ts";
import { confirm } from "../support/confirm.ts";
import { claim } from "./systems.ts";
import { asTheTableSays, systemOf, type Table, tables } from "./table-system.ts";

const SEED = 20261122;

/** A state of one of several tables that lie side by side, and know nothing of each other. */
interface Placed {
  readonly table: number;
  readonly state: number;
}

/** All tables as one system, which begins in the first state of each. */
const beside = (all: readonly Table[]): System<Placed, number, Violation> => {
  const systems = all.map(systemOf);
  return {
    initial: all.map((_, table) => ({ table, state: 0 })),
    actions: ({ table, state }) => systems[table]!.actions(state),
    step: ({ table, state: before }, action, chooser) => {
      const { state, events } = systems[table]!.step(before, action, chooser);
      return { state: { table, state }, events };
    },
    key: ({ table, state }) => `${table}/${state}`,
    describe: String,
  };
};

/** Is put to the test by some steps only. */
const rarelyTested = claim<Placed, Violation>(
  "a step that ends in a third state says nothing",
  () => [],
  ({ after }) => after.state === 2,
);

const PROPERTIES = [asTheTableSays as unknown as Claim<Placed, unknown, Violation>, rarelyTested];

type Options = Omit<ExploreOptions<Placed, number, Violation>, "claims">;

const inParts = async (system: System<Placed, number, Violation>, options: Options): Promise<Exploration> => {
  const shares =
    options.bounds.maxStates === undefined ? [] : sharesOf(options.bounds.maxStates, system.initial.length);
  const parts = await Promise.all(
    system.initial.map(async (_, initial) => {
      const part = partOf(system, initial);
      const bounds = { ...options.bounds, maxStates: shares[initial] };
      const found = await explore(part, { ...options, claims: PROPERTIES, bounds });
      const exploration = withRuns(found, ({ steps }) => ({ initial, steps }));
      return { ...pricedPart(part, found), exploration };
    }),
  );
  return mergeParts(parts, { maxStates: options.bounds.maxStates, elapsedMs: 0 });
};

const byName = <T>(list: readonly T[], name: (each: T) => string): readonly T[] =>
  list.toSorted((one, other) => (name(one) < name(other) ? -1 : 1));

/** All of a search that its order cannot decide: of equally cheap runs it keeps the one that it comes to first. */
const gist = ({ elapsedMs: _, ...found }: Exploration) => ({
  ...found,
  properties: found.properties.map(({ witness, ...counts }) => ({
    ...counts,
    witness: witness === undefined ? undefined : witness.steps.length,
  })),
  findings: byName(
    found.findings.map(({ counterexample: _, isFatal: __, ...finding }) => finding),
    ({ object, site }) => object + site,
  ),
  questions: byName(
    found.questions.map(({ question, answers }) => ({
      question,
      answers: byName(answers, ({ label, fault }) => `${label} ${fault}`),
    })),
    ({ question }) => question,
  ),
});

describe("a search in parts", () => {
  const several = fc.array(tables, { minLength: 1, maxLength: 4 });
  const options = fc.record({
    faults: fc.constantFrom<number | "all">("all", 0, 1),
    bounds: fc.constantFrom({}, {}, { maxDepth: 2 }),
  });

  it(`comes to what one search comes to, over 500 sets of tables (seed ${SEED})`, { tags: ["random"] }, async () => {
    await fc.assert(
      fc.asyncProperty(several, options, async (all, asked) => {
        const system = beside(all);
        const merged = await inParts(system, asked);
        expect(gist(merged)).toEqual(gist(await explore(system, { ...asked, claims: PROPERTIES })));
        for (const finding of merged.findings) confirm(system, PROPERTIES, finding);
      }),
      { numRuns: 500, seed: SEED },
    );
  });

  /** A table of one state: one step out of it breaks the claim, behind `faults` small allocations that fail. */
  const breaking = (detail: string, isSure: boolean): Table => {
    const leaf = { to: 0, violations: [{ object: "ring", site: "a.c:1", detail }] };
    const branch = (answer: Answer, then: { readonly to: number; readonly violations: readonly Violation[] }) => ({
      answer,
      then,
    });
    const branches = [
      branch({ label: "a block" }, { to: 0, violations: [] }),
      branch({ label: "NULL", fault: "small allocation" }, leaf),
    ];
    const asked = { question: "kmalloc()", branches };
    return [[isSure ? leaf : asked]];
  };

  it("keeps the cheapest run to a finding, and of equals the one of the first part", async () => {
    const system = beside([breaking("costly", false), breaking("first", true), breaking("second", true)]);
    const { findings } = await inParts(system, { faults: "all", bounds: {} });
    expect(findings).toEqual([
      expect.objectContaining({
        detail: "first",
        seen: 3,
        needs: "nothing",
        counterexample: { initial: 1, steps: [{ action: 0, answers: [] }] },
      }),
    ]);
  });

  /** A chain of states, one after the other. */
  const chain = (length: number): Table =>
    Array.from({ length }, (_, state) => (state + 1 < length ? [{ to: state + 1, violations: [] }] : []));

  it("gives each part an equal share of the states", async () => {
    expect(sharesOf(11, 4)).toEqual([3, 3, 3, 2]);
    const found = await inParts(beside([chain(2), chain(7)]), { faults: "all", bounds: { maxStates: 8 } });
    expect(found).toMatchObject({ ending: "state limit", states: 6 });
    expect(found.properties[0]!.because).toContain("the search was to meet no more than 8 states");
  });

  it("ends as its weakest part, and has followed no more than that", async () => {
    const system = beside([chain(2), chain(7)]);
    const [short, long] = await Promise.all(
      [{}, { signal: AbortSignal.abort() }].map(async (more, part) =>
        explore(partOf(system, part), { claims: PROPERTIES, faults: "all", bounds: {}, ...more }),
      ),
    );
    const merge = (...parts: readonly Exploration[]) =>
      mergeParts(
        parts.map((exploration) => ({ exploration, witnessCosts: [undefined, undefined] })),
        { elapsedMs: 0 },
      );
    const merged = merge(short!, long!);
    expect(merged).toMatchObject({ ending: "interrupted", states: 3, frontier: 1, frontierCost: long!.frontierCost });
    expect(merged.properties.map(({ verdict }) => verdict)).toEqual(["inconclusive", "inconclusive"]);
    const { frontierCost: _, ...unknown } = long!;
    expect(merge(short!, long!, unknown).frontierCost).toBeUndefined();
  });

  it("says no more of a property than each of its parts", async () => {
    const found = await explore(systemOf(chain(3)), { claims: [asTheTableSays], faults: "all", bounds: {} });
    const [known] = found.properties;
    const open = { ...known!, verdict: "inconclusive" as const, because: "one state is in doubt" };
    const parts = [known!, open].map((verdict) => ({
      exploration: { ...found, properties: [verdict] },
      witnessCosts: [undefined],
    }));
    expect(mergeParts(parts, { elapsedMs: 0 }).properties).toMatchObject([
      { verdict: "inconclusive", because: "one state is in doubt" },
    ]);
  });
});
