import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Breach, certify, type Judgement } from "../../../checker/certify.ts";
import type { Claim, Ways } from "../../../checker/claims/claim.ts";
import { graphClaim } from "../../../checker/claims/graph-claim.ts";
import type { GraphRule } from "../../../checker/claims/graph-rule.ts";
import { contextOf } from "../../../checker/context.ts";
import { type ExploreOptions, explore } from "../../../checker/explore.ts";
import type { Finding } from "../../../checker/finding.ts";
import { searchPlainly } from "../../../checker/plain-search.ts";
import type { SavedSearch } from "../../../checker/saved-search.ts";
import { replay } from "../../../checker/schedule.ts";
import type { System } from "../../../checker/system.ts";
import type { Violation } from "../../../checker/transition.ts";
import { counter, graph, claim as property, wrong } from "../systems.ts";
import { asTheTableSays, systemOf, type Table, tables } from "../table-system.ts";

const SEED = 20261123;

/** A claim with one goal for each of some sets of states. */
const claimOf = <State>(...goals: readonly ((state: State) => boolean)[]): GraphRule<State> => ({
  id: "there is a way back",
  group: "toys",
  claim: "there is a way back",
  why: "",
  source: "",
  assumptions: [],
  goals: goals.map((isReached, at) => ({
    object: `goal ${at}`,
    isReached,
    detail: (state) => `goal ${at} is out of reach from ${String(state)}`,
    site: () => "",
  })),
  together: { object: "all goals", detail: () => "never all at once", site: () => "" },
});

/** Every action may be counted on, unless said otherwise. */
const waysOf = <State, Action, Event>(
  system: System<State, Action, Event>,
  others: Partial<Ways<State, Action, Event>> = {},
): Ways<State, Action, Event> => ({
  widened: system,
  leadsBack: () => true,
  goesOn: () => false,
  ...others,
});

const judged = async <State, Action, Event>(
  system: System<State, Action, Event>,
  rule: GraphRule<State>,
  others: Partial<Ways<State, Action, Event>> = {},
  options: Partial<ExploreOptions<State, Action, Event>> = {},
) => {
  const exploration = await explore<State, Action, Event>(system, {
    bounds: {},
    faults: "all",
    ...options,
    claims: [...(options.claims ?? []), graphClaim<State, Event>(rule)],
    offers: { tasks: 1, ways: waysOf(system, others) },
  });
  const verdict = exploration.properties.at(-1)!;
  const findings = exploration.findings.filter(({ property: id }) => id === rule.id);
  return { exploration, verdict, findings };
};

/** What the run of a finding shows. */
const shownBy = (
  system: System<string, string, never>,
  rule: GraphRule<string>,
  { counterexample }: Finding,
  others: Partial<Ways<string, string, never>> = {},
) => {
  const claim = graphClaim<string, never>(rule);
  const context = contextOf<string, string, never>(system, [claim], { tasks: 1, ways: waysOf(system, others) });
  return claim.shownIn(replay<string, unknown, never>(system, counterexample), context as never);
};

const isAt =
  (...nodes: readonly string[]) =>
  (node: string): boolean =>
    nodes.includes(node);

describe("a claim that there is a way back", () => {
  it("holds where the good states can be reached from everywhere", async () => {
    const { verdict, findings } = await judged(graph("home a b home", "b c a"), claimOf(isAt("home")));

    expect(findings).toEqual([]);
    expect(verdict).toMatchObject({ verdict: "holds", concerned: 4, violated: 0 });
    expect(verdict.witness?.steps).toHaveLength(1);
  });

  it("is unreached where every state is good", async () => {
    const { verdict } = await judged(graph("home den home"), claimOf(isAt("home", "den")));
    expect(verdict).toMatchObject({ verdict: "unreached", concerned: 0 });
  });

  it("is broken where a run goes round for ever, and tells of the shortest run to there", async () => {
    const system = graph("home a home", "a b c d b");
    const ways = { goesOn: () => true };
    const claim = claimOf<string>(isAt("home"));
    const { verdict, findings } = await judged(system, claim, ways);

    expect(verdict).toMatchObject({ verdict: "violated", concerned: 5, violated: 4 });
    expect(findings).toMatchObject([{ object: "goal 0", detail: "goal 0 is out of reach from b", seen: 4 }]);
    expect(findings[0]!.cost.steps).toBe(2);
    const [shown] = shownBy(system, claim, findings[0]!, ways);
    expect(shown).toMatchObject({ step: 2, violation: { object: "goal 0" }, onward: { stem: [] } });
    expect(shown!.onward!.round).toHaveLength(3);
    expect(shown!.notes).toEqual([
      "from here on this goes round for ever; 3 states can be reached from here without a fault, and from none of them a way leads out",
    ]);
  });

  it("is broken by a dead end", async () => {
    const system = graph("home a home", "a end");
    const { findings } = await judged(system, claimOf(isAt("home")));
    expect(findings).toMatchObject([{ detail: "goal 0 is out of reach from end", cost: { steps: 2 } }]);
    expect(shownBy(system, claimOf<string>(isAt("home")), findings[0]!)).toMatchObject([
      {
        notes: ["nothing that anybody may be counted on to do changes anything from here on"],
        onward: undefined,
      },
    ]);
  });

  it("speaks of the first goal that is out of reach, and of all of them where each could be reached alone", async () => {
    const one = isAt("home", "left");
    const other = isAt("home", "right");
    const alone = await judged(graph("home a left right left"), claimOf(one, other));
    expect(alone.findings.map(({ object }) => object)).toEqual(["all goals"]);
    const second = await judged(graph("home left end left"), claimOf(one, other));
    expect(second.findings.map(({ object, cost }) => [object, cost.steps])).toEqual([["goal 1", 1]]);
  });

  it("counts on nobody who stands in the way", async () => {
    const { verdict } = await judged(graph("home a home"), claimOf(isAt("home")), { leadsBack: (to) => to !== "home" });
    expect(verdict.verdict).toBe("violated");
  });

  it("asks what else is possible before it tells of a trap", async () => {
    const claim = claimOf(isAt("home"));
    const narrow = graph("home a b a", "b c");
    const { verdict, findings } = await judged(narrow, claim, { widened: graph("home a b a", "b c home") });
    expect({ verdict: verdict.verdict, findings }).toEqual({ verdict: "holds", findings: [] });

    const half = await judged(narrow, claim, { widened: graph("home a b home", "b c") });
    expect(half.findings).toMatchObject([{ detail: "goal 0 is out of reach from c", seen: 1 }]);
  });

  it("knows nothing of what lies behind a fatal violation", async () => {
    const fatal: Claim<string, unknown, never> = property("stays alive", ({ after }) =>
      after === "dead" ? [{ ...wrong("life"), isFatal: true }] : [],
    );
    const { verdict } = await judged(
      graph("home a dead", "home b home"),
      claimOf(isAt("home")),
      {},
      {
        claims: [fatal],
      },
    );
    expect(verdict).toMatchObject({
      verdict: "inconclusive",
      because: "from 1 state no way back was found as far as this search looks and as nothing else is broken on it",
    });
  });

  it("is left open by a search that was cut short, unless all of the livelock was seen", async () => {
    const up = await judged(
      counter(),
      claimOf((count: number) => count === 0),
      { leadsBack: (way) => way === "up" },
      {
        bounds: { maxStates: 20 },
      },
    );
    expect(up.exploration.ending).toBe("state limit");
    expect(up.verdict.verdict).toBe("inconclusive");
    expect(up.findings).toEqual([]);

    const long = ["home", ...Array.from({ length: 50 }, (_, at) => `n${at}`), "home"].join(" ");
    const closed = await judged(graph(long, "home a b a"), claimOf(isAt("home")), {}, { bounds: { maxStates: 20 } });
    expect(closed.exploration.ending).toBe("state limit");
    expect(closed.findings.map(({ cost }) => cost.steps)).toEqual([1]);
  });

  it("tells of the first state in a livelock, also where the search has not seen all that leads out of it", async () => {
    // The search is cut short in the long way through the trap, and so knows of its last part alone.
    const trap = "t0 t1 t2 t3 t4 t5 t6 t7 t8 t9 t0";
    const long = ["t0", ...Array.from({ length: 50 }, (_, at) => `n${at}`), "t0"].join(" ");
    const system = graph(`home ${trap}`, long, "t9 end");
    const { findings } = await judged(system, claimOf(isAt("home")), {}, { bounds: { maxStates: 40 } });
    expect(findings.map(({ detail, cost }) => [detail, cost.steps])).toEqual([["goal 0 is out of reach from t0", 1]]);
  });

  it("says the same after the search was put aside and gone on with", async () => {
    const system = graph("home a b home", "a c d c", "d e f c", "b g home");
    const claim = claimOf(isAt("home"));
    const whole = await judged(system, claim);
    const saved: SavedSearch[] = [];
    await judged(system, claim, {}, { saving: { everyMillis: 0, save: (search) => void saved.push(search) } });
    expect(saved.length).toBeGreaterThan(3);
    for (const resume of saved) {
      const again = await judged(system, claim, {}, { resume: structuredClone(resume) });
      expect([again.verdict, again.findings]).toEqual([whole.verdict, whole.findings]);
    }
  });
});

describe(`a claim that there is a way back, and plain fixpoints, on random small systems (seed ${SEED})`, () => {
  interface Edge {
    readonly from: number;
    readonly to: number;
    readonly faults: number;
    /** Nobody looks behind it. */
    readonly ends: boolean;
    /** Because it repeats a violation, and not because it is fatal. */
    readonly repeats: boolean;
  }

  const edgesOf = (table: Table): readonly Edge[] => {
    const walk = (tree: Table[number][number], from: number, faults: number): readonly Edge[] => {
      if ("question" in tree) {
        return tree.branches.flatMap(({ answer, then }) => walk(then, from, faults + (answer.fault ? 1 : 0)));
      }
      const names = new Set(tree.violations.map(({ object, site }) => `${object} ${site}`));
      const isFatal = tree.violations.some((one) => one.isFatal);
      const repeats = !isFatal && names.size < tree.violations.length;
      return [{ from, to: tree.to, faults, ends: isFatal || repeats, repeats }];
    };
    return table.flatMap((trees, from) => trees.flatMap((tree) => walk(tree, from, 0)));
  };

  /** The least set that holds these states, and with one all that `grow` gives of it. */
  const closure = (start: readonly number[], grow: (set: ReadonlySet<number>) => readonly number[]): Set<number> => {
    const set = new Set(start);
    for (let size = -1; size !== set.size; ) {
      size = set.size;
      for (const each of grow(set)) set.add(each);
    }
    return set;
  };

  const expected = (table: Table, goals: readonly ((state: number) => boolean)[]) => {
    const edges = edgesOf(table);
    const met = closure([0], (set) => edges.filter(({ from, ends }) => set.has(from) && !ends).map(({ to }) => to));
    const seen = edges.filter(({ from }) => met.has(from));
    const plain = seen.filter(({ faults }) => faults === 0);
    const open = plain.filter(({ ends }) => ends).map(({ from }) => from);
    const reaching = (states: readonly number[]): Set<number> =>
      closure(states, (set) => plain.filter(({ to, ends }) => !ends && set.has(to)).map(({ from }) => from));
    const all = (state: number): boolean => goals.every((isReached) => isReached(state));
    const states = [...met];
    const free = reaching([...states.filter(all), ...open]);
    const trapped = states.filter((state) => !free.has(state));
    const objectOf = (state: number): string => {
      const at = goals.findIndex((goal) => !reaching([...states.filter(goal), ...open]).has(state));
      return at === -1 ? "all goals" : `goal ${at}`;
    };
    const arrivals = (of: (state: number) => boolean): number => seen.filter(({ to, ends }) => !ends && of(to)).length;
    const surely = reaching(states.filter(all));
    const isOpen = states.some((state) => !surely.has(state)) || seen.some(({ repeats }) => repeats);
    const concerned = arrivals((state) => !all(state));
    const kept = isOpen ? "inconclusive" : concerned > 0 ? "holds" : "unreached";
    return {
      objects: [...new Set(trapped.map(objectOf))].sort(),
      concerned,
      violated: arrivals((state) => trapped.includes(state)),
      verdict: trapped.length > 0 ? "violated" : kept,
    };
  };

  const breachesOf = (breaches: readonly Breach[]): readonly string[] =>
    breaches.map(({ property, object, site }) => [property, object, site].join()).sort();

  const goalSets = fc.array(fc.uniqueArray(fc.nat({ max: 6 }), { minLength: 1, maxLength: 4 }), {
    minLength: 1,
    maxLength: 3,
  });

  it("agree on what is out of reach, and how often; so does the second search of a certificate", {
    tags: ["random"],
  }, async () => {
    const verdicts: string[] = [];
    await fc.assert(
      fc.asyncProperty(tables, goalSets, async (table, sets) => {
        const goals = sets.map((set) => (state: number) => set.includes(state));
        const { verdict, findings } = await judged(
          systemOf(table),
          claimOf(...goals),
          {},
          {
            claims: [asTheTableSays],
          },
        );
        verdicts.push(verdict.verdict);

        expect({
          objects: findings.map(({ object }) => object).sort(),
          concerned: verdict.concerned,
          violated: verdict.violated,
          verdict: verdict.verdict,
        }).toEqual(expected(table, goals));

        const system = systemOf(table);
        const second = {
          ...{ claims: [asTheTableSays, graphClaim<number, Violation>(claimOf(...goals))], limits: {} },
          ...({ faults: "all", preemptions: "all", maxSteps: null } as const),
          offers: { tasks: 1, ways: waysOf(system) },
          contentOf: (state: number) => Uint8Array.of(state),
        };
        const { proof } = await certify<number, number, Violation>(system, second);
        const established = (await searchPlainly<number, number, Violation>(system, second))!;
        const short = ({ property, verdict, tested, broken }: Judgement) => [property, verdict, tested, broken];
        expect(established.judgements.map(short)).toEqual(proof!.judgements.map(short));
        expect(breachesOf(established.breaches)).toEqual(breachesOf(proof!.breaches));
      }),
      { seed: SEED, numRuns: 1000 },
    );
    for (const each of ["violated", "holds", "unreached", "inconclusive"]) {
      expect(verdicts.filter((verdict) => verdict === each).length, each).toBeGreaterThan(20);
    }
  });
});
