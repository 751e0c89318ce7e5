import { getShortestPaths } from "@xstate/graph";
import { lifeCycle } from "../machines/index.ts";
import { nameOf } from "../machines/listing.ts";
import type { Policy } from "../machines/policy.ts";
import { sysramMachine } from "../machines/sysram.machine.ts";
import { keyOf } from "../machines/table.ts";
import { edgeWords } from "./edges-taken.ts";

/** One path of `@xstate/graph`, as far as it is needed here. */
interface MachinePath {
  readonly state: { readonly value: unknown; readonly can: (event: { type: string }) => boolean };
  readonly steps: readonly { readonly event: { readonly type: string } }[];
}

/** More configurations than the machine has. */
const LIMIT = 10_000;

/**
 * The shortest way of the machine to each of its transitions, as events, the transition's own last.
 *
 * It knows no kernel: where nothing that user space does leads to a transition, it still says what would have to happen.
 */
export const pathsToEdges = (policy: Policy): ReadonlyMap<string, readonly string[]> => {
  const table = lifeCycle(policy);
  const options = {
    input: { policy },
    events: table.events.map((type) => ({ type })),
    serializeState: keyOf,
    limit: LIMIT,
  };
  const paths = getShortestPaths(sysramMachine, options as never) as unknown as readonly MachinePath[];
  const known = new Map<string, readonly string[]>();
  for (const { state, steps } of paths) {
    const at = table.configurations.findIndex(({ key }) => key === keyOf(state as never));
    // A path begins with XState's own first step.
    const way = steps.slice(1).map(({ event }) => event.type);
    for (const [number, event] of table.events.entries()) {
      const to = table.next[at * table.events.length + number]!;
      if (to === -1) continue;
      const edge = edgeWords({
        from: nameOf(state.value),
        event,
        to: nameOf(table.configurations[to]!.value),
      });
      const shortest = known.get(edge);
      if (shortest === undefined || way.length + 1 < shortest.length) known.set(edge, [...way, event]);
    }
  }
  return known;
};
