import type { Cost } from "../cost.ts";
import type { Nesting } from "./order-rule.ts";

/** A nesting, with the cheapest run that shows it. */
export interface Known<Origin> {
  readonly nesting: Nesting;
  cost: Cost;
  origin: Origin;
  seen: number;
}

/** Equal for nestings that are the same. */
export const keyOf = ({ outer, inner, site, isSubjects }: Nesting): string =>
  JSON.stringify([outer, inner, site, isSubjects]);

/** What is wrong where these things are taken in turn. */
const objectOf = (names: readonly string[]): string => `the order of ${names.toSorted().join(" and ")}`;

/** The object that a finding on this cycle speaks of. */
export const objectOfCycle = (cycle: readonly Nesting[]): string => objectOf(cycle.map(({ outer }) => outer));

/** The cheapest way round through each nesting; those of one set of things once, and only where the subject has a part. */
export const cyclesIn = <Origin>(known: readonly Known<Origin>[]): readonly (readonly Known<Origin>[])[] => {
  const found = new Map<string, readonly Known<Origin>[]>();
  // The cheapest first, so that of several ways between two things the most believable one is kept.
  const sorted = known.toSorted((one, other) => one.cost - other.cost);
  for (const start of sorted) {
    const way = wayBetween(sorted, start.nesting.inner, start.nesting.outer);
    if (way === undefined) continue;
    const cycle = [start, ...way];
    if (!cycle.some(({ nesting }) => nesting.isSubjects)) continue;
    const key = objectOfCycle(cycle.map(({ nesting }) => nesting));
    if (!found.has(key)) found.set(key, cycle);
  }
  return [...found.values()];
};

/** The shortest way from one thing to another. */
const wayBetween = <Origin>(
  known: readonly Known<Origin>[],
  from: string,
  to: string,
): readonly Known<Origin>[] | undefined => {
  const ways = new Map<string, readonly Known<Origin>[]>([[from, []]]);
  for (const [at, way] of ways) {
    if (at === to) return way;
    for (const each of known) {
      if (each.nesting.outer === at && !ways.has(each.nesting.inner)) ways.set(each.nesting.inner, [...way, each]);
    }
  }
  return undefined;
};

/** All things that go round with each other, however many cycles that are; with the cheapest nesting among them. */
export const tanglesIn = <Origin>(
  known: readonly Known<Origin>[],
): readonly { readonly object: string; readonly cheapest: Known<Origin> }[] => {
  const reach = (from: string, to: string): boolean => wayBetween(known, from, to) !== undefined;
  const tangled = known.filter(({ nesting }) => reach(nesting.inner, nesting.outer));
  const found = new Map<string, { object: string; cheapest: Known<Origin>; isSubjects: boolean }>();
  for (const each of tangled.toSorted((one, other) => one.cost - other.cost)) {
    const { outer, isSubjects } = each.nesting;
    const others = tangled.map(({ nesting }) => nesting.outer).filter((one) => reach(outer, one) && reach(one, outer));
    const object = objectOf([...new Set(others)]);
    const before = found.get(object);
    if (before === undefined) found.set(object, { object, cheapest: each, isSubjects });
    else before.isSubjects ||= isSubjects;
  }
  return [...found.values()].filter(({ isSubjects }) => isSubjects);
};
