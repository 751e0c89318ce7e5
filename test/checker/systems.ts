/** Toy systems, small enough to be counted by hand, and the properties that judge them. */
import type { Answer } from "../../checker/chooser.ts";
import type { Claim } from "../../checker/claims/claim.ts";
import { type StepRule, stepClaim } from "../../checker/claims/step-claim.ts";
import type { System } from "../../checker/system.ts";
import type { Transition, Violation } from "../../checker/transition.ts";

/** A claim about toys: what breaks it, and what puts it to the test (everything, unless said otherwise). */
export const claim = <State, Event>(
  id: string,
  violations: (transition: Transition<State, Event>) => readonly Violation[],
  concerns: (transition: Transition<State, Event>) => boolean = () => true,
): StepRule<State, Event> & Claim<State, unknown, Event> => {
  const rule = { id, group: "toys", claim: id, why: "", source: "", assumptions: [], concerns, violations };
  return { ...rule, ...stepClaim(rule) };
};

/** A violation of which only the object matters. */
export const wrong = (object: string, detail = ""): Violation => ({ object, site: "", detail });

/** Is broken by each state once: its findings are the cheapest runs to every reachable state. */
export const arrivals = <State, Event>(key: (state: State) => string): Claim<State, unknown, Event> =>
  claim("arrives nowhere", ({ after }) => [wrong(key(after))]);

/** Counts up to `limit` and back; without a limit, for ever. */
export const counter = (limit = Number.POSITIVE_INFINITY): System<number, "up" | "down", never> => ({
  initial: [0],
  actions: (count) => [...(count < limit ? (["up"] as const) : []), ...(count > 0 ? (["down"] as const) : [])],
  step: (count, action) => ({ state: count + (action === "up" ? 1 : -1), events: [] }),
  key: String,
  describe: (action) => action,
});

/** A directed graph, given by paths through it; it starts where the first one does. */
export const graph = (...paths: readonly string[]): System<string, string, never> => {
  const edges = new Map<string, string[]>();
  for (const path of paths) {
    const nodes = path.split(" ");
    for (const [at, to] of nodes.entries()) {
      if (!edges.has(to)) edges.set(to, []);
      const out = at === 0 ? undefined : edges.get(nodes[at - 1]!);
      if (out !== undefined && !out.includes(to)) out.push(to);
    }
  }
  return {
    initial: [paths[0]!.split(" ")[0]!],
    actions: (node) => edges.get(node)!,
    step: (_, to) => ({ state: to, events: [] }),
    key: (node) => node,
    describe: (to) => `go to ${to}`,
  };
};

export interface Jugs {
  readonly small: number;
  readonly large: number;
}

export type Pour = "fill small" | "fill large" | "empty small" | "empty large" | "small to large" | "large to small";

const POURS: readonly Pour[] = [
  "fill small",
  "fill large",
  "empty small",
  "empty large",
  "small to large",
  "large to small",
];

/** A jug of three gallons, a jug of five, and a fountain. */
export const jugs: System<Jugs, Pour, never> = {
  initial: [{ small: 0, large: 0 }],
  actions: () => POURS,
  step: ({ small, large }, action) => {
    const pour = (amount: number) => ({ small: small - amount, large: large + amount });
    switch (action) {
      case "fill small":
        return { state: { small: 3, large }, events: [] };
      case "fill large":
        return { state: { small, large: 5 }, events: [] };
      case "empty small":
        return { state: { small: 0, large }, events: [] };
      case "empty large":
        return { state: { small, large: 0 }, events: [] };
      case "small to large":
        return { state: pour(Math.min(small, 5 - large)), events: [] };
      case "large to small":
        return { state: pour(-Math.min(large, 3 - small)), events: [] };
    }
  },
  key: ({ small, large }) => `${small},${large}`,
  describe: (action) => action,
};

/** The riddle of the two jugs, as a property that a solution breaks. */
export const neverFourGallons = claim<Jugs, never>("the large jug never holds four gallons", ({ after }) =>
  after.large === 4 ? [wrong("the large jug")] : [],
);

export const ALLOCATES: readonly [Answer, Answer] = [
  { label: "succeeds" },
  { label: "-ENOMEM", fault: "small allocation" },
];
export const REGISTERS: readonly [Answer, Answer, Answer] = [
  { label: "succeeds" },
  { label: "-EBUSY", fault: "ordinary" },
  { label: "-ENOMEM", fault: "small allocation" },
];

export interface Driver {
  readonly isBound: boolean;
  readonly leaked: number;
}

/**
 * A driver that takes a buffer, and then registers itself.
 *
 * The leaky one forgets the buffer when it cannot register.
 */
export const driver = ({ isLeaky }: { readonly isLeaky: boolean }): System<Driver, "probe" | "remove", never> => ({
  initial: [{ isBound: false, leaked: 0 }],
  actions: ({ isBound }) => (isBound ? ["remove"] : ["probe"]),
  step: ({ leaked }, action, chooser) => {
    if (action === "remove") return { state: { isBound: false, leaked }, events: [] };
    if (chooser.choose("kmalloc", ALLOCATES).fault !== undefined)
      return { state: { isBound: false, leaked }, events: [] };
    if (chooser.choose("register", REGISTERS).fault === undefined)
      return { state: { isBound: true, leaked }, events: [] };
    return { state: { isBound: false, leaked: leaked + (isLeaky ? 1 : 0) }, events: [] };
  },
  key: ({ isBound, leaked }) => `${isBound} ${leaked}`,
  describe: (action) => action,
});

/** An unbound driver holds nothing; each buffer that it holds on to is one violation. */
export const unboundHoldsNothing = claim<Driver, never>(
  "an unbound driver holds nothing",
  ({ after }) => (after.isBound ? [] : Array.from({ length: after.leaked }, () => wrong("the buffer"))),
  ({ after }) => !after.isBound,
);

/** Where each of two tasks is, and whether the lock is held. */
export interface Tasks {
  readonly at: readonly [Place, Place];
  readonly isLocked: boolean;
}

type Place = "outside" | "saw it free" | "inside";

/** Two tasks and one lock; without an atomic test-and-set, both may see it free. */
export const lock = ({ isAtomic }: { readonly isAtomic: boolean }): System<Tasks, 0 | 1, never> => ({
  initial: [{ at: ["outside", "outside"], isLocked: false }],
  actions: ({ at, isLocked }) => ([0, 1] as const).filter((task) => at[task] !== "outside" || !isLocked),
  step: ({ at, isLocked }, task) => {
    const put = (place: Place): Tasks["at"] => (task === 0 ? [place, at[1]] : [at[0], place]);
    switch (at[task]) {
      case "outside":
        return {
          state: isAtomic ? { at: put("inside"), isLocked: true } : { at: put("saw it free"), isLocked },
          events: [],
        };
      case "saw it free":
        return { state: { at: put("inside"), isLocked: true }, events: [] };
      case "inside":
        return { state: { at: put("outside"), isLocked: false }, events: [] };
    }
  },
  key: ({ at, isLocked }) => `${at.join()} ${isLocked}`,
  describe: (task) => `task ${task}`,
});

export const excludes = claim<Tasks, never>(
  "the lock lets one task in at a time",
  ({ after }) => (after.at.every((place) => place === "inside") ? [wrong("the lock")] : []),
  ({ after }) => after.at.includes("inside"),
);
