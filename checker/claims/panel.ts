import type { Cost } from "../cost.ts";
import type { Finding } from "../finding.ts";
import { cheapestFirst } from "../merge-findings.ts";
import type { Savable } from "../savable.ts";
import type { Future, Transition } from "../transition.ts";
import type { PropertyVerdict } from "../verdict.ts";
import type {
  Claim,
  ClaimContext,
  ClaimJudge,
  ClaimProof,
  JudgedRun,
  NotJudged,
  Searched,
  WayOfSearch,
} from "./claim.ts";

/** What all judges of a search say in the end. */
export interface PanelConclusion {
  /** In the order of the claims. */
  readonly properties: readonly PropertyVerdict[];
  /** The most believable one first; among equals, in the order of the claims. */
  readonly findings: readonly Finding[];
  /** What another search finds too, beside each verdict. */
  readonly proofs: readonly ClaimProof[];
}

/** What cannot be judged in this way of searching. */
export const notJudgedBy = <State, Action, Event>(
  claims: readonly Claim<State, Action, Event>[],
  context: ClaimContext<State, Action, Event>,
  way: WayOfSearch,
): readonly NotJudged[] => new Panel(claims, context, way, () => undefined).notJudged;

type Judge<State, Action, Event, Origin> = ClaimJudge<State, Action, Event, Origin>;

/** The judges of all claims along one search. */
export class Panel<State, Action, Event, Origin> implements Savable {
  readonly #claims: readonly string[];
  readonly #judges: readonly Judge<State, Action, Event, Origin>[];
  readonly #stepping: readonly Judge<State, Action, Event, Origin>[];
  readonly #watching: readonly Judge<State, Action, Event, Origin>[];
  readonly #meeting: readonly Judge<State, Action, Event, Origin>[];
  readonly #ending: readonly Judge<State, Action, Event, Origin>[];
  readonly #capture: () => Origin;
  #asked: Judge<State, Action, Event, Origin> | undefined;
  /** What this way of searching cannot judge. */
  readonly notJudged: readonly NotJudged[];

  /** @param capture - gives the run that ends with the step that is judged; is asked only when the run is kept */
  constructor(
    claims: readonly Claim<State, Action, Event>[],
    context: ClaimContext<State, Action, Event>,
    way: WayOfSearch,
    capture: () => Origin,
  ) {
    const asked = claims.map(({ id }, at) => ({ id, judge: claims[at]!.judge<Origin>(context, way) }));
    const judged = asked.flatMap(({ id, judge }) => (typeof judge === "string" ? [] : [{ id, judge }]));
    this.notJudged = asked.flatMap(({ id: claim, judge: because }) =>
      typeof because === "string" ? [{ claim, because }] : [],
    );
    this.#claims = judged.map(({ id }) => id);
    this.#judges = judged.map(({ judge }) => judge);
    this.#stepping = this.#judges.filter(({ step }) => step !== undefined);
    this.#watching = this.#judges.filter(({ took }) => took !== undefined);
    this.#meeting = this.#judges.filter(({ meet }) => meet !== undefined);
    this.#ending = this.#judges.filter(({ ended }) => ended !== undefined);
    this.#capture = capture;
  }

  /** How many different things were found wrong. */
  get size(): number {
    let size = 0;
    for (const judge of this.#judges) size += judge.size;
    return size;
  }

  /** The claim that was asked last, to be named when it throws; empty where there are none. */
  get claim(): string {
    return this.#asked === undefined ? "" : this.#claims[this.#judges.indexOf(this.#asked)]!;
  }

  meet(state: State): void {
    for (const judge of this.#meeting) judge.meet!(state);
  }

  leave(state: number): void {
    for (const judge of this.#watching) judge.leave?.(state);
  }

  take(action: Action): void {
    for (const judge of this.#watching) judge.take?.(action);
  }

  step(transition: Transition<State, Event>, cost: Cost): Future {
    let future: Future = "goes on";
    for (const judge of this.#stepping) {
      this.#asked = judge;
      const own = judge.step!(transition, cost, this.#capture);
      if (own === "fatal" || (own === "repeats" && future === "goes on")) future = own;
    }
    return future;
  }

  took(to: number, isPlain: boolean): void {
    for (const judge of this.#watching) judge.took!(to, isPlain);
  }

  left(): void {
    for (const judge of this.#watching) judge.left?.();
  }

  ended(run: JudgedRun<State, Action, Event, Origin>): void {
    for (const judge of this.#ending) {
      this.#asked = judge;
      judge.ended!(run);
    }
  }

  conclude(searched: Searched<Origin>): PanelConclusion {
    const conclusions = this.#judges.map((judge) => judge.conclude(searched));
    return {
      properties: conclusions.map(({ verdict }) => verdict),
      findings: cheapestFirst(conclusions.flatMap(({ findings }) => findings)),
      proofs: conclusions.map(({ proof }) => proof),
    };
  }

  save(): unknown {
    return this.#judges.map((judge) => judge.save());
  }

  restore(saved: unknown): void {
    for (const [at, judge] of this.#judges.entries()) judge.restore((saved as readonly unknown[])[at]);
  }
}
