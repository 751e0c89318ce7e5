import { MMOP, ONLINE_WORDS } from "../abi/mmop.ts";
import { machineSubject } from "../harness/machine-driver/subject.ts";
import { sysramSystem } from "../harness/sysram-system.ts";
import type { Policy } from "../machines/policy.ts";
import { describeAction, type KernelAction, type UserAction, VECTOR_CONFIGURATION } from "./action.ts";
import { coverWithLives, coverWithSweeps, goalsOfWalk, type Sweep } from "./cover.ts";
import { type EdgeRecorder, edgeRecorder } from "./edges-taken.ts";
import { type Graph, type GraphEdge, graphOf, shortestTo } from "./graph.ts";
import { judge, propertyOf, UNSEEN_PROPERTIES } from "./judge.ts";
import { type Injected, type UserSpace, userSpace } from "./user-space.ts";
import { type Need, type Outcome, type Sight, sightLine, sightOf, type Vector, type VectorStep } from "./vector.ts";

/** What vectors are made from: all that user space can do with a driver that leads the life as it is intended. */
export interface Intended {
  readonly space: UserSpace;
  readonly recorder: EdgeRecorder;
  /** With auto_online_blocks offline and online_movable, and with a region that is too small. */
  readonly graphs: readonly Graph[];
  /** The same for a driver that leads the life as posted: what it does otherwise, and no property minds, is tolerated. */
  readonly asPosted: readonly Graph[];
}

/** The initial configurations of the harness that a real machine can be brought into, by what tells them apart here. */
const INITIAL_LABELS = {
  "whole blocks": "a static RAM region, aligned to memory blocks, on node 1, auto_online_blocks=online_movable",
  "smaller than a block": "a static RAM region, smaller than a block, on node 1, auto_online_blocks=online_movable",
} as const;

/** The place of an initial configuration of the harness. */
export const initialConfigurationOf = ({ system }: UserSpace, region: Vector["region"]): number => {
  const place = system.initialConfigurations.findIndex(({ label }) => label === INITIAL_LABELS[region]);
  if (place === -1)
    throw new Error(`checker bug: the harness has no initial configuration "${INITIAL_LABELS[region]}"`);
  return place;
};

/** Explores what a driver gives user space to do that leads its life by a policy. */
const explored = (policy: Policy): Omit<Intended, "asPosted"> => {
  const recorder = edgeRecorder(policy);
  const driver = machineSubject(policy).driver();
  const space = userSpace(sysramSystem(driver, VECTOR_CONFIGURATION, { monitors: recorder.monitors }));
  const whole = initialConfigurationOf(space, "whole blocks");
  const small = initialConfigurationOf(space, "smaller than a block");
  return {
    space,
    recorder,
    graphs: [
      graphOf(space, recorder, whole, MMOP.OFFLINE),
      graphOf(space, recorder, whole, MMOP.ONLINE_MOVABLE),
      graphOf(space, recorder, small, MMOP.ONLINE_MOVABLE),
    ],
  };
};

/** Explores what the intended driver gives user space to do, and what else may be tolerated. */
export const intended = (): Intended => ({ ...explored("intended"), asPosted: explored("as-posted").graphs });

/** What is to be seen in a node. */
const sightIn = ({ nodes }: Graph, number: number): Sight => {
  const { seen, machine, blocked } = nodes[number]!.state;
  const { cxlRegion, memoryHotplug } = machine.kernel;
  return sightOf(seen, cxlRegion.regions[0]!, memoryHotplug.blockSize, blocked !== undefined);
};

const stepOf = (graph: Graph, { action, to, taken }: GraphEdge): Extract<VectorStep, { kind: "action" }> => ({
  kind: "action",
  // The graphs of this file are those of user space.
  action: action as UserAction,
  returns: taken.result ?? null,
  ended: taken.ended ?? null,
  sees: sightIn(graph, to),
  tolerates: [],
});

const stepsOf = (graph: Graph, edges: readonly GraphEdge[]): readonly VectorStep[] =>
  edges.map((edge) => stepOf(graph, edge));

/**
 * The steps of a run, each with the other ends that it may have.
 *
 * The intended policy is one way to do right. Where a driver as posted ends a write otherwise without breaking any
 * property, nobody can call it wrong: adding memory that a notifier will not have online may fail, or leave it offline.
 */
const lenientSteps = (
  { graphs, asPosted }: Intended,
  graph: Graph,
  edges: readonly GraphEdge[],
): readonly VectorStep[] => {
  const other = asPosted[graphs.indexOf(graph)]!;
  return edges.map((edge) => {
    const step = stepOf(graph, edge);
    if (edge.action.kind !== "write" || step.returns === null) return step;
    const { look } = graph.nodes[edge.from]!;
    const after = graph.nodes[edge.to]!.look;
    const tolerates = new Map<string, Outcome>();
    for (const node of other.nodes) {
      if (node.look !== look) continue;
      for (const { action, failing, taken, to } of node.edges) {
        if (failing > 0 || describeAction(action) !== describeAction(edge.action) || taken.result === undefined)
          continue;
        const sees = sightIn(other, to);
        const key = `${taken.result} ${sightLine(sees)}`;
        if (other.nodes[to]!.look === after && taken.result === step.returns) continue;
        if (tolerates.has(key) || judge(taken).keys.some((found) => !UNSEEN_PROPERTIES.has(propertyOf(found))))
          continue;
        tolerates.set(key, { returns: taken.result, sees, undo: stepsOf(other, wayBack(other, to, after)) });
      }
    }
    return { ...step, tolerates: [...tolerates.values()] };
  });
};

/** The step in which an action's allocations fail in turn, with every end that this may have. */
const sweepStep = ({ graph, edges }: Sweep): VectorStep => {
  const from = graph.nodes[edges[0]!.from]!;
  const action = edges[0]!.action as UserAction;
  const outcomes = new Map<string, Outcome>();
  for (const node of graph.nodes) {
    if (node.look !== from.look) continue;
    for (const edge of node.edges) {
      if (edge.action.kind !== action.kind || describeAction(edge.action) !== describeAction(action)) continue;
      const sees = sightIn(graph, edge.to);
      const key = `${edge.taken.result} ${sightLine(sees)}`;
      if (outcomes.has(key)) continue;
      outcomes.set(key, {
        returns: edge.taken.result ?? null,
        sees,
        undo: stepsOf(graph, wayBack(graph, edge.to, from.look)),
      });
    }
  }
  const failures = edges.flatMap(({ failing, taken }) => (failing === 0 ? [] : taken.failures));
  return { kind: "allocations fail", action, outcomes: [...outcomes.values()], failures };
};

/** The shortest way back to where an action can be done again. */
const wayBack = (graph: Graph, number: number, look: string): readonly GraphEdge[] => {
  if (graph.nodes[number]!.look === look) return [];
  const way = shortestTo(
    graph,
    number,
    ({ failing }) => failing === 0,
    ({ failing, to }) => failing === 0 && graph.nodes[to]!.look === look,
  );
  if (way === undefined) throw new Error("checker bug: an action cannot be done a second time");
  return way;
};

/** From any state to where a vector may end. */
export const ending = (graph: Graph, number: number): readonly GraphEdge[] => {
  if (graph.nodes[number]!.isHome) return [];
  const isPlain = ({ failing }: GraphEdge): boolean => failing === 0;
  return shortestTo(graph, number, isPlain, (edge) => isPlain(edge) && graph.nodes[edge.to]!.isHome)!;
};

const needOf = (step: VectorStep): readonly Need[] => {
  if (step.kind === "stress") return [];
  if (step.kind === "allocations fail") {
    return [
      "CONFIG_FAILSLAB and CONFIG_FAULT_INJECTION_DEBUG_FS",
      ...step.outcomes.flatMap(({ undo }) => undo.flatMap(needOf)),
    ];
  }
  switch (step.action.kind) {
    case "refuse":
      return ["CONFIG_MEMORY_NOTIFIER_ERROR_INJECT"];
    case "claim":
      return ["CONFIG_PSTORE_RAM"];
    case "pin":
      return ["a page on the region's node that cannot be moved"];
    case "interrupted write":
      return ["a busy page on the region's node"];
    default:
      return [];
  }
};

/** A vector of steps, with what a kernel must have for them. */
export const vectorOf = (
  graph: Graph,
  { space }: Intended,
  parts: Pick<Vector, "id" | "kind" | "title" | "covers" | "findings" | "steps">,
): Vector => {
  const region =
    graph.initialConfiguration === initialConfigurationOf(space, "whole blocks")
      ? "whole blocks"
      : "smaller than a block";
  const needs: readonly Need[] = [
    "root",
    region === "whole blocks" ? "a CXL region of whole memory blocks" : "a CXL region smaller than a memory block",
    ...parts.steps.flatMap(needOf),
  ];
  return { ...parts, region, autoOnlineBlocks: ONLINE_WORDS[graph.defaultOnlineType]!, needs: [...new Set(needs)] };
};

/** The vectors that together take every transition and every failure that user space can bring about. */
export const coveringSet = (from: Intended): readonly Vector[] => {
  const lives = coverWithLives(from.graphs);
  const sweeps = coverWithSweeps(from.graphs, new Set(lives.flatMap(goalsOfWalk)));
  return [
    ...lives.map(({ graph, edges }, index) => {
      return vectorOf(graph, from, {
        id: `life-${index + 1}`,
        kind: "life",
        title: lifeTitle(edges),
        covers: goalsOfWalk({ edges }),
        findings: [],
        steps: lenientSteps(from, graph, edges),
      });
    }),
    ...sweeps.map((sweep, index) =>
      sweepVector(from, sweep, {
        id: `allocations-${index + 1}`,
        kind: "allocations",
        title: `each allocation fails in turn: ${describeAction(sweep.edges[0]!.action)}`,
        findings: [],
      }),
    ),
  ];
};

const ENDS: ReadonlySet<KernelAction["kind"]> = new Set(["bind", "unbind", "decommit"]);

const lifeTitle = (edges: readonly GraphEdge[]): string => {
  const { action, taken } = edges.findLast((edge) => ENDS.has(edge.action.kind))!;
  const count = edges.length === 1 ? "one action" : `${edges.length} actions`;
  const waits = taken.result === undefined ? ", which waits for the memory" : "";
  const fails = action.kind === "bind" ? ", which fails" : "";
  return `a life of ${count} that ends with: ${describeAction(action)}${waits}${fails}`;
};

/** A way to a place, the allocations of an action there that fail in turn, and the way home. */
const sweepVector = (from: Intended, sweep: Sweep, parts: Pick<Vector, "id" | "kind" | "title" | "findings">): Vector =>
  vectorOf(sweep.graph, from, {
    ...parts,
    covers: goalsOfWalk({ edges: [...sweep.way, ...sweep.edges] }),
    steps: [
      ...stepsOf(sweep.graph, sweep.way),
      sweepStep(sweep),
      ...stepsOf(sweep.graph, ending(sweep.graph, sweep.edges[0]!.from)),
    ],
  });

/** One action of a run that was found elsewhere, and the allocation that fails in it; 0 for none. */
export interface WantedStep {
  readonly action: KernelAction;
  readonly failing: number;
  /** What failed by that number. */
  readonly injected: Injected | undefined;
}

/**
 * The vector that takes a run as far as the intended driver can follow it, and then goes home.
 *
 * Undefined where it cannot even begin it.
 */
export const vectorAlong = (
  from: Intended,
  graph: Graph,
  run: readonly WantedStep[],
  parts: Pick<Vector, "id" | "kind" | "title" | "findings">,
): Vector | undefined => {
  const edges: GraphEdge[] = [];
  let at = 0;
  for (const { action, failing } of run) {
    const words = describeAction(action);
    const same = graph.nodes[at]!.edges.filter((edge) => describeAction(edge.action) === words);
    if (same.length === 0) break;
    if (failing > 0) return sweepVector(from, { graph, way: edges, edges: same }, parts);
    const edge = same[0]!;
    edges.push(edge);
    at = edge.to;
  }
  if (edges.length === 0) return undefined;
  edges.push(...ending(graph, at));
  return vectorOf(graph, from, { ...parts, covers: goalsOfWalk({ edges }), steps: lenientSteps(from, graph, edges) });
};

/** Two writers at one time: what one of them may see depends on the other, what is left in the end does not. */
export const stressVector = (from: Intended): Vector => {
  const graph = from.graphs[0]!;
  const bound = graph.nodes[0]!.edges.find(({ action, failing }) => action.kind === "bind" && failing === 0)!;
  const without = graph.nodes[bound.to]!;
  const plug = without.edges.find(({ action }) => action.kind === "write" && action.word === "online_movable")!;
  const unplug = graph.nodes[plug.to]!.edges.find(
    ({ action, failing }) => failing === 0 && action.kind === "write" && action.word === "offline",
  )!;
  const home = ending(graph, bound.to);
  return vectorOf(graph, from, {
    id: "stress-writers",
    kind: "stress",
    title: "two writers plug the memory in and out at one time",
    covers: [],
    findings: [],
    steps: [
      stepOf(graph, bound),
      {
        kind: "stress",
        writers: [
          ["online_movable", "offline"],
          ["offline", "online_movable"],
        ],
        rounds: 10,
        mayReturn: ["ok", "EBUSY", "EINTR"],
        maySee: [sightIn(graph, bound.to), sightIn(graph, plug.to)],
      },
      { ...stepOf(graph, unplug), sees: sightIn(graph, bound.to) } as VectorStep,
      ...stepsOf(graph, home),
    ],
  });
};
