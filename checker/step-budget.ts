import type { System } from "./system.ts";

/** A state, and how many steps a run that is there may still take. */
export interface Stepping<State> {
  readonly state: State;
  readonly stepsLeft: number;
}

/**
 * The same system, in which a run ends after `budget` steps.
 *
 * The search's own depth limit counts along the most believable run to a state, and so leaves out some runs that are
 * shorter. Here a state is met again for each number of steps that are left, and an exhausted search has taken every
 * run of at most `budget` steps, which any other search can take too.
 */
export const withStepBudget = <State, Action, Event>(
  system: System<State, Action, Event>,
  budget: number,
): System<Stepping<State>, Action, Event> => ({
  initial: system.initial.map((state) => ({ state, stepsLeft: budget })),
  actions: ({ state, stepsLeft }) => (stepsLeft === 0 ? [] : system.actions(state)),
  step: ({ state, stepsLeft }, action, chooser) => {
    const outcome = system.step(state, action, chooser);
    return { state: { state: outcome.state, stepsLeft: stepsLeft - 1 }, events: outcome.events };
  },
  key: ({ state, stepsLeft }) => `${stepsLeft} ${system.key(state)}`,
  describe: (action) => system.describe(action),
});
