/** The runs in which two operations overlap and nothing else does, from one state at rest on. */
import type { Chooser } from "../chooser.ts";
import type { System } from "../system.ts";
import type { ClaimContext } from "./claim.ts";
import { endsIn, type OperationEnd, type Operations, withoutEnds } from "./operations.ts";

/** A state in such a run. */
export type Overlapping<State, Action> =
  /** Nothing has begun. */
  | { readonly kind: "at rest" }
  | Side<State, Action>
  /** Both are done, or one is that no other has overlapped with, or nothing means anything any more. */
  | { readonly kind: "over" };

/** One operation runs that may be overlapped by a second one, or two do. */
export interface Side<State, Action> {
  readonly kind: "side by side";
  readonly state: State;
  readonly first: Action;
  readonly second: Action | undefined;
  readonly ends: readonly OperationEnd[];
  /** Whether something has failed since they began. */
  readonly hadFault: boolean;
}

/** Two operations that have overlapped are done, and nothing is under way. */
export interface Overlapped<State, Action> {
  readonly kind: "overlapped";
  readonly side: Side<State, Action> & { readonly second: Action };
}

export type OverlapSystem<State, Action, Event> = System<
  Overlapping<State, Action>,
  Action,
  Event | OperationEnd | Overlapped<State, Action>
>;

/** A context whose system says what of it are operations. */
export type Operating<State, Action, Event> = ClaimContext<State, Action, Event> & {
  readonly operations: Operations<State, Action, Event>;
};

const OVER = { kind: "over" } as const;

/** Notes whether something is made to fail. */
const noting = (chooser: Chooser) => {
  let hadFault = false;
  const noted: Chooser = {
    choose: (question, answers) => {
      const answer = chooser.choose(question, answers);
      if (answer.fault !== undefined) hadFault = true;
      return answer;
    },
  };
  return { chooser: noted, hadFault: () => hadFault };
};

/** The system of those runs. An action is described as in the system itself, so that a run of this one is one of the other. */
export const overlaps = <State, Action, Event>(
  { operations, futureOf }: Operating<State, Action, Event>,
  rest: State,
): OverlapSystem<State, Action, Event> => {
  const { ending: system, beginnings, goOn, roleOf, isAtRest } = operations;
  return {
    initial: [{ kind: "at rest" }],

    actions: (at) => {
      if (at.kind === "over") return [];
      if (at.kind === "at rest") return beginnings(rest);
      return at.second === undefined ? [...goOn(at.state), ...beginnings(at.state)] : goOn(at.state);
    },

    step: (at, action, chooser) => {
      if (at.kind === "over") throw new Error("a run that is over goes on");
      const before = at.kind === "at rest" ? rest : at.state;
      const asking = noting(chooser);
      const { state, events } = system.step(before, action, asking.chooser);
      if (futureOf({ before, events: withoutEnds(events), after: state }) === "fatal") return { state: OVER, events };
      // Who could only wait has not begun yet.
      if (state === before) return { state: at, events };
      const ends = endsIn(events);
      const hadFault = asking.hadFault();
      const side: Side<State, Action> =
        at.kind === "at rest"
          ? { kind: "side by side", state, first: action, second: undefined, ends, hadFault }
          : {
              ...at,
              state,
              second: roleOf(action) === "begins" ? action : at.second,
              ends: [...at.ends, ...ends],
              hadFault: at.hadFault || hadFault,
            };
      if (!isAtRest(state)) return { state: side, events };
      const { second } = side;
      if (second === undefined || side.ends.length < 2) return { state: OVER, events };
      return { state: OVER, events: [...events, { kind: "overlapped", side: { ...side, second } }] };
    },

    key: (at) => {
      if (at.kind !== "side by side") return at.kind;
      const { first, second, ends, hadFault, state } = at;
      const who = [first, second].map((each) => (each === undefined ? "" : system.describe(each)));
      return `${JSON.stringify([who, ends, hadFault])}${system.key(state)}`;
    },

    describe: (action) => system.describe(action),
  };
};
