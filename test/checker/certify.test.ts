import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Certification, type CertifyOptions, certify, type Judgement } from "../../checker/certify.ts";
import { type Established, searchPlainly } from "../../checker/plain-search.ts";
import type { System } from "../../checker/system.ts";
import type { Violation } from "../../checker/transition.ts";
import { asTheTableSays, systemOf, type Table, tables } from "./table-system.ts";

const SEED = 20261123;

type Options = CertifyOptions<number, number, Violation>;

const OPTIONS: Options = {
  claims: [asTheTableSays],
  faults: "all",
  preemptions: "all",
  maxSteps: null,
  contentOf: (state) => Uint8Array.of(state),
  limits: {},
};

const both = async (
  system: System<number, number, Violation>,
  options: Partial<Options> = {},
): Promise<readonly [Certification, Established | undefined]> => [
  await certify(system, { ...OPTIONS, ...options }),
  await searchPlainly(system, { ...OPTIONS, ...options }),
];

/** What both say in the same words. */
const gist = (judgements: readonly Judgement[], breaches: Established["breaches"]) => ({
  judgements: judgements.map(({ property, verdict, tested, broken }) => ({ property, verdict, tested, broken })),
  breaches: breaches.map(({ property, object, site }) => JSON.stringify([property, object, site])).sort(),
});

/** One way round three states, with a fault that leads to a fourth. */
const ring: System<number, number, Violation> = {
  initial: [0],
  actions: () => [0],
  step: (state, _, chooser) => {
    const { fault } = chooser.choose("a call", [{ label: "succeeds" }, { label: "fails", fault: "ordinary" }]);
    return { state: fault === undefined ? (state + 1) % 3 : 3, events: [] };
  },
  key: String,
  describe: String,
};

describe("a certificate and the second search", () => {
  it.each([
    ["of all runs", {}],
    ["of runs with at most one fault", { faults: 1 as const }],
    ["of runs of at most two steps", { maxSteps: 2 }],
    ["of runs of at most three steps with at most two faults", { maxSteps: 3, faults: 2 as const }],
  ])(`agree on small systems, in all that is said %s, seed ${SEED}`, { tags: ["random"] }, async (_, options) => {
    await fc.assert(
      fc.asyncProperty(tables, async (table: Table) => {
        const [{ proof }, established] = await both(systemOf(table), options);
        expect(established?.space).toEqual(proof?.space);
        expect(gist(established!.judgements, established!.breaches)).toEqual(gist(proof!.judgements, proof!.breaches));
      }),
      { seed: SEED, numRuns: 150 },
    );
  });

  it("count each state once for each number of faults that are left", async () => {
    const [all, established] = await both(ring);
    const [one] = await both(ring, { faults: 1 });
    expect(all.proof?.space).toMatchObject({ states: 4, transitions: 8 });
    expect(established?.space.states).toBe(4);
    // 0, 1 and 2 with a fault left; 3, and from there 1, 2 and 0, with none.
    expect(one.proof?.space).toMatchObject({ states: 7, transitions: 10 });
    expect(one.proof?.space.digest).not.toBe(all.proof?.space.digest);
  });

  it("say nothing of runs that are longer than the bound", async () => {
    const [{ proof }, established] = await both(ring, { maxSteps: 2 });
    expect(proof?.judgements[0]?.verdict).toBe("inconclusive");
    expect(established?.judgements[0]?.verdict).toBe("inconclusive");
    // One at the start, two behind the first step, and behind the second 2, 3 and 1.
    expect(proof?.space).toMatchObject({ states: 6, transitions: 6 });
  });

  it("give one digest whatever the order in which states are met", async () => {
    const backwards: System<number, number, Violation> = {
      ...ring,
      initial: [2],
      step: (state, action, chooser) => {
        const { state: after, events } = ring.step(state, action, chooser);
        return { state: after === 3 || state === 3 ? after : (state + 2) % 3, events };
      },
    };
    const [one] = await both(ring);
    const [other] = await both(backwards);
    expect(other.proof?.space.digest).toBe(one.proof?.space.digest);
  });
});

describe("a certificate", () => {
  it("is of nothing where the search was cut short", async () => {
    const { exploration, proof } = await certify(ring, { ...OPTIONS, limits: { maxStates: 2 } });
    expect(exploration.ending).toBe("state limit");
    expect(proof).toBeUndefined();
  });

  it("tells on a key that merges what is not the same", async () => {
    const merging = { ...ring, key: (state: number) => (state === 3 ? "2" : String(state)) };
    const [{ proof }, established] = await both(merging);
    expect(proof?.space.states).toBe(3);
    expect(established?.space.states).toBe(4);
  });
});

describe("the second search", () => {
  it("stops when it is told to, and then says nothing", async () => {
    const endless: System<number, number, Violation> = {
      ...ring,
      step: (state) => ({ state: state + 1, events: [] }),
    };
    const contentOf = (state: number) => Uint8Array.from([state, state >> 8, state >> 16]);
    const stopped = await searchPlainly(endless, { ...OPTIONS, contentOf, signal: AbortSignal.timeout(60) });
    expect(stopped).toBeUndefined();
  });

  it("offers no preemption when none is left", async () => {
    const interrupted: System<number, number, Violation> = {
      ...ring,
      step: (state, _, chooser) => {
        const { isPreemption } = chooser.choose("the task", [
          { label: "runs on" },
          { label: "waits", isPreemption: true },
        ]);
        return { state: isPreemption === true ? Math.min(state + 1, 3) : state, events: [] };
      },
    };
    for (const preemptions of [0, 2, "all"] as const) {
      const [{ proof }, established] = await both(interrupted, { preemptions });
      expect(proof?.space.states).toBe(preemptions === "all" ? 4 : preemptions + 1);
      expect(established?.space).toEqual(proof?.space);
    }
  });
});
