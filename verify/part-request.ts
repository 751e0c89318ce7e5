import type { Finding } from "../checker/finding.ts";
import type { Bounds } from "../checker/pace.ts";
import type { Ending } from "../checker/verdict.ts";
import { type Visited, visitedSet } from "../checker/visited.ts";
import type { Blueprint } from "../harness/blueprint.ts";
import { type MakeSystem, type PartResult, searchPart } from "../harness/search-part.ts";
import { claims } from "../properties/index.ts";
import { type CheckpointFolder, keepPart, keptPart } from "./checkpoint.ts";
import type { VerifyError } from "./error.ts";
import type { PartBoard } from "./part-board.ts";

/** What every thread of a search is given when it starts. */
export interface ThreadStart {
  readonly blueprint: Blueprint;
  readonly board: SharedArrayBuffer;
}

/** One part to be searched, as data. */
export interface PartRequest {
  /** The place of its initial state. */
  readonly part: number;
  readonly faults: number | "all";
  readonly preemptions: number | "all";
  /** Its share of what bounds the whole search, but for time. */
  readonly bounds: Omit<Bounds, "maxMillis">;
  /** When the whole search has to end, in milliseconds since 1970; undefined where nobody bounds its time. */
  readonly deadline: number | undefined;
  /** How its states are known again. */
  readonly visited: Visited;
  /** Where the part is kept while it is searched, and may have been before. */
  readonly checkpoint: CheckpointFolder | undefined;
  /** Whether somebody wants to know of findings as they are made. */
  readonly tellsFindings: boolean;
}

/** What a thread gives back for a part. */
export type PartAnswer =
  | { readonly kind: "searched"; readonly result: PartResult }
  | ({ readonly kind: "refused" } & Pick<VerifyError, "code" | "message" | "hint">);

/** What ends a search that can be gone on with. */
const STOPPED: ReadonlySet<Ending> = new Set<Ending>(["time limit", "memory limit", "interrupted"]);

/**
 * Searches a part, tells the board how it gets on, and ends when the board says so.
 *
 * @param onFinding - is told of what is wrong when the search first comes to it
 */
export const searchRequested = async (
  make: MakeSystem,
  { part, faults, preemptions, bounds, deadline, visited, checkpoint, tellsFindings }: PartRequest,
  board: PartBoard,
  onFinding: (finding: Finding) => void,
): Promise<PartResult> => {
  const kept = checkpoint && (await keptPart(checkpoint, part));
  if (kept?.kind === "done") return kept.result;
  const interrupt = new AbortController();
  const obey = (): void => {
    if (board.isInterrupted) interrupt.abort();
  };
  obey();
  const start = Date.now();
  const timeLeft = (share: number): number | undefined =>
    deadline === undefined ? undefined : Math.max(Math.round((deadline - start) * share - (Date.now() - start)), 1);
  const result = await searchPart(make, part, {
    claims,
    faults,
    preemptions,
    bounds,
    timeLeft,
    onFinding: tellsFindings ? onFinding : undefined,
    visited: () => visitedSet(visited),
    signal: interrupt.signal,
    resume: kept?.saved,
    saving: checkpoint && {
      everyMillis: checkpoint.everyMillis,
      save: (saved) => keepPart(checkpoint, part, { kind: "under way", saved }),
    },
    onProgress: (progress) => {
      board.tell(part, progress);
      obey();
    },
  });
  const own = result.exploration.properties.flatMap(({ reach }) => reach?.ending ?? []);
  if (checkpoint !== undefined && ![result.exploration.ending, ...own].some((ending) => STOPPED.has(ending))) {
    await keepPart(checkpoint, part, { kind: "done", result });
  }
  board.tell(part, { ...result.exploration, findings: result.exploration.findings.length });
  return result;
};
