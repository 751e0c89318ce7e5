/**
 * From one state on: whether the goals of a claim can be reached, by plain steps alone.
 *
 * A small search of its own, breadth first, that shares nothing with the one that has found the state. Where it comes to its
 * end without the goals, the states that it has met are a livelock: every way that counts leads from them to them.
 */
import { withBudget } from "../budget.ts";
import { outcomesOf } from "../enumerate.ts";
import { count } from "../verdict.ts";
import { followed, type Step } from "../walk.ts";
import type { ClaimContext, Ways } from "./claim.ts";
import { allGoals, type GraphRule, reachedGoals } from "./graph-rule.ts";

/** What is known of states by their keys, so that nobody looks twice. */
export interface KnownWays {
  /** From these there is a way back. */
  readonly good: Set<string>;
  /** How many states may still be looked at. */
  left: number;
}

/** What is to be reached, and how far to look for it. */
export interface WayBackOptions<State> {
  readonly rule: GraphRule<State>;
  readonly maxStates: number;
  /** What other looks have found, and this one adds to. */
  readonly known?: KnownWays | undefined;
}

/** A set of states that cannot be left; a deadlock is one in which nothing goes on. */
export interface Livelock {
  readonly kind: "livelock";
  readonly states: number;
  /** The bits of those goals that some state of it reaches. */
  readonly reached: number;
  /** What goes on by itself: steps up to where it begins to go round, and one round. Both are empty where nothing goes on. */
  readonly stem: readonly Step[];
  readonly round: readonly Step[];
}

export type WayBack =
  | { readonly kind: "way"; readonly steps: number }
  | Livelock
  /** There may be a way where this search did not look. */
  | { readonly kind: "unknown"; readonly because: string };

const NOTHING_UNLIKELY = { faults: 0, preemptions: 0 } as const;

/** A context whose system says how it can be brought back. */
export type Leading<State, Action, Event> = ClaimContext<State, Action, Event> & {
  readonly ways: Ways<State, Action, Event>;
};

/** A state that was met, and the one before it. */
interface Met<State> {
  readonly state: State;
  readonly key: string;
  readonly from: Met<State> | undefined;
}

/** Looks for a way from a state to the goals. */
export const wayBack = <State, Action, Event>(
  state: State,
  context: Leading<State, Action, Event>,
  { rule, maxStates, known }: WayBackOptions<State>,
): WayBack => {
  const all = allGoals(rule);
  const { ways, futureOf } = context;
  const system = withBudget(ways.widened, NOTHING_UNLIKELY);
  const start = { state, faultsLeft: 0, preemptionsLeft: 0 };
  let layer: Met<typeof start>[] = [{ state: start, key: system.key(start), from: undefined }];
  const met = new Set([layer[0]!.key]);
  let reached = 0;
  for (let steps = 0; layer.length > 0; steps += 1) {
    const next: typeof layer = [];
    for (const before of layer) {
      const goals = reachedGoals(rule, before.state.state);
      if (goals === all || known?.good.has(before.key)) {
        for (let at: Met<typeof start> | undefined = before; at !== undefined; at = at.from) known?.good.add(at.key);
        return { kind: "way", steps };
      }
      reached |= goals;
      for (const action of system.actions(before.state)) {
        if (!ways.leadsBack(action)) continue;
        for (const { state: after, events } of outcomesOf(system, before.state, action)) {
          if (futureOf({ before: before.state.state, events, after: after.state }) === "fatal") {
            return { kind: "unknown", because: `"${system.describe(action)}" breaks something fatally` };
          }
          const key = system.key(after);
          if (met.has(key)) continue;
          if (met.size === maxStates || known?.left === 0) {
            return { kind: "unknown", because: `more than ${met.size} states can be reached from there` };
          }
          if (known !== undefined) known.left -= 1;
          met.add(key);
          next.push({ state: after, key, from: before });
        }
      }
    }
    layer = next;
  }
  return { kind: "livelock", states: met.size, reached, ...whatGoesRound(state, context) };
};

/** Lets go on what is under way, the first that can, until it comes back to where it was. */
const whatGoesRound = <State, Action, Event>(
  from: State,
  { system: unlimited, ways: { goesOn } }: Leading<State, Action, Event>,
): Pick<Livelock, "stem" | "round"> => {
  const system = withBudget(unlimited, NOTHING_UNLIKELY);
  const start = { state: from, faultsLeft: 0, preemptionsLeft: 0 };
  const steps: Step[] = [];
  const met = new Map([[system.key(start), 0]]);
  const strategy = { action: (actions: readonly Action[]) => actions.findIndex(goesOn), answer: () => 0 };
  for (const { step, transition } of followed(system, start, strategy)) {
    steps.push(step);
    const key = system.key(transition.after);
    const before = met.get(key);
    if (before !== undefined) return { stem: steps.slice(0, before), round: steps.slice(before) };
    met.set(key, steps.length);
  }
  return { stem: [], round: [] };
};

/** Why there is no way out of a livelock, one line; behind the run that leads into it, and before what goes round there. */
export const livelockWords = ({ states, round }: Livelock): string => {
  const whole = `${count(states, "state")} can be reached from here without a fault, and from none of them a way leads out`;
  if (round.length > 0) return `from here on this goes round for ever; ${whole}`;
  return states === 1
    ? "nothing that anybody may be counted on to do changes anything from here on"
    : `whatever is done from here on: ${whole}`;
};
