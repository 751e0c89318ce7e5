/**
 * A claim that things are always taken in one order, also where no single run takes them both ways.
 *
 * Each step tells what was taken in it while something else was held. Over a whole search that is a graph, in which nothing may
 * go round: each run of a cycle may be harmless, and all of them at one time wait for each other for ever (a deadlock).
 */
import { type Cost, neededBy } from "./cost.ts";
import { type Finding, needsOf } from "./judge.ts";
import type { Transition } from "./property.ts";
import type { Origin, SearchedSpace, SpaceClaim, SpaceConclusion, SpaceJudge } from "./space-claim.ts";
import { verdictOn } from "./verdict.ts";

/** Something was taken while something else was held. */
export interface Nesting {
  readonly outer: string;
  readonly inner: string;
  /** Where the inner one is taken, as in a `Violation`. */
  readonly site: string;
  /** Whether the subject has a part in it; a cycle in which it has none is not its own. */
  readonly isSubjects: boolean;
}

/** A named claim: no order in which things are taken goes round. */
export interface OrderClaim<State, Event> {
  /** Stable name in reports, kebab-case. */
  readonly id: string;
  /** What was taken in a step while something else was held; equal ones are one object where that can be had. */
  nestings(transition: Transition<State, Event>): readonly Nesting[];
  /** What one of them is, for a person. */
  words(nesting: Nesting): string;
}

interface Known {
  readonly nesting: Nesting;
  cost: Cost;
  origin: Origin;
  seen: number;
}

const keyOf = ({ outer, inner, site, isSubjects }: Nesting): string => JSON.stringify([outer, inner, site, isSubjects]);

/** The claim, to be given to a search. */
export const orderClaim = <State, Action, Event>(
  claim: OrderClaim<State, Event>,
): SpaceClaim<State, Action, Event> => ({ id: claim.id, judge: () => new OrderJudge(claim) });

/** The object that a finding on this cycle speaks of. */
export const objectOfCycle = (cycle: readonly Nesting[]): string =>
  `the order of ${cycle
    .map(({ outer }) => outer)
    .sort()
    .join(" and ")}`;

/**
 * Whether the last step of a run shows a part of a finding on an order.
 *
 * @param what - in the words of the claim, with anything behind them
 */
export const showsNesting = <State, Event>(
  claim: OrderClaim<State, Event>,
  transition: Transition<State, Event>,
  what: string,
  site: string,
): boolean =>
  claim.nestings(transition).some((nesting) => nesting.site === site && what.startsWith(claim.words(nesting)));

class OrderJudge<State, Action, Event> implements SpaceJudge<State, Action, Event> {
  readonly #claim: OrderClaim<State, Event>;
  readonly #known = new Map<string, Known>();
  #byObject = new WeakMap<Nesting, Known>();
  #concerned = 0;
  #witness: { readonly cost: Cost; readonly origin: Origin } | undefined;

  constructor(claim: OrderClaim<State, Event>) {
    this.#claim = claim;
  }

  meet(): void {}
  leave(): void {}
  take(): void {}
  left(): void {}

  took(_to: number, _isPlain: boolean, cost: Cost, transition: Transition<State, Event>, capture: () => Origin): void {
    const nestings = this.#claim.nestings(transition);
    if (nestings.length === 0) return;
    this.#concerned += 1;
    if (this.#witness === undefined || cost < this.#witness.cost) this.#witness = { cost, origin: capture() };
    for (const nesting of nestings) {
      const known = this.#find(nesting);
      if (known === undefined) {
        const fresh: Known = { nesting, cost, origin: capture(), seen: 1 };
        this.#known.set(keyOf(nesting), fresh);
        this.#byObject.set(nesting, fresh);
        continue;
      }
      known.seen += 1;
      if (cost < known.cost) Object.assign(known, { cost, origin: capture() });
    }
  }

  #find(nesting: Nesting): Known | undefined {
    let known = this.#byObject.get(nesting);
    if (known !== undefined) return known;
    known = this.#known.get(keyOf(nesting));
    if (known !== undefined) this.#byObject.set(nesting, known);
    return known;
  }

  save(): unknown {
    return { known: [...this.#known.values()], concerned: this.#concerned, witness: this.#witness };
  }

  restore(saved: { known: Known[]; concerned: number; witness: { cost: Cost; origin: Origin } | undefined }): void {
    this.#known.clear();
    this.#byObject = new WeakMap();
    for (const known of saved.known) this.#known.set(keyOf(known.nesting), { ...known });
    this.#concerned = saved.concerned;
    this.#witness = saved.witness;
  }

  conclude(space: SearchedSpace): SpaceConclusion {
    const findings = cyclesIn([...this.#known.values()]).map((cycle): Finding => {
      const [first, ...others] = cycle.toSorted((one, other) => other.cost - one.cost) as [Known, ...Known[]];
      const { site } = first.nesting;
      const nestings = [first, ...others].map(({ nesting }) => nesting);
      const cost = neededBy(first.cost);
      return {
        property: this.#claim.id,
        object: objectOfCycle(nestings),
        site,
        detail: nestings.map((nesting) => this.#claim.words(nesting)).join(", and elsewhere "),
        isFatal: false,
        needs: needsOf(cost),
        cost,
        seen: first.seen,
        counterexample: space.scheduleOf(first.origin),
        besides: others.map(({ nesting, origin }) => ({
          what: this.#claim.words(nesting),
          site: nesting.site,
          run: space.scheduleOf(origin),
        })),
      };
    });
    const counts = {
      concerned: this.#concerned,
      violated: findings.reduce((most, { seen }) => Math.max(most, seen), 0),
      witness: this.#witness === undefined ? undefined : space.scheduleOf(this.#witness.origin),
    };
    return { verdict: verdictOn(this.#claim.id, counts, space.reach), findings };
  }
}

/** The cheapest way round through each nesting; those of one set of things once, and only where the subject has a part. */
const cyclesIn = (known: readonly Known[]): readonly (readonly Known[])[] => {
  const found = new Map<string, readonly Known[]>();
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
const wayBetween = (known: readonly Known[], from: string, to: string): readonly Known[] | undefined => {
  const ways = new Map<string, readonly Known[]>([[from, []]]);
  for (const [at, way] of ways) {
    if (at === to) return way;
    for (const each of known) {
      if (each.nesting.outer === at && !ways.has(each.nesting.inner)) ways.set(each.nesting.inner, [...way, each]);
    }
  }
  return undefined;
};
