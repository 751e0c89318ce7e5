import { describe, expect, it } from "vitest";
import { claims } from "../../properties/index.ts";
import { type Edit, referenceSubject, replaceOnce, review, type Scope, SMALL } from "../support/review.ts";
import { type Mutant, mutants } from "./mutants.ts";

/** Every run to a mutant's bug is shorter, and the space of a driver that leaks is large. */
const MAX_COMMANDS = 4;

/** Changes with whatever changes what may happen in the modelled kernel. */
const SMALL_SPACE = { states: 6804, transitions: 53440, depth: 17 };

/** That one, and those on which no probe can succeed, because the region's addresses belong to no node. */
const ALSO_WITHOUT_NODE: Scope = {
  ...SMALL,
  initialConfigurations: ({ asksForAll, node }) => asksForAll || node === "none",
};

const scopeOf = ({ isWithoutNode }: Mutant): Scope => (isWithoutNode === true ? ALSO_WITHOUT_NODE : SMALL);

/** The properties that are broken, in the order of reports. */
const inOrder = (ids: readonly string[]): readonly string[] =>
  claims.map(({ id }) => id).filter((id) => ids.includes(id));

describe("the reference driver on the smallest machine", { tags: ["mutant"] }, () => {
  it("is silent, over the whole space, where its mutants are not", async () => {
    const { exploration, found } = await review(referenceSubject(), SMALL);
    const { ending, states, transitions, depth, cut, fatal } = exploration;

    expect(found).toEqual([]);
    expect({ ending, states, transitions, depth, cut, fatal }).toEqual({
      ending: "exhausted",
      ...SMALL_SPACE,
      cut: 0,
      fatal: 0,
    });
    expect((await review(referenceSubject(), ALSO_WITHOUT_NODE)).found).toEqual([]);
  });
});

/** How many of the table `npm test` looks at; the others take three times as long. */
const FIRST = 8;

describe.each([
  ["a driver that", ["mutant"], mutants.slice(0, FIRST)],
  ["another driver that", ["mutant", "long"], mutants.slice(FIRST)],
] as const)("%s", (_, tags, some) => {
  it.each(some.map((mutant) => [mutant.name, mutant] as const))(
    "%s is found out by the shortest run",
    { tags: [...tags] },
    async (_, mutant) => {
      const { property, object, blamed, run, besides } = mutant;
      const { found } = await review(
        referenceSubject(mutant),
        scopeOf(mutant),
        { maxDepth: MAX_COMMANDS },
        mutant.faults,
      );

      const naming = found.find((finding) => finding.property === property && finding.object === object);
      expect(naming).toEqual({ property, object, blamed, run });
      expect(inOrder(found.map((finding) => finding.property))).toEqual(inOrder([property, ...besides]));
    },
  );
});

describe("the table of mutants", () => {
  it("has a name and a change of its own for each", () => {
    const changes = mutants.map(({ replace, with: substitute }) => JSON.stringify([replace, substitute]));
    expect(new Set(changes).size).toBe(mutants.length);
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  });

  it("breaks every claim on the steps of one task that speaks of a driver's C", () => {
    const broken = new Set(mutants.flatMap(({ property, besides }) => [property, ...besides]));
    expect(claims.map(({ id }) => id).filter((id) => !broken.has(id))).toEqual([
      "the-code-is-a-run-of-the-machine",
      // These have drivers of their own: races.ts, test/properties/acceptance.test.ts, progress.test.ts, lock-order.test.ts,
      // linearizability.test.ts.
      "accesses-are-ordered",
      "what-is-valid-is-accepted",
      "memory-can-be-taken-back",
      "locks-are-taken-in-one-order",
      "commands-are-linearizable",
    ]);
  });

  it("refuses a text that is not there exactly once", () => {
    const change = (replace: string): Edit => ({ replace, with: "" });
    expect(() => referenceSubject(change("frobnicate"))).toThrow("stands there 0 times, not once: frobnicate");
    expect(() => replaceOnce("a b a", change("a"))).toThrow("stands there 2 times, not once: a");
    expect(replaceOnce("a $& b", { replace: "b", with: "$&" })).toBe("a $& $&");
  });
});
