import type { Transition } from "../transition.ts";
import type { OrderRule } from "./order-rule.ts";
import type { PlainJudge, PlainJudgement } from "./plain-judge.ts";

/** Judges an order by a table of what is taken behind what, closed step by step (Warshall's algorithm). */
export class PlainOrderJudge<State, Event> implements PlainJudge<State, unknown, Event> {
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
