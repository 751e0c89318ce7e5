/**
 * Judges each transition by each property, and keeps one finding for each thing that is wrong.
 *
 * Two violations are one finding when property, object and site are equal; the finding keeps the cheapest run that
 * shows it, and how often it was seen.
 */
import { type Cost, type Needed, neededBy } from "./cost.ts";
import type { Property, Transition, Violation } from "./property.ts";
import type { Savable } from "./savable.ts";
import type { Schedule } from "./schedule.ts";

/** The least likely thing that has to happen for a finding to show. */
export type Needs = "nothing" | "ordinary-errno" | "race" | "small-allocation-failure";

/** One thing that is wrong, with the cheapest run that shows it. */
export interface Finding {
  /** The `id` of the property that it breaks. */
  readonly property: string;
  readonly object: string;
  readonly site: string;
  /** What is wrong at the end of the counterexample; may carry numbers. */
  readonly detail: string;
  readonly isFatal: boolean;
  readonly needs: Needs;
  readonly cost: Needed;
  /** The number of transitions that show it. */
  readonly seen: number;
  /** Its last step shows the violation. */
  readonly counterexample: Schedule;
  /** What only together with the counterexample is wrong. */
  readonly besides?: readonly Beside[];
}

/** A part of what is wrong that another run shows. */
export interface Beside {
  /** What it shows, one line. */
  readonly what: string;
  readonly site: string;
  /** Its last step shows it. */
  readonly run: Schedule;
}

/** What was seen of one property. */
export interface PropertyCounts {
  /** Transitions that put it to the test. */
  readonly concerned: number;
  /** Transitions that broke it. */
  readonly violated: number;
  /** The cheapest run that puts it to the test. */
  readonly witness: Schedule | undefined;
}

/** What a transition means for the run: it goes on, or nothing after it means anything, or it only repeats itself. */
export type Future = "goes on" | "fatal" | "repeats";

interface Found<Origin> {
  readonly violation: Violation;
  readonly cost: Cost;
  readonly origin: Origin;
}

interface Entry<Origin> {
  cheapest: Found<Origin>;
  seen: number;
  /** The transition that showed it last. */
  lastSeen: number;
}

/** What was seen of one property, while the search runs. */
interface Docket<Origin> {
  /** By object, then by site. */
  readonly entries: Map<string, Map<string, Entry<Origin>>>;
  concerned: number;
  violated: number;
  witnessCost: Cost;
  witness: Origin | undefined;
}

interface SavedJudgements<Origin> {
  readonly dockets: readonly Docket<Origin>[];
  readonly transition: number;
  readonly findings: number;
}

/** The least likely thing among what a run needs. */
export const needsOf = ({ smallAllocationFaults, ordinaryFaults, preemptions }: Needed): Needs => {
  if (smallAllocationFaults > 0) return "small-allocation-failure";
  if (preemptions > 0) return "race";
  return ordinaryFaults > 0 ? "ordinary-errno" : "nothing";
};

/**
 * The judgements of one search.
 *
 * A search names the run that it is on by an `Origin` of its own; `capture` gives that of the transition being judged,
 * and is asked only when the run is kept.
 */
export class Judge<State, Event, Origin> implements Savable {
  readonly #properties: readonly Property<State, Event>[];
  readonly #capture: () => Origin;
  readonly #dockets: Docket<Origin>[];
  #transition = 0;
  #findings = 0;
  #judging = 0;

  constructor(properties: readonly Property<State, Event>[], capture: () => Origin) {
    this.#properties = properties;
    this.#capture = capture;
    this.#dockets = properties.map(() => ({
      entries: new Map(),
      concerned: 0,
      violated: 0,
      witnessCost: Number.POSITIVE_INFINITY,
      witness: undefined,
    }));
  }

  /** How many different things were found wrong. */
  get size(): number {
    return this.#findings;
  }

  /** The property that was judged last, to be named when it throws; empty where there are none. */
  get property(): string {
    return this.#properties[this.#judging]?.id ?? "";
  }

  /** @param cost - of the run that ends with this transition */
  judge(transition: Transition<State, Event>, cost: Cost): Future {
    this.#transition += 1;
    let future: Future = "goes on";
    for (let at = 0; at < this.#properties.length; at += 1) {
      this.#judging = at;
      const property = this.#properties[at]!;
      const docket = this.#dockets[at]!;
      // What breaks a claim puts it to the test, whatever the property itself says of that.
      const violations = property.violations(transition);
      if (violations.length === 0 && !property.concerns(transition)) continue;
      docket.concerned += 1;
      if (cost < docket.witnessCost) {
        docket.witnessCost = cost;
        docket.witness = this.#capture();
      }
      if (violations.length === 0) continue;
      docket.violated += 1;
      for (const violation of violations) {
        const repeats = this.#enter(docket, violation, cost);
        if (violation.isFatal === true) future = "fatal";
        else if (repeats && future === "goes on") future = "repeats";
      }
    }
    return future;
  }

  /** Keeps a violation; tells whether this transition shows the same one for the second time. */
  #enter(docket: Docket<Origin>, violation: Violation, cost: Cost): boolean {
    let sites = docket.entries.get(violation.object);
    if (sites === undefined) {
      sites = new Map();
      docket.entries.set(violation.object, sites);
    }
    const entry = sites.get(violation.site);
    if (entry === undefined) {
      const cheapest = { violation, cost, origin: this.#capture() };
      sites.set(violation.site, { cheapest, seen: 1, lastSeen: this.#transition });
      this.#findings += 1;
      return false;
    }
    if (entry.lastSeen === this.#transition) return true;
    entry.lastSeen = this.#transition;
    entry.seen += 1;
    if (cost < entry.cheapest.cost) entry.cheapest = { violation, cost, origin: this.#capture() };
    return false;
  }

  /** All that was judged so far, as data of its own. */
  save(): unknown {
    return structuredClone({ dockets: this.#dockets, transition: this.#transition, findings: this.#findings });
  }

  /** Replaces all that was judged by what was saved. */
  restore(saved: unknown): void {
    const { dockets, transition, findings } = structuredClone(saved) as SavedJudgements<Origin>;
    this.#dockets.splice(0, this.#dockets.length, ...dockets);
    this.#transition = transition;
    this.#findings = findings;
  }

  /** The findings, the most believable one first; among equals, in the order of the properties. */
  findings(scheduleOf: (origin: Origin) => Schedule): readonly Finding[] {
    return this.#dockets
      .flatMap(({ entries }, at) =>
        [...entries.values()]
          .flatMap((sites) => [...sites.values()])
          .map((entry) => ({ entry, property: this.#properties[at]!.id })),
      )
      .sort((one, other) => one.entry.cheapest.cost - other.entry.cheapest.cost)
      .map(({ entry: { cheapest, seen }, property }) => {
        const { violation, origin } = cheapest;
        const { object, site, detail, isFatal = false } = violation;
        const cost = neededBy(cheapest.cost);
        const counterexample = scheduleOf(origin);
        return { property, object, site, detail, isFatal, needs: needsOf(cost), cost, seen, counterexample };
      });
  }

  /** What was seen of each property, in their order. */
  counts(scheduleOf: (origin: Origin) => Schedule): readonly PropertyCounts[] {
    return this.#dockets.map(({ concerned, violated, witness }) => ({
      concerned,
      violated,
      witness: witness === undefined ? undefined : scheduleOf(witness),
    }));
  }
}
