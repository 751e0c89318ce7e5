/**
 * A claim that things are always taken in one order, also where no single run takes them both ways.
 *
 * Each step tells what was taken in it while something else was held. Over a whole search that is a graph, in which nothing may
 * go round: each run of a cycle may be harmless, and all of them at one time wait for each other for ever (a deadlock).
 */
import type { Replay } from "../schedule.ts";
import type { Claim, Evidence, Shown, Wanted } from "./claim.ts";
import { cyclesIn, type Known, keyOf, objectOfCycle } from "./order-cycles.ts";
import { OrderJudge } from "./order-judge.ts";
import { detailOf, type Nesting, type OrderRule } from "./order-rule.ts";
import { PlainOrderJudge } from "./plain-order-judge.ts";

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
