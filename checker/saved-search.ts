/**
 * A search that was put aside, as data: it can be cloned, written down, and gone on with.
 *
 * No state is in it. A state follows from the cheapest run to it, and the runs to all states are a tree with one step
 * for each state; so whoever goes on takes each of those steps once, and has every state that still waits.
 */
import type { Cost } from "./cost.ts";
import { ScheduleMisfit } from "./schedule-misfit.ts";
import type { System } from "./system.ts";
import { type Step, taken } from "./walk.ts";

/** The states that a search has met, each with the step that leads there; see StateTable. */
export interface SavedTable {
  readonly costs: Float64Array;
  readonly parents: Int32Array;
  /** The step to each state, as the place of its last part. */
  readonly steps: Uint32Array;
  /** The parts of which steps are made: pairs, side by side. */
  readonly stepParts: Uint32Array;
}

/** The items of a queue that wait at one cost, in their order. */
export interface SavedBucket {
  readonly cost: Cost;
  readonly items: readonly number[];
}

/** A search between two states that it expands. */
export interface SavedSearch {
  readonly table: SavedTable;
  readonly queue: readonly SavedBucket[];
  readonly counts: Readonly<Record<"transitions" | "expanded" | "depth" | "cut" | "fatal", number>>;
  readonly hitStates: boolean;
  readonly hitDepth: boolean;
  /** What the judges and the coverage know. */
  readonly judges: unknown;
  readonly coverage: unknown;
  /** What others count while the search runs, in the order in which they were given. */
  readonly beside: readonly unknown[];
  /** How long it has run so far. */
  readonly elapsedMs: number;
}

/** The states that stand behind each state in the tree of cheapest runs. */
const childrenOf = (parents: Int32Array): { readonly first: Int32Array; readonly next: Int32Array } => {
  const first = new Int32Array(parents.length).fill(-1);
  const next = new Int32Array(parents.length).fill(-1);
  for (let state = parents.length - 1; state >= 0; state -= 1) {
    const parent = parents[state]!;
    if (parent === -1) continue;
    if (parent < 0 || parent >= parents.length) throw new ScheduleMisfit(0, "a state has a parent that is none");
    next[state] = first[parent]!;
    first[parent] = state;
  }
  return { first, next };
};

/**
 * Takes each step of the tree once.
 *
 * @param stepTo - the step that leads to a state from its parent; for one without a parent, which initial state it is
 * @param visit - gets each state, the parents first
 * @throws ScheduleMisfit where the tree is none of this system's
 */
export const regrow = <State, Action, Event>(
  system: System<State, Action, Event>,
  parents: Int32Array,
  stepTo: (state: number) => Step,
  visit: (number: number, state: State) => void,
): void => {
  const { first, next } = childrenOf(parents);
  const open: { readonly number: number; readonly state: State }[] = [];
  let met = 0;
  const enter = (number: number, state: State): void => {
    met += 1;
    visit(number, state);
    if (first[number] !== -1) open.push({ number, state });
  };
  for (let number = 0; number < parents.length; number += 1) {
    if (parents[number] !== -1) continue;
    const { action } = stepTo(number);
    if (!(action in system.initial)) throw new ScheduleMisfit(0, `there is no initial state ${action}`);
    enter(number, system.initial[action]!);
    for (let each = open.pop(); each !== undefined; each = open.pop()) {
      const actions = system.actions(each.state);
      for (let child = first[each.number]!; child !== -1; child = next[child]!) {
        enter(child, after(system, each.state, actions, stepTo(child)));
      }
    }
  }
  if (met !== parents.length) throw new ScheduleMisfit(0, "some states are their own parents");
};

const after = <State, Action, Event>(
  system: System<State, Action, Event>,
  state: State,
  actions: readonly Action[],
  { action, answers }: Step,
): State => {
  if (!(action in actions)) throw new ScheduleMisfit(0, `there is no action ${action} among ${actions.length}`);
  let asked = 0;
  const { transition } = taken(system, state, actions[action]!, action, (question, offered) => {
    const answer = answers[asked] ?? -1;
    asked += 1;
    if (!(answer in offered)) throw new ScheduleMisfit(0, `there is no such answer to "${question}"`);
    return answer;
  });
  if (asked !== answers.length) throw new ScheduleMisfit(0, "some of its answers answer no question");
  return transition.after;
};
