import { type Budgeted, withBudget } from "../budget.ts";
import { outcomesOf } from "../enumerate.ts";
import { endsIn, keyOfOutcome, type OperationEnd, type OverlapOutcome, outcomeOf, withoutEnds } from "./operations.ts";
import type { Operating } from "./overlap.ts";

/** Two operations that overlap from a state at rest on. */
export interface Overlap<State, Action> {
  /** Where nothing was under way. */
  readonly rest: State;
  /** Their beginnings. The second one may become possible only by what the first one does. */
  readonly first: Action;
  readonly second: Action;
}

/** All that two operations can come to, one after the other. */
export interface SerialOutcomes {
  readonly outcomes: ReadonlyMap<string, OverlapOutcome>;
  /** What one of them comes to alone, where the other one is refused and changes nothing; the result of that one is `REFUSED`. */
  readonly refusals: ReadonlySet<string>;
  /** Why there may be others; undefined where there are none. */
  readonly unknown: string | undefined;
  /** How many states were looked at. */
  readonly states: number;
}

/** In the place of the result of an operation that did nothing, and said so. */
export const REFUSED = "is refused";

/** The most states of the serial runs of one pair. */
const MAX_STATES = 20_000;

/** Where a serial run stands. */
interface SerialPoint<State, Action> {
  readonly budgeted: Budgeted<State>;
  /** `split`: the first runs alone, and may still be interrupted by the whole of the second one. */
  readonly stage: "split" | "one" | "other";
  /** What goes on with the operation that waits for its turn. */
  readonly waits: Action | undefined;
  /** The beginning of that operation, as long as it has done nothing. */
  readonly idle: Action | undefined;
  readonly ends: readonly OperationEnd[];
}

/**
 * All that two operations can come to, one after the other, with so many failures at most.
 *
 * The serial order "first, then second" has the second one begun at rest too, and doing nothing until the first has ended: whoever
 * opened a file that is gone when they write to it has begun, and is told so. So a serial order gives what it gives to people
 * who come at the same time, and no operation has to be possible behind the other one.
 *
 * Where the second one becomes possible only in the course of the first, what the first does up to there and what it does from there on
 * are taken for two operations: the second one as a whole may run at any one scheduling point of the first one.
 * A command that makes something visible, and then goes on with it, happens at no single instant to anybody.
 *
 * One that is refused because somebody else is under way, and changes nothing, is told of in `refusals`.
 */
export const serialOutcomes = <State, Action, Event>(
  { operations, futureOf }: Operating<State, Action, Event>,
  { rest, first, second }: Overlap<State, Action>,
  faults: number | "all",
): SerialOutcomes => {
  const { ending: whole, beginnings, goOn, begun, isAtRest, left } = operations;
  const system = withBudget(whole, { faults, preemptions: 1 });
  const outcomes = new Map<string, OverlapOutcome>();
  const refusals = new Set<string>();
  const met = new Set<string>();
  const open: SerialPoint<State, Action>[] = [];
  let unknown: string | undefined;

  const meet = (point: SerialPoint<State, Action>): void => {
    const { budgeted, stage, waits, ends } = point;
    const waiting = waits === undefined ? "" : whole.describe(waits);
    const key = JSON.stringify([stage, waiting, ends, system.key(budgeted)]);
    if (met.has(key)) return;
    if (met.size === MAX_STATES) {
      unknown = `its serial orders have more than ${MAX_STATES} states`;
      return;
    }
    met.add(key);
    open.push(point);
  };

  /** Takes an action in every way, and goes on as `next` says. */
  const take = (
    from: SerialPoint<State, Action>,
    action: Action,
    next: (budgeted: Budgeted<State>, ends: readonly OperationEnd[], hasEnded: boolean) => void,
  ): void => {
    for (const { state: budgeted, events } of outcomesOf(system, from.budgeted, action)) {
      const transition = { before: from.budgeted.state, events: withoutEnds(events), after: budgeted.state };
      if (futureOf(transition) === "fatal") {
        unknown = `"${whole.describe(action)}" comes to grief in a serial order`;
        continue;
      }
      const more = endsIn(events);
      next(budgeted, more.length === 0 ? from.ends : [...from.ends, ...more], more.length > 0);
    }
  };

  /** Behind a step of the one that runs: it goes on, or it is the turn of the other one. */
  const afterOne =
    (waits: Action, idle: Action | undefined) =>
    (budgeted: Budgeted<State>, ends: readonly OperationEnd[], hasEnded: boolean): void => {
      if (!hasEnded) {
        meet({ budgeted, ends, stage: "one", waits, idle });
        return;
      }
      if (idle !== undefined) {
        const both = [...ends, { kind: "ended", operation: whole.describe(idle), result: REFUSED } as const];
        refusals.add(keyOfOutcome(outcomeOf(both, left(budgeted.state))));
      }
      meet({ budgeted, ends, stage: "other", waits: undefined, idle: undefined });
    };

  const afterOther = (budgeted: Budgeted<State>, ends: readonly OperationEnd[], hasEnded: boolean): void => {
    if (!hasEnded) {
      meet({ budgeted, ends, stage: "other", waits: undefined, idle: undefined });
    } else if (isAtRest(budgeted.state)) {
      const outcome = outcomeOf(ends, left(budgeted.state));
      outcomes.set(keyOfOutcome(outcome), outcome);
    }
  };

  const split = (budgeted: Budgeted<State>, ends: readonly OperationEnd[]): void =>
    meet({ budgeted, ends, stage: "split", waits: undefined, idle: undefined });

  const isThis = (one: Action, other: Action): boolean => whole.describe(one) === whole.describe(other);
  const canBegin = (state: State, operation: Action): Action | undefined =>
    beginnings(state).find((each) => isThis(each, operation));

  /** The one runs to its end while the other has been begun, and does nothing. */
  const inOrder = (from: SerialPoint<State, Action>, one: Action, other: Action): void => {
    const { state, action: waits } = begun(from.budgeted.state, other);
    take({ ...from, budgeted: { ...from.budgeted, state, preemptionsLeft: 0 } }, one, afterOne(waits, other));
  };

  const faultsLeft = faults === "all" ? Number.POSITIVE_INFINITY : faults;
  const uninterrupted: SerialPoint<State, Action> = {
    budgeted: { state: rest, faultsLeft, preemptionsLeft: 0 },
    stage: "split",
    waits: undefined,
    idle: undefined,
    ends: [],
  };
  const isTogether = canBegin(rest, second) !== undefined;
  if (isTogether) {
    inOrder(uninterrupted, first, second);
    if (!isThis(first, second)) inOrder(uninterrupted, second, first);
  } else {
    const start = { ...uninterrupted, budgeted: { ...uninterrupted.budgeted, preemptionsLeft: 1 } };
    take(start, first, split);
  }

  const expandSplit = (point: SerialPoint<State, Action>): void => {
    const { budgeted } = point;
    const { state } = budgeted;
    const calm = { ...point, budgeted: { ...budgeted, preemptionsLeft: 0 } };
    const beginning = canBegin(state, second);
    if (isAtRest(state)) {
      if (beginning !== undefined) take(calm, beginning, afterOther);
      return;
    }
    for (const going of goOn(state)) {
      take(point, going, split);
      if (beginning === undefined) continue;
      inOrder(calm, going, beginning);
      take(calm, beginning, afterOne(going, undefined));
    }
  };

  for (let point = open.pop(); point !== undefined; point = open.pop()) {
    const { stage, waits, idle, budgeted } = point;
    if (stage === "split") {
      expandSplit(point);
      continue;
    }
    for (const going of goOn(budgeted.state)) {
      if (waits !== undefined && isThis(going, waits)) continue;
      take(point, going, waits === undefined ? afterOther : afterOne(waits, idle));
    }
  }
  return { outcomes, refusals, unknown, states: met.size };
};
