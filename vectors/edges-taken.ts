import { edgeCoverage } from "../harness/monitor-policy.ts";
import type { Monitors } from "../harness/monitors.ts";
import { lifeCycle, lifeCycleName } from "../machines/index.ts";
import { type Edge, edgesOf } from "../machines/listing.ts";
import { monitor, type Position } from "../machines/monitor.ts";
import type { Policy } from "../machines/policy.ts";
import type { MachineTable } from "../machines/table.ts";

/** Tells which edges of the life cycle a run takes, step by step. */
export interface EdgeRecorder {
  /** To monitor the driver. */
  readonly monitors: Monitors;
  readonly table: MachineTable;
  /** The edges taken since the last time somebody asked, as `edgeWords` writes them. */
  drain(): readonly string[];
}

/** An edge as coverage names it. */
export const edgeWords = ({ from, event, to }: Edge): string => `${from}: ${event} -> ${to}`;

/** Every edge of a life cycle, in the order of its listing. */
export const allEdges = (policy: Policy): readonly string[] => edgesOf(lifeCycle(policy)).map(edgeWords);

/** Records the edges of a life cycle while it monitors something. */
export const edgeRecorder = (policy: Policy): EdgeRecorder => {
  const table = lifeCycle(policy);
  const watcher = monitor(table, lifeCycleName(policy));
  const taken = new Set<string>();
  const known = new Map<string, readonly string[]>();

  /** What one move takes: a monitor of its own is asked, because a monitor counts a move only once. */
  const movesOf = (from: Position, event: string | undefined): readonly string[] => {
    const key = `${from.join()} ${event ?? ""}`;
    let edges = known.get(key);
    if (edges === undefined) {
      const fresh = monitor(table, "");
      if (event === undefined) fresh.atRest(from);
      else fresh.after(from, event);
      const { missing } = edgeCoverage(table, fresh.taken);
      edges = allEdges(policy).filter((edge) => !missing.includes(edge));
      known.set(key, edges);
    }
    return edges;
  };
  const note = (from: Position, event: string | undefined): void => {
    for (const edge of movesOf(from, event)) taken.add(edge);
  };

  return {
    table,
    monitors: {
      lives: [
        {
          ...watcher,
          after: (from, event) => {
            note(from, event);
            return watcher.after(from, event);
          },
          atRest: (from) => {
            note(from, undefined);
            return watcher.atRest(from);
          },
        },
      ],
      rules: [],
    },
    drain: () => {
      const edges = [...taken];
      taken.clear();
      return edges;
    },
  };
};
