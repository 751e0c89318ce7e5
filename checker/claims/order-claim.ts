/**
 * A claim that things are always taken in one order, also where no single run takes them both ways.
 *
 * Each step tells what was taken in it while something else was held. Over a whole search that is a graph, in which nothing may
 * go round: each run of a cycle may be harmless, and all of them at one time wait for each other for ever (a deadlock).
 */
import { type Cost, neededBy } from "../cost.ts";
import { type Finding, needsOf } from "../finding.ts";
import type { Replay } from "../schedule.ts";
import type { Future, Transition } from "../transition.ts";
import { verdictOn } from "../verdict.ts";
import type {
  Claim,
  ClaimConclusion,
  ClaimJudge,
  ClaimWords,
  Evidence,
  ProvedBreach,
  Searched,
  Shown,
  Wanted,
} from "./claim.ts";
import type { PlainJudge, PlainJudgement } from "./plain-judge.ts";

/** Something was taken while something else was held. */
export interface Nesting {
  readonly outer: string;
  readonly inner: string;
  /** Where the inner one is taken, as in a `Violation`. */
  readonly site: string;
  /** Whether the subject has a part in it; a cycle in which it has none is not its own. */
  readonly isSubjects: boolean;
}

/** What is claimed of an order: none in which things are taken goes round. */
export interface OrderRule<State, Event> extends ClaimWords {
  /** What was taken in a step while something else was held; equal ones are one object where that can be had. */
  nestings(transition: Transition<State, Event>): readonly Nesting[];
  /** What one of them is, for a person. */
  words(nesting: Nesting): string;
}

/** The claim that no order goes round. */
export const orderClaim = <State, Event>(rule: OrderRule<State, Event>): Claim<State, unknown, Event> => ({
  ...rule,
  violations: () => [],
  judge: <Origin>() => new OrderJudge<State, Event, Origin>(rule),
  searchBehind: () => undefined,
  isTestedBy: ({ steps }) => nestingsAt(rule, steps, steps.length - 1).length > 0,
  shownIn: (run) => shownIn(rule, run),
  partsIn: ({ steps }) => [...new Set(nestingsAt(rule, steps, steps.length - 1).map(rule.words))],
  evidence: (run, wanted) => evidenceIn(rule, run, wanted),
  plainly: () => new PlainOrderJudge(rule),
});

type Steps<State, Event> = Replay<State, unknown, Event>["steps"];

const nestingsAt = <State, Event>(
  rule: OrderRule<State, Event>,
  steps: Steps<State, Event>,
  at: number,
): readonly Nesting[] => (steps[at] === undefined ? [] : rule.nestings(steps[at].transition));

/** What a finding says of its cycle. */
const detailOf = <State, Event>(rule: OrderRule<State, Event>, cycle: readonly Nesting[]): string =>
  cycle.map(rule.words).join(", and elsewhere ");

/** A run that takes things in all the orders of a cycle shows it alone. */
const shownIn = <State, Event>(
  rule: OrderRule<State, Event>,
  { steps }: Replay<State, unknown, Event>,
): readonly Shown[] => {
  const known = new Map<string, Known<number>>();
  for (const at of steps.keys()) {
    for (const nesting of nestingsAt(rule, steps, at)) {
      const key = keyOf(nesting);
      if (!known.has(key)) known.set(key, { nesting, cost: at + 1, origin: at + 1, seen: 1 });
    }
  }
  return cyclesIn([...known.values()]).map((cycle): Shown => {
    const last = cycle.toSorted((one, other) => other.origin - one.origin);
    const nestings = last.map(({ nesting }) => nesting);
    const violation = {
      object: objectOfCycle(nestings),
      site: nestings[0]!.site,
      detail: detailOf(rule, nestings),
    };
    return { step: last[0]!.origin, violation, notes: [] };
  });
};

/** Whether a nesting is a part of what is looked for: the one that its words begin with, or any between the things it names. */
const isPartOf = <State, Event>(
  rule: OrderRule<State, Event>,
  nesting: Nesting,
  { object, site, detail }: Wanted,
): boolean => {
  if (detail !== "") return detail.startsWith(rule.words(nesting)) && (site === undefined || nesting.site === site);
  return [nesting.outer, nesting.inner].every((name) => object.includes(name));
};

const evidenceIn = <State, Event>(
  rule: OrderRule<State, Event>,
  { steps }: Replay<State, unknown, Event>,
  wanted: Wanted,
): Evidence => {
  for (let at = wanted.isAtEnd ? Math.max(steps.length - 1, 0) : 0; at < steps.length; at += 1) {
    const part = nestingsAt(rule, steps, at).find((nesting) => isPartOf(rule, nesting, wanted));
    if (part === undefined) continue;
    const violation = { object: wanted.object, site: part.site, detail: rule.words(part) };
    // The other part of the cycle is another run's.
    return { kind: "shown", step: at + 1, violation, notes: [] };
  }
  return { kind: "not shown", because: `a run of ${rule.id} does not show that ${wanted.detail || wanted.object}` };
};

interface Known<Origin> {
  readonly nesting: Nesting;
  cost: Cost;
  origin: Origin;
  seen: number;
}

interface SavedOrders<Origin> {
  readonly known: readonly Known<Origin>[];
  readonly concerned: number;
  readonly witness: { readonly cost: Cost; readonly origin: Origin } | undefined;
}

const keyOf = ({ outer, inner, site, isSubjects }: Nesting): string => JSON.stringify([outer, inner, site, isSubjects]);

/** What is wrong where these things are taken in turn. */
const objectOf = (names: readonly string[]): string => `the order of ${names.toSorted().join(" and ")}`;

const objectOfCycle = (cycle: readonly Nesting[]): string => objectOf(cycle.map(({ outer }) => outer));

class OrderJudge<State, Event, Origin> implements ClaimJudge<State, unknown, Event, Origin> {
  readonly #rule: OrderRule<State, Event>;
  readonly #known = new Map<string, Known<Origin>>();
  #byObject = new WeakMap<Nesting, Known<Origin>>();
  #concerned = 0;
  #witness: SavedOrders<Origin>["witness"];
  readonly size = 0;

  constructor(rule: OrderRule<State, Event>) {
    this.#rule = rule;
  }

  step(transition: Transition<State, Event>, cost: Cost, capture: () => Origin): Future {
    const nestings = this.#rule.nestings(transition);
    if (nestings.length === 0) return "goes on";
    this.#concerned += 1;
    if (this.#witness === undefined || cost < this.#witness.cost) this.#witness = { cost, origin: capture() };
    for (const nesting of nestings) {
      const known = this.#find(nesting);
      if (known === undefined) {
        const fresh: Known<Origin> = { nesting, cost, origin: capture(), seen: 1 };
        this.#known.set(keyOf(nesting), fresh);
        this.#byObject.set(nesting, fresh);
        continue;
      }
      known.seen += 1;
      if (cost < known.cost) Object.assign(known, { cost, origin: capture() });
    }
    return "goes on";
  }

  #find(nesting: Nesting): Known<Origin> | undefined {
    let known = this.#byObject.get(nesting);
    if (known !== undefined) return known;
    known = this.#known.get(keyOf(nesting));
    if (known !== undefined) this.#byObject.set(nesting, known);
    return known;
  }

  save(): SavedOrders<Origin> {
    return { known: [...this.#known.values()], concerned: this.#concerned, witness: this.#witness };
  }

  restore(saved: unknown): void {
    const { known, concerned, witness } = saved as SavedOrders<Origin>;
    this.#known.clear();
    this.#byObject = new WeakMap();
    for (const each of known) this.#known.set(keyOf(each.nesting), { ...each });
    this.#concerned = concerned;
    this.#witness = witness;
  }

  conclude({ reach, scheduleOf }: Searched<Origin>): ClaimConclusion {
    const known = [...this.#known.values()];
    const findings = cyclesIn(known).map((cycle): Finding => {
      const [first, ...others] = cycle.toSorted((one, other) => other.cost - one.cost) as [
        Known<Origin>,
        ...Known<Origin>[],
      ];
      const { site } = first.nesting;
      const nestings = [first, ...others].map(({ nesting }) => nesting);
      const cost = neededBy(first.cost);
      return {
        property: this.#rule.id,
        object: objectOfCycle(nestings),
        site,
        detail: detailOf(this.#rule, nestings),
        isFatal: false,
        needs: needsOf(cost),
        cost,
        seen: first.seen,
        counterexample: scheduleOf(first.origin),
        besides: others.map(({ nesting, origin }) => ({
          what: this.#rule.words(nesting),
          site: nesting.site,
          run: scheduleOf(origin),
        })),
      };
    });
    const counts = {
      concerned: this.#concerned,
      violated: findings.reduce((most, { seen }) => Math.max(most, seen), 0),
      witness: this.#witness === undefined ? undefined : scheduleOf(this.#witness.origin),
    };
    const breaches = tanglesIn(known).map(
      ({ object, cheapest }): ProvedBreach => ({ object, site: "", run: scheduleOf(cheapest.origin) }),
    );
    return {
      verdict: verdictOn(this.#rule.id, counts, reach),
      findings,
      proof: { broken: breaches.length, breaches },
    };
  }
}

/** The cheapest way round through each nesting; those of one set of things once, and only where the subject has a part. */
const cyclesIn = <Origin>(known: readonly Known<Origin>[]): readonly (readonly Known<Origin>[])[] => {
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
const tanglesIn = <Origin>(
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

/** The same by a table of what is taken behind what, closed step by step (Warshall's algorithm). */
class PlainOrderJudge<State, Event> implements PlainJudge<State, unknown, Event> {
  readonly #rule: OrderRule<State, Event>;
  readonly #inner = new Map<string, Set<string>>();
  readonly #subjects = new Set<string>();
  #tested = 0;
  readonly size = 0;

  constructor(rule: OrderRule<State, Event>) {
    this.#rule = rule;
  }

  step(transition: Transition<State, Event>): { readonly isFatal: boolean; readonly isRepeated: boolean } {
    const nestings = this.#rule.nestings(transition);
    if (nestings.length > 0) this.#tested += 1;
    for (const { outer, inner, isSubjects } of nestings) {
      for (const name of [outer, inner]) if (!this.#inner.has(name)) this.#inner.set(name, new Set());
      this.#inner.get(outer)!.add(inner);
      if (isSubjects) this.#subjects.add(JSON.stringify([outer, inner]));
    }
    return { isFatal: false, isRepeated: false };
  }

  conclude(isWhole: boolean): PlainJudgement {
    const behind = new Map([...this.#inner].map(([name, inner]) => [name, new Set(inner)]));
    for (const through of behind.keys()) {
      for (const reached of behind.values()) {
        if (reached.has(through)) for (const name of behind.get(through)!) reached.add(name);
      }
    }
    const isRound = (one: string, other: string): boolean => behind.get(one)!.has(other) && behind.get(other)!.has(one);
    const names = [...behind.keys()];
    const own = [...this.#subjects].map((pair) => JSON.parse(pair) as [string, string]);
    const objects = new Set(
      own
        .filter(([outer, inner]) => behind.get(inner)!.has(outer))
        .map(
          ([outer]) =>
            `the order of ${names
              .filter((name) => isRound(outer, name))
              .toSorted()
              .join(" and ")}`,
        ),
    );
    const kept = this.#tested === 0 ? "unreached" : "holds";
    return {
      verdict: objects.size > 0 ? "violated" : isWhole ? kept : "inconclusive",
      tested: this.#tested,
      broken: objects.size,
      breaches: [...objects].map((object) => ({ object, site: "" })),
    };
  }
}
