import type { Cost } from "../cost.ts";
import { type Finding, findingOf } from "../finding.ts";
import type { Future, Transition } from "../transition.ts";
import { verdictOn } from "../verdict.ts";
import type { ClaimConclusion, ClaimJudge, ProvedBreach, Searched } from "./claim.ts";
import { cyclesIn, type Known, keyOf, objectOfCycle, tanglesIn } from "./order-cycles.ts";
import { detailOf, type Nesting, type OrderRule } from "./order-rule.ts";

interface SavedOrders<Origin> {
  readonly known: readonly Known<Origin>[];
  readonly concerned: number;
  readonly witness: { readonly cost: Cost; readonly origin: Origin } | undefined;
}

/** Collects what is taken behind what over a whole search, and looks for what goes round. */
export class OrderJudge<State, Event, Origin> implements ClaimJudge<State, unknown, Event, Origin> {
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
      const { cost, seen, origin } = first;
      const nestings = [first, ...others].map(({ nesting }) => nesting);
      const { site } = first.nesting;
      const violation = { object: objectOfCycle(nestings), site, detail: detailOf(this.#rule, nestings) };
      return {
        ...findingOf(this.#rule.id, violation, cost, seen, scheduleOf(origin)),
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
