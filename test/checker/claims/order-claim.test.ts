import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { certify } from "../../../checker/certify.ts";
import { orderClaim } from "../../../checker/claims/order-claim.ts";
import type { Nesting } from "../../../checker/claims/order-rule.ts";
import { contextOf } from "../../../checker/context.ts";
import { explore } from "../../../checker/explore.ts";
import { searchPlainly } from "../../../checker/plain-search.ts";
import type { SavedSearch } from "../../../checker/saved-search.ts";
import { replay } from "../../../checker/schedule.ts";
import type { System } from "../../../checker/system.ts";

const SEED = 20261124;

/** `b while a`, with the place behind it where there is one: `b while a at 3`; a leading `-` says that it is nobody's. */
const nesting = (text: string): Nesting => {
  const [, sign, inner, outer, site] = /^(-?)(\w+) while (\w+)(?: at (\d+))?$/.exec(text)!;
  return { inner: inner!, outer: outer!, site: site ?? "", isSubjects: sign === "" };
};

const claim = orderClaim<number, Nesting>({
  id: "one order",
  group: "toys",
  claim: "one order",
  why: "",
  source: "",
  assumptions: [],
  nestings: ({ events }) => events,
  words: ({ outer, inner }) => `${inner} while ${outer}`,
});

/** A chain of states: each step takes what stands in its line. */
const chain = (...lines: readonly (readonly string[])[]): System<number, "go on", Nesting> => ({
  initial: [0],
  actions: (at) => (at < lines.length ? ["go on"] : []),
  step: (at) => ({ state: at + 1, events: lines[at]!.map(nesting) }),
  key: String,
  describe: (action) => action,
});

const search = (system: System<number, "go on", Nesting>, more: { readonly resume?: SavedSearch } = {}) =>
  explore(system, { claims: [claim], bounds: {}, faults: "all", ...more });

describe("a claim on the order in which things are taken", () => {
  it("holds where no order goes round", async () => {
    const { findings, properties } = await search(chain(["b while a"], [], ["c while b", "c while a"]));
    expect(findings).toEqual([]);
    expect(properties).toMatchObject([{ verdict: "holds", concerned: 2, violated: 0 }]);
  });

  it("is unreached where nothing is taken while something else is held", async () => {
    expect((await search(chain([], []))).properties).toMatchObject([{ verdict: "unreached" }]);
  });

  it("is broken by two runs that take two things in opposite orders; the costlier one is shown", async () => {
    const system = chain(["b while a at 1"], [], ["a while b at 2"], ["a while b at 3"]);
    const { findings, properties } = await search(system);
    expect(properties).toMatchObject([{ verdict: "violated", concerned: 3, violated: 1 }]);
    expect(findings).toMatchObject([
      {
        object: "the order of a and b",
        site: "2",
        detail: "a while b, and elsewhere b while a",
        cost: { steps: 3 },
        besides: [{ what: "b while a", site: "1" }],
      },
    ]);
    const { counterexample, besides } = findings[0]!;
    const run = replay<number, unknown, Nesting>(system, counterexample);
    const evidence = (detail: string) =>
      claim.evidence(run, { ...findings[0]!, detail, isAtEnd: true }, contextOf<number, unknown, Nesting>(system, []))
        .kind;
    expect(evidence(findings[0]!.detail)).toBe("shown");
    expect(evidence("b while a")).toBe("not shown");
    expect(claim.partsIn(run)).toEqual(["a while b"]);
    expect(besides![0]!.run.steps).toHaveLength(1);
  });

  it("is broken by a run alone that takes two things both ways", async () => {
    const system = chain(["b while a at 1"], ["a while b at 2"]);
    const run = replay<number, unknown, Nesting>(system, {
      initial: 0,
      steps: [0, 0].map((action) => ({ action, answers: [] })),
    });
    const context = contextOf<number, unknown, Nesting>(system, []);
    expect(claim.shownIn(run, context)).toMatchObject([{ step: 2, violation: { object: "the order of a and b" } }]);
    expect(claim.shownIn({ ...run, steps: run.steps.slice(0, 1) }, context)).toEqual([]);
  });

  it("sees a way round through three, and says nothing of one in which the subject has no part", async () => {
    const three = await search(chain(["b while a"], ["c while b"], ["a while c"]));
    expect(three.findings.map(({ object }) => object)).toEqual(["the order of a and b and c"]);
    const foreign = await search(chain(["-b while a"], ["-a while b"]));
    expect(foreign.findings).toEqual([]);
  });

  it("says the same after the search was put aside and gone on with", async () => {
    const system = chain(["b while a at 1"], ["c while b"], ["a while b at 2"], ["b while c"], []);
    const whole = await search(system);
    expect(whole.findings).toHaveLength(2);
    const saved: SavedSearch[] = [];
    await explore(system, {
      ...{ claims: [claim], bounds: {}, faults: "all" },
      saving: { everyMillis: 0, save: (search) => void saved.push(search) },
    });
    expect(saved.length).toBeGreaterThan(3);
    for (const resume of saved) {
      const again = await search(system, { resume: structuredClone(resume) });
      expect([again.findings, again.properties]).toEqual([whole.findings, whole.properties]);
    }
  });

  it(`goes round exactly where a topological order cannot be given, as the second search of a certificate says too (seed ${SEED})`, {
    tags: ["random"],
  }, async () => {
    const things = ["a", "b", "c", "d", "e"];
    const line = fc
      .tuple(fc.constantFrom(...things), fc.constantFrom(...things))
      .filter(([inner, outer]) => inner !== outer)
      .map(([inner, outer]) => `${inner} while ${outer}`);
    let broken = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(line, { maxLength: 2 }), { maxLength: 6 }), async (lines) => {
        const pairs = lines.flat().map(nesting);
        // Takes away what nothing is taken in, for as long as there is any.
        let left = things;
        for (let before = 0; before !== left.length; ) {
          before = left.length;
          left = left.filter((one) => pairs.some(({ outer, inner }) => outer === one && left.includes(inner)));
        }
        const { findings } = await search(chain(...lines));
        expect(findings.length > 0).toBe(left.length > 0);
        if (findings.length > 0) broken += 1;
        const system = chain(...lines);
        const second = {
          ...{ claims: [claim], limits: {}, contentOf: (at: number) => Uint8Array.of(at) },
          ...({ faults: "all", preemptions: "all", maxSteps: null } as const),
        };
        const { proof } = await certify<number, "go on", Nesting>(system, second);
        const established = (await searchPlainly<number, "go on", Nesting>(system, second))!;
        expect(established.judgements).toEqual(proof!.judgements.map(({ witness: _, ...judgement }) => judgement));
        expect(established.breaches.map(({ object }) => object).toSorted()).toEqual(
          proof!.breaches.map(({ object }) => object).toSorted(),
        );
        for (const { object, detail } of findings) {
          const cycle = detail.split(", and elsewhere ").map(nesting);
          expect(
            `the order of ${cycle
              .map(({ outer }) => outer)
              .sort()
              .join(" and ")}`,
          ).toBe(object);
          expect(cycle.map(({ inner }) => inner).sort()).toEqual(cycle.map(({ outer }) => outer).sort());
        }
      }),
      { seed: SEED, numRuns: 500 },
    );
    expect(broken).toBeGreaterThan(100);
  });
});
