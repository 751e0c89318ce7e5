/**
 * From one state on: whether the goals of a claim can be reached, by plain steps alone.
 *
 * A small search of its own, breadth first, that shares nothing with the one that has found the state. Where it comes to its
 * end without the goals, the states that it has met are a trap: every way that counts leads from them to them.
 */
import { withBudget } from "./budget.ts";
import { Paths } from "./enumerate.ts";
import { allGoals, type GraphClaim, reachedGoals, type Ways } from "./graph-claim.ts";
import type { Property } from "./property.ts";
import type { Step } from "./schedule.ts";

/** What is to be reached, and how far to look for it. */
export interface WayBackOptions<State, Event> {
  readonly claim: GraphClaim<State>;
  /** A step that breaks one of them fatally leads nobody knows where. */
  readonly properties: readonly Property<State, Event>[];
  readonly maxStates: number;
}

/** A set of states that cannot be left. */
export interface Trap {
  readonly kind: "trap";
  readonly states: number;
  /** The bits of those goals that some state of it reaches. */
  readonly reached: number;
  /** What goes on by itself: steps up to where it begins to go round, and one round. Both are empty where nothing goes on. */
  readonly stem: readonly Step[];
  readonly round: readonly Step[];
}

export type WayBack =
  | { readonly kind: "way"; readonly steps: number }
  | Trap
  /** There may be a way where this search did not look. */
  | { readonly kind: "unknown"; readonly because: string };

const NOTHING_UNLIKELY = { faults: 0, preemptions: 0 } as const;

/** Looks for a way from a state to the goals. */
export const wayBack = <State, Action, Event>(
  state: State,
  ways: Ways<State, Action, Event>,
  { claim, properties, maxStates }: WayBackOptions<State, Event>,
): WayBack => {
  const all = allGoals(claim);
  const system = withBudget(ways.widened, NOTHING_UNLIKELY);
  const start = { state, faultsLeft: 0, preemptionsLeft: 0 };
  let layer = [start];
  const met = new Set([system.key(start)]);
  let reached = 0;
  for (let steps = 0; layer.length > 0; steps += 1) {
    const next: (typeof start)[] = [];
    for (const before of layer) {
      const goals = reachedGoals(claim, before.state);
      if (goals === all) return { kind: "way", steps };
      reached |= goals;
      for (const action of system.actions(before)) {
        if (!ways.leadsBack(action)) continue;
        const paths = new Paths();
        do {
          const { state: after, events } = system.step(before, action, paths.start());
          const transition = { before: before.state, events, after: after.state };
          const fatal = properties.find((property) => property.violations(transition).some(({ isFatal }) => isFatal));
          if (fatal !== undefined) {
            return { kind: "unknown", because: `"${system.describe(action)}" breaks ${fatal.id}` };
          }
          const key = system.key(after);
          if (met.has(key)) continue;
          if (met.size === maxStates) {
            return { kind: "unknown", because: `more than ${maxStates} states can be reached from there` };
          }
          met.add(key);
          next.push(after);
        } while (paths.advance());
      }
    }
    layer = next;
  }
  return { kind: "trap", states: met.size, reached, ...whatGoesRound(state, ways) };
};

/** Lets go on what is under way, the first that can, until it comes back to where it was. */
const whatGoesRound = <State, Action, Event>(
  from: State,
  { system: unlimited, goesOn }: Ways<State, Action, Event>,
): Pick<Trap, "stem" | "round"> => {
  const system = withBudget(unlimited, NOTHING_UNLIKELY);
  const steps: Step[] = [];
  const met = new Map<string, number>();
  let state = { state: from, faultsLeft: 0, preemptionsLeft: 0 };
  for (;;) {
    const key = system.key(state);
    const before = met.get(key);
    if (before !== undefined) return { stem: steps.slice(0, before), round: steps.slice(before) };
    met.set(key, steps.length);
    const actions = system.actions(state);
    const place = actions.findIndex(goesOn);
    if (place === -1) return { stem: [], round: [] };
    const answers: number[] = [];
    const first = {
      choose: <A>(_question: string, offered: readonly [A, ...A[]]): A => {
        answers.push(0);
        return offered[0];
      },
    };
    state = system.step(state, actions[place]!, first).state;
    steps.push({ action: place, answers });
  }
};
