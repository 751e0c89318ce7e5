import { lifeCycle } from "./index.ts";
import type { Policy } from "./policy.ts";
import { type MachineTable, nextIn } from "./table.ts";

/** What became of a rule over every run of a life cycle. */
export interface RuleOutcome {
  /** Pairs of a configuration of the life and one of the rule that were met. */
  readonly states: number;
  /** The shortest run that breaks the rule, as its events; undefined where every run keeps it. */
  readonly breach: readonly string[] | undefined;
}

/**
 * Holds a rule against every run of a life cycle, both as machines: no kernel and no driver.
 *
 * A life that takes a step that the rule has an event for must find the rule ready for it. What the kernel itself
 * would refuse is left to the kernel, so this is stricter than a run: it looks at runs that no kernel allows too.
 */
export const keptBy = (policy: Policy, rule: MachineTable): RuleOutcome => {
  const life = lifeCycle(policy);
  const keys = new Map<number, number>();
  const states: { readonly life: number; readonly rule: number; readonly from: number; readonly event: string }[] = [];
  const arrive = (lifeAt: number, ruleAt: number, from: number, event: string): void => {
    const key = lifeAt * rule.configurations.length + ruleAt;
    if (keys.has(key)) return;
    keys.set(key, states.length);
    states.push({ life: lifeAt, rule: ruleAt, from, event });
  };
  const runTo = (place: number): string[] => {
    const { from, event } = states[place]!;
    return from === -1 ? [] : [...runTo(from), event];
  };
  arrive(0, 0, -1, "");
  for (let place = 0; place < states.length; place += 1) {
    const at = states[place]!;
    for (const [number, event] of life.events.entries()) {
      const next = nextIn(life, at.life, number);
      if (next === -1) continue;
      const own = rule.eventNumber(event);
      const ruleNext = own === -1 ? at.rule : nextIn(rule, at.rule, own);
      if (ruleNext === -1) return { states: states.length, breach: [...runTo(place), event] };
      arrive(next, ruleNext, place, event);
    }
  }
  return { states: states.length, breach: undefined };
};
