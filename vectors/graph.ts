import type { OnlineType } from "../abi/mmop.ts";
import { describeAction, type KernelAction } from "./action.ts";
import type { EdgeRecorder } from "./edges-taken.ts";
import type { Taken, UserSpace, UserState } from "./user-space.ts";

/**
 * Everything that user space can do with a driver from one beginning, as a graph.
 *
 * It is small (some hundred states), because each way to fail is switched on and off and no call is asked singly.
 */
export interface Graph {
  readonly initialConfiguration: number;
  readonly defaultOnlineType: OnlineType;
  /** The first is the beginning. */
  readonly nodes: readonly Node[];
}

export interface Node {
  readonly number: number;
  readonly state: UserState;
  /** No driver is bound, nothing of it is left, and no write waits: a life may begin or has ended here. */
  readonly isBetweenLives: boolean;
  /** Between lives, and with nothing left that was set up for a failure: a vector may end here. */
  readonly isHome: boolean;
  /** Nodes of one look are one to a script: what it has set up and what it sees are the same. */
  readonly look: string;
  readonly edges: readonly GraphEdge[];
}

export interface GraphEdge {
  readonly from: number;
  readonly to: number;
  readonly action: KernelAction;
  /** The allocation that fails in it; 0 for none. */
  readonly failing: number;
  readonly taken: Taken;
  /** What it counts for: see `goalsOf`. */
  readonly goals: readonly string[];
}

const isBetweenLives = ({ seen, blocked, machine }: UserState): boolean =>
  !seen.isBound &&
  !seen.hasDevice &&
  blocked === undefined &&
  machine.kernel.environment.held.length === 0 &&
  seen.blocks.every((block) => block === "absent");

const isHome = (state: UserState): boolean =>
  isBetweenLives(state) &&
  state.seen.isCommitted &&
  !state.isTaken &&
  !state.refused.onlining &&
  !state.refused.offlining &&
  state.machine.kernel.environment.claims.length === 0;

const lookOf = ({ seen, refused, isTaken, blocked, machine: { kernel } }: UserState): string =>
  JSON.stringify([
    ...[seen, refused, isTaken, blocked ?? null, kernel.environment.claims.length, kernel.environment.held.length],
  ]);

/** More allocations than a write can make. */
const MAX_ALLOCATIONS = 64;

/** What only sets something up, or takes that back: it counts for nothing by itself. */
const SETS_UP: ReadonlySet<KernelAction["kind"]> = new Set(["refuse", "allow", "unpin", "unclaim", "commit"]);

/** In which stretch of a life an action is done: half of what an action tests is where it is done. */
const phaseOf = ({ seen, blocked }: UserState): string => {
  if (blocked !== undefined) return "while a write waits";
  if (!seen.hasDevice) return "before there is a device";
  return seen.blocks.every((block) => block === "absent") ? "without memory" : "with memory";
};

/**
 * What a taken action counts for: edges of the life cycle, ways to fail, and the action itself where it was done.
 *
 * @param end - what the action came to, where each end counts by itself
 */
const goalsOf = (
  edges: readonly string[],
  { failures }: Pick<Taken, "failures">,
  before: UserState,
  action: KernelAction,
  end: string,
): readonly string[] => [
  ...edges.map((edge) => `edge ${edge}`),
  ...failures.map((failure) => `failure ${failure}`),
  ...(SETS_UP.has(action.kind) ? [] : [`action ${describeAction(action)}, ${phaseOf(before)}${end}`]),
];

/**
 * Takes every action in every state that can be reached.
 *
 * @param recorder - monitors the driver of `space`
 */
export const graphOf = (
  space: UserSpace,
  recorder: EdgeRecorder,
  initialConfiguration: number,
  defaultOnlineType: OnlineType,
): Graph => {
  const start = space.start(initialConfiguration, defaultOnlineType);
  const numbers = new Map<string, number>();
  const nodes: (Omit<Node, "edges"> & { readonly edges: GraphEdge[] })[] = [];
  const arrive = (state: UserState): number => {
    const key = space.key(state);
    let number = numbers.get(key);
    if (number === undefined) {
      number = nodes.length;
      numbers.set(key, number);
      nodes.push({
        ...{ number, state, isBetweenLives: isBetweenLives(state), isHome: isHome(state) },
        look: lookOf(state),
        edges: [],
      });
    }
    return number;
  };
  arrive(start);
  for (let from = 0; from < nodes.length; from += 1) {
    const { state, edges } = nodes[from]!;
    for (const action of space.actions(state)) {
      for (let failing = 0; failing <= MAX_ALLOCATIONS; failing += 1) {
        recorder.drain();
        const taken = space.take(state, action, failing);
        if (failing > 0 && taken.allocations < failing) break;
        const end = space.standpoint.countsResults ? `, gives ${taken.result ?? "nothing yet"}` : "";
        const goals = goalsOf(recorder.drain(), taken, state, action, end);
        edges.push({ from, to: arrive(taken.after), action, failing, taken, goals });
      }
    }
  }
  return { initialConfiguration, defaultOnlineType, nodes };
};

/** The shortest way along edges that `isAllowed` to one that `isWanted`, that one last; undefined where there is none. */
export const shortestTo = (
  { nodes }: Graph,
  from: number,
  isAllowed: (edge: GraphEdge) => boolean,
  isWanted: (edge: GraphEdge) => boolean,
): readonly GraphEdge[] | undefined => {
  const ways = new Map<number, readonly GraphEdge[]>([[from, []]]);
  const queue = [from];
  for (const number of queue) {
    const way = ways.get(number)!;
    for (const edge of nodes[number]!.edges) if (isWanted(edge)) return [...way, edge];
    for (const edge of nodes[number]!.edges) {
      if (!isAllowed(edge) || ways.has(edge.to)) continue;
      ways.set(edge.to, [...way, edge]);
      queue.push(edge.to);
    }
  }
  return undefined;
};
