import { MMOP } from "../../abi/mmop.ts";
import type { Configuration } from "../../harness/configuration.ts";
import { machineSubject } from "../../harness/machine-driver/subject.ts";
import { type SysramSystem, sysramSystem } from "../../harness/sysram-system.ts";
import { describeAction, type KernelAction } from "../action.ts";
import { ending, initialConfigurationOf } from "../build.ts";
import { coverWithLives, goalsOfWalk, type Walk } from "../cover.ts";
import { edgeRecorder } from "../edges-taken.ts";
import { type UserRun, userRuns } from "../findings.ts";
import { type Graph, type GraphEdge, graphOf } from "../graph.ts";
import { findingKey } from "../judge.ts";
import type { BlockSeen } from "../seen.ts";
import type { ReviewedFinding } from "../set.ts";
import { BETWEEN, type Injected, type UserState, userSpace } from "../user-space.ts";

/** One life of a device as the suite leads it. */
export interface KunitVector {
  readonly name: string;
  readonly region: "whole blocks" | "smaller than a block";
  readonly defaultOnlineType: number;
  readonly steps: readonly KunitStep[];
  /** What it takes: see graph.ts. */
  readonly covers: readonly string[];
}

/** One step, with everything that must hold after it. */
export interface KunitStep {
  readonly action: KernelAction;
  /** The call that fails in it. */
  readonly fault: Injected | undefined;
  /** Whether what holds the memory lets go as soon as the driver waits. */
  readonly lifts: boolean;
  /** `ok` or the name of an errno. */
  readonly returns: string;
  readonly holds: Holdings;
}

/** What the driver holds, in numbers: what a suite between driver and kernel can count. */
export interface Holdings {
  readonly isRegistered: boolean;
  readonly block: BlockSeen;
  readonly groups: number;
  readonly types: number;
  readonly resources: number;
  /** The driver's record of the last command; undefined where there is no device. */
  readonly lastCommand: number | undefined;
}

/** One block is enough: what is done to several is the kernel's own affair, and the suite stands in its place. */
export const KUNIT_CONFIGURATION: Configuration = { regions: 1, blocks: 1 };

const holdingsOf = ({ seen, machine }: UserState): Holdings => {
  const { kernel, observation } = machine;
  return {
    isRegistered: seen.hasDevice,
    block: seen.blocks[0] ?? "absent",
    groups: kernel.memoryGroup.groups.length,
    types: kernel.memoryTier.nodes.reduce((sum, { count }) => sum + count, 0),
    resources: observation.resources.length,
    lastCommand: seen.hasDevice
      ? observation.records.find(({ device }) => isRegistered(machine, device))?.lastCommand
      : undefined,
  };
};

const isRegistered = ({ kernel }: UserState["machine"], device: number): boolean =>
  kernel.device.devices.some(({ at, isAdded }) => at === device && isAdded);

/** A step that waits and the one that ends the wait are one here: nobody else runs meanwhile. */
const stepsOf = ({ nodes }: Graph, edges: readonly GraphEdge[]): readonly KunitStep[] =>
  edges.flatMap((edge, index): readonly KunitStep[] => {
    const { action, taken, to } = edge;
    if (taken.ended !== undefined) return [];
    const end =
      taken.result === undefined ? edges.slice(index).find((later) => later.taken.ended !== undefined) : undefined;
    return [
      {
        action,
        fault: taken.injected,
        lifts: end !== undefined,
        returns: end?.taken.ended ?? taken.result ?? "",
        holds: holdingsOf(nodes[end?.to ?? to]!.state),
      },
    ];
  });

/**
 * The fewest lives found that take every transition and every failure of a call, and one for each finding of a driver.
 *
 * @param subject - a driver that was reviewed: its system, with one block, and its findings
 */
export const kunitVectors = (subject?: KunitSubject): readonly KunitVector[] => {
  const recorder = edgeRecorder("intended");
  const system = sysramSystem(machineSubject("intended").driver(), KUNIT_CONFIGURATION, {
    monitors: recorder.monitors,
  });
  const space = userSpace(system, BETWEEN);
  const whole = initialConfigurationOf(space, "whole blocks");
  const graphs = [
    graphOf(space, recorder, whole, MMOP.ONLINE_MOVABLE),
    graphOf(space, recorder, initialConfigurationOf(space, "smaller than a block"), MMOP.ONLINE_MOVABLE),
  ];
  const walks = coverWithLives(graphs, () => true);
  return [
    ...walks.map(
      ({ graph, edges }: Walk, index): KunitVector => ({
        name: `life-${index + 1}`,
        region: graph.initialConfiguration === whole ? "whole blocks" : "smaller than a block",
        defaultOnlineType: graph.defaultOnlineType,
        steps: stepsOf(graph, edges),
        covers: goalsOfWalk({ edges }),
      }),
    ),
    notCommitted,
    ...(subject === undefined ? [] : findingVectors(graphs[0]!, subject)),
  ];
};

/** A driver, for the suite. */
export interface KunitSubject {
  /** In a machine of `KUNIT_CONFIGURATION`. */
  readonly system: SysramSystem;
  readonly findings: readonly Pick<ReviewedFinding, "id" | "property" | "object" | "site">[];
}

/** Runs to what is wrong are short. */
const MAX_STATES = 500;

/** The runs that show findings, as far as the intended driver can follow them, each once. */
const findingVectors = (graph: Graph, { system, findings }: KunitSubject): readonly KunitVector[] => {
  const runs = userRuns(userSpace(system, BETWEEN), { types: [MMOP.ONLINE_MOVABLE], maxStates: MAX_STATES });
  const known = new Set<string>();
  return findings.flatMap((finding): readonly KunitVector[] => {
    const run = runs.get(findingKey(finding));
    const edges = run === undefined ? [] : followed(graph, run);
    const text = JSON.stringify(edges.map(({ from, action, failing }) => [from, action, failing]));
    if (edges.length === 0 || known.has(text)) return [];
    known.add(text);
    return [
      {
        name: `finding-${finding.id}`,
        region: "whole blocks",
        defaultOnlineType: graph.defaultOnlineType,
        steps: stepsOf(graph, edges),
        covers: goalsOfWalk({ edges }),
      },
    ];
  });
};

/** The same actions with the same calls failing, and then what ends the life. */
const followed = (graph: Graph, run: UserRun): readonly GraphEdge[] => {
  const edges: GraphEdge[] = [];
  let at = 0;
  for (const { action, injected } of run.steps) {
    const next = graph.nodes[at]!.edges.find(
      (edge) =>
        describeAction(edge.action) === describeAction(action) &&
        JSON.stringify(edge.taken.injected) === JSON.stringify(injected),
    );
    if (next === undefined) break;
    edges.push(next);
    at = next.to;
  }
  return [...edges, ...ending(graph, at)];
};

/** The one call whose failure the modelled kernel has no run for: its region is committed whenever it is probed. */
const notCommitted: KunitVector = {
  name: "region-not-committed",
  region: "whole blocks",
  defaultOnlineType: MMOP.ONLINE_MOVABLE,
  steps: [
    {
      action: { kind: "bind" },
      fault: { question: "cxl_region_get_hpa_range", nth: 1, errno: 6 },
      lifts: false,
      returns: "ENXIO",
      holds: { isRegistered: false, block: "absent", groups: 0, types: 0, resources: 0, lastCommand: undefined },
    },
  ],
  covers: ["edge measuring: cxl_region_get_hpa_range failed -> unbound"],
};
