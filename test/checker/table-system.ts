/**
 * Random small systems, and what a search must say of them, counted by other means.
 *
 * A system is a table: for each state the steps out of it, and each step a tree of questions that ends in a state and
 * some violations. The reckoning below walks that table by plain recursion and relaxes costs until nothing changes; it
 * shares no code with the checker.
 */
import fc from "fast-check";
import type { Answer, FaultKind } from "../../checker/chooser.ts";
import type { Claim } from "../../checker/claims/claim.ts";
import type { System } from "../../checker/system.ts";
import type { Violation } from "../../checker/transition.ts";
import { claim } from "./systems.ts";

interface Leaf {
  readonly to: number;
  readonly violations: readonly Violation[];
}

interface Question {
  readonly question: string;
  readonly branches: readonly { readonly answer: Answer; readonly then: Tree }[];
}

type Tree = Leaf | Question;

/** For each state, the steps out of it. */
export type Table = readonly (readonly Tree[])[];

const violation: fc.Arbitrary<Violation> = fc.record({
  object: fc.constantFrom("ring", "lock"),
  site: fc.constantFrom("a.c:1", "a.c:2"),
  detail: fc.constant(""),
  isFatal: fc.constantFrom(false, false, false, true),
});

const FAULTS: readonly FaultKind[] = ["ordinary", "small allocation"];

const treeOver = (states: number): fc.Arbitrary<Tree> =>
  fc.letrec<{ tree: Tree; leaf: Leaf; question: Question }>((tie) => ({
    tree: fc.oneof({ depthSize: "small", withCrossShrink: true }, tie("leaf"), tie("question")),
    leaf: fc.record({
      to: fc.nat({ max: states - 1 }),
      violations: fc.oneof(
        { weight: 4, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.array(violation, { maxLength: 2 }) },
      ),
    }),
    question: fc
      .record({
        question: fc.constantFrom("first", "second"),
        harmless: fc.array(tie("tree"), { minLength: 1, maxLength: 2 }),
        faults: fc.array(fc.tuple(fc.constantFrom(...FAULTS), tie("tree")), { maxLength: 2 }),
      })
      .map(({ question, harmless, faults }) => ({
        question,
        branches: [
          ...harmless.map((then, at) => ({ answer: { label: `fine ${at}` }, then })),
          ...faults.map(([fault, then], at) => ({ answer: { label: `fails ${at}`, fault }, then })),
        ],
      })),
  })).tree;

export const tables: fc.Arbitrary<Table> = fc
  .integer({ min: 1, max: 7 })
  .chain((states) => fc.array(fc.array(treeOver(states), { maxLength: 3 }), { minLength: states, maxLength: states }));

/** The table as a system that starts in state 0; its events are the violations. */
export const systemOf = (table: Table): System<number, number, Violation> => ({
  initial: [0],
  actions: (state) => [...table[state]!.keys()],
  step: (state, action, chooser) => {
    let tree: Tree = table[state]![action]!;
    while ("question" in tree) {
      const { question, branches }: Question = tree;
      const answers = branches.map(({ answer }) => answer) as [Answer, ...Answer[]];
      const answer = chooser.choose(question, answers);
      tree = branches[answers.indexOf(answer)]!.then;
    }
    return { state: tree.to, events: tree.violations };
  },
  key: String,
  describe: (action) => `action ${action}`,
});

/** Is broken by whatever the table says. */
export const asTheTableSays: Claim<number, unknown, Violation> = claim("the table is clean", ({ events }) => events);

/** Small allocations that fail, ordinary errnos, steps. */
type Triple = readonly [number, number, number];

interface Edge extends Leaf {
  readonly cost: Triple;
}

const add = (one: Triple, other: Triple): Triple => [one[0] + other[0], one[1] + other[1], one[2] + other[2]];

const isLess = (one: Triple, other: Triple): boolean => {
  const at = one.findIndex((number, place) => number !== other[place]);
  return at !== -1 && one[at]! < other[at]!;
};

const COSTS: Readonly<Record<FaultKind, Triple>> = { "small allocation": [1, 0, 0], ordinary: [0, 1, 0] };

const edgesOf = (tree: Tree, cost: Triple = [0, 0, 1]): readonly Edge[] => {
  if (!("question" in tree)) return [{ ...tree, cost }];
  return tree.branches.flatMap(({ answer: { fault }, then }) =>
    edgesOf(then, fault === undefined ? cost : add(cost, COSTS[fault])),
  );
};

const nameOf = ({ object, site }: Violation): string => `${object} ${site}`;

/** What a search of this table must find. */
export interface Reckoning {
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  readonly fatal: number;
  readonly cut: number;
  /** By object and site. */
  readonly findings: Readonly<Record<string, { readonly cost: Triple; readonly seen: number }>>;
}

/** Reckons it with at most `budget` faults in a run. */
export const reckon = (table: Table, budget = Number.POSITIVE_INFINITY): Reckoning => {
  const place = (state: number, left: number): string => `${state}/${left}`;
  const costs = new Map<string, Triple>([[place(0, budget), [0, 0, 0]]]);
  const at = (name: string): readonly [number, number] => name.split("/").map(Number) as [number, number];
  const edgesFrom = (name: string): readonly (Edge & { readonly next: string })[] => {
    const [state, left] = at(name);
    return table[state]!.flatMap((tree) => edgesOf(tree))
      .map((edge) => ({ ...edge, next: place(edge.to, left - edge.cost[0] - edge.cost[1]), left }))
      .filter(({ cost }) => cost[0] + cost[1] <= left);
  };
  const isRepeated = ({ violations }: Leaf): boolean => new Set(violations.map(nameOf)).size < violations.length;
  const isFatal = ({ violations }: Leaf): boolean => violations.some((one) => one.isFatal === true);

  for (let hasChanged = true; hasChanged; ) {
    hasChanged = false;
    for (const [name, cost] of [...costs]) {
      for (const edge of edgesFrom(name)) {
        if (isFatal(edge) || isRepeated(edge)) continue;
        const sum = add(cost, edge.cost);
        const known = costs.get(edge.next);
        if (known !== undefined && !isLess(sum, known)) continue;
        costs.set(edge.next, sum);
        hasChanged = true;
      }
    }
  }

  const findings: Record<string, { cost: Triple; seen: number }> = {};
  const edges = [...costs].flatMap(([name, before]) => edgesFrom(name).map((edge) => ({ ...edge, before })));
  for (const edge of edges) {
    const cost = add(edge.before, edge.cost);
    for (const name of new Set(edge.violations.map(nameOf))) {
      const known = findings[name] ?? { cost, seen: 0 };
      findings[name] = { cost: isLess(cost, known.cost) ? cost : known.cost, seen: known.seen + 1 };
    }
  }
  return {
    states: costs.size,
    transitions: edges.length,
    depth: Math.max(...[...costs.values()].map(([, , steps]) => steps)),
    fatal: edges.filter(isFatal).length,
    cut: edges.filter((edge) => isRepeated(edge) && !isFatal(edge)).length,
    findings,
  };
};
