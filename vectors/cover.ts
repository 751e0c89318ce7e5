import { type Graph, type GraphEdge, type Node, shortestTo } from "./graph.ts";

/**
 * Chooses few runs that together take all that can be taken.
 *
 * A run is one life: it begins without the driver, and ends when nothing of it is left. Each is led as far as it goes:
 * always to the nearest thing that no run has taken yet, and to what ends a life only when nothing else is left within
 * reach. How near this comes to the fewest runs there can be, `fewestLives` tells.
 */
export interface Walk {
  readonly graph: Graph;
  readonly edges: readonly GraphEdge[];
}

/** An action whose allocations are made to fail in turn, in one state. */
export interface Sweep {
  readonly graph: Graph;
  /** The way to that state. */
  readonly way: readonly GraphEdge[];
  /** The action with no failure, and with each. */
  readonly edges: readonly GraphEdge[];
}

/** Whether a life is as good as over: an unbind that waits only waits for its end. */
const endsLife = ({ nodes }: Graph, { from, to, action }: GraphEdge): boolean =>
  !nodes[from]!.isBetweenLives &&
  (nodes[to]!.isBetweenLives ||
    (nodes[to]!.state.blocked !== undefined && (action.kind === "unbind" || action.kind === "decommit")));

/** A probe that fails begins no life and ends none, but a run that is to show it has shown its best. */
const failsAtOnce = ({ nodes }: Graph, { from, to, action }: GraphEdge): boolean =>
  (action.kind === "bind" || action.kind === "probe") && nodes[from]!.isBetweenLives && nodes[to]!.isBetweenLives;

/** Which edges a run may take. */
export type Allowed = (edge: GraphEdge) => boolean;

const isPlain: Allowed = ({ failing }) => failing === 0;

/** From where a life has ended to where a vector may end: what was switched on is switched off. */
export const wayHome = (graph: Graph, from: number): readonly GraphEdge[] => {
  if (graph.nodes[from]!.isHome) return [];
  const way = shortestTo(
    graph,
    from,
    (edge) => isPlain(edge) && edge.action.kind !== "bind",
    (edge) => isPlain(edge) && graph.nodes[edge.to]!.isHome,
  );
  if (way === undefined) throw new Error("checker bug: a vector has no way back to where it began");
  return way;
};

/**
 * The fewest runs found over these graphs that take every goal that needs no failing allocation.
 *
 * What one life may take from another depends on which graph comes first, so every order is tried.
 */
export const coverWithLives = (graphs: readonly Graph[], isAllowed: Allowed = isPlain): readonly Walk[] =>
  ordersOf(graphs)
    .map((order) => livesInOrder(order, isAllowed))
    .reduce((best, other) => (sizeOf(other) < sizeOf(best) ? other : best));

/** Fewer lives first, then fewer actions. */
const sizeOf = (walks: readonly Walk[]): number =>
  walks.reduce((size, { edges }) => size + edges.length, walks.length * 1_000_000);

const ordersOf = <T>(items: readonly T[]): readonly (readonly T[])[] =>
  items.length === 0
    ? [[]]
    : items.flatMap((item) => ordersOf(items.filter((other) => other !== item)).map((rest) => [item, ...rest]));

const livesInOrder = (graphs: readonly Graph[], isAllowed: Allowed): readonly Walk[] => {
  const left = new Set(
    graphs.flatMap(({ nodes }) => nodes.flatMap(({ edges }) => edges.filter(isAllowed).flatMap(({ goals }) => goals))),
  );
  const walks: Walk[] = [];
  for (const graph of graphs) {
    for (let walk = nextLife(graph, left, isAllowed); walk !== undefined; walk = nextLife(graph, left, isAllowed)) {
      walks.push(walk);
    }
  }
  return withoutNeedless(walks);
};

const nextLife = (graph: Graph, left: Set<string>, isAllowed: Allowed): Walk | undefined => {
  const isNew = ({ goals }: GraphEdge): boolean => goals.some((goal) => left.has(goal));
  const goesOn = (edge: GraphEdge): boolean => isAllowed(edge) && !endsLife(graph, edge) && !failsAtOnce(graph, edge);
  const edges: GraphEdge[] = [];
  const follow = (way: readonly GraphEdge[]): void => {
    for (const edge of way) for (const goal of edge.goals) left.delete(goal);
    edges.push(...way);
  };
  let at = 0;
  for (;;) {
    const way =
      shortestTo(graph, at, goesOn, (edge) => goesOn(edge) && isNew(edge)) ??
      shortestTo(graph, at, goesOn, (edge) => isAllowed(edge) && isNew(edge));
    if (way === undefined) break;
    follow(way);
    const last = way.at(-1)!;
    at = last.to;
    if (!goesOn(last)) break;
  }
  if (edges.length === 0) return undefined;
  while (!graph.nodes[at]!.isBetweenLives) {
    follow(shortestTo(graph, at, goesOn, (edge) => isPlain(edge) && endsLife(graph, edge))!);
    at = edges.at(-1)!.to;
  }
  follow(wayHome(graph, at));
  return { graph, edges };
};

/** Leaves out runs that take nothing that the others do not take, the shortest first. */
const withoutNeedless = (walks: readonly Walk[]): readonly Walk[] => {
  let kept = [...walks];
  for (const walk of walks.toSorted((one, other) => one.edges.length - other.edges.length)) {
    const others = new Set(kept.filter((other) => other !== walk).flatMap(goalsOfWalk));
    if (goalsOfWalk(walk).every((goal) => others.has(goal))) kept = kept.filter((other) => other !== walk);
  }
  return kept;
};

/** All that a run takes. */
export const goalsOfWalk = ({ edges }: { readonly edges: readonly GraphEdge[] }): readonly string[] => [
  ...new Set(edges.flatMap(({ goals }) => goals)),
];

/**
 * Fewer lives than this cannot take every goal.
 *
 * A life has one end. What can only be taken by ending a life, and by no two ends at one time, needs a life each; the
 * number of such goals, chosen greedily, is a bound for every set and not only for ours.
 */
export const fewestLives = (graphs: readonly Graph[]): number => {
  const endsOf = new Map<string, Set<GraphEdge>>();
  const taken = new Set<string>();
  for (const graph of graphs) {
    for (const edge of graph.nodes.flatMap(({ edges }) => edges.filter(isPlain))) {
      const isEnd = endsLife(graph, edge) || failsAtOnce(graph, edge);
      for (const goal of edge.goals) {
        if (!isEnd) taken.add(goal);
        else endsOf.set(goal, (endsOf.get(goal) ?? new Set()).add(edge));
      }
    }
  }
  const chosen: Set<GraphEdge>[] = [];
  for (const [goal, ends] of [...endsOf].sort(([, one], [, other]) => one.size - other.size)) {
    if (taken.has(goal)) continue;
    if (chosen.every((others) => [...others].every((end) => !ends.has(end)))) chosen.push(ends);
  }
  return chosen.length;
};

/** Where allocations can be made to fail with nothing else going wrong. */
const isCalm = ({ state: { refused, isTaken, blocked, machine } }: Node): boolean =>
  !refused.onlining &&
  !refused.offlining &&
  blocked === undefined &&
  machine.kernel.environment.claims.length === 0 &&
  !isTaken &&
  machine.kernel.memoryHotplug.blocks.every(({ state }) => state === "online");

/** The fewest places for sweeps that take every goal that only a failing allocation takes. */
export const coverWithSweeps = (graphs: readonly Graph[], taken: ReadonlySet<string>): readonly Sweep[] => {
  const candidates = graphs.flatMap((graph) => sweepsIn(graph, isCalm));
  const left = new Set(candidates.flatMap(goalsOfWalk).filter((goal) => !taken.has(goal)));
  const chosen: Sweep[] = [];
  while (left.size > 0) {
    const gain = (sweep: Sweep): number => goalsOfWalk(sweep).filter((goal) => left.has(goal)).length;
    const best = candidates.reduce((one, other) => {
      const difference = gain(other) - gain(one);
      return difference > 0 || (difference === 0 && other.way.length < one.way.length) ? other : one;
    });
    for (const goal of goalsOfWalk(best)) left.delete(goal);
    chosen.push(best);
  }
  return chosen;
};

/** Every place for a sweep in a graph. */
export const sweepsIn = (graph: Graph, isPlace: (node: Node) => boolean): readonly Sweep[] => {
  const sweeps: Sweep[] = [];
  for (const node of graph.nodes) {
    if (!isPlace(node)) continue;
    const actions = new Set(node.edges.filter(({ failing }) => failing > 0).map(({ action }) => action));
    if (actions.size === 0) continue;
    const way = wayTo(graph, node.number);
    if (way === undefined) continue;
    for (const action of actions) {
      sweeps.push({ graph, way, edges: node.edges.filter((edge) => edge.action === action) });
    }
  }
  return sweeps;
};

/** The shortest way from the beginning to a state; undefined where only a failing allocation leads there. */
export const wayTo = (graph: Graph, number: number): readonly GraphEdge[] | undefined =>
  number === 0 ? [] : shortestTo(graph, 0, isPlain, (edge) => isPlain(edge) && edge.to === number);
