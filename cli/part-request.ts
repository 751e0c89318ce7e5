import type { Bounds } from "../checker/explore.ts";
import type { Ending } from "../checker/verdict.ts";
import type { Blueprint } from "../harness/blueprint.ts";
import { type MakeSystem, type PartResult, searchPart } from "../harness/search-part.ts";
import { properties, propertiesOfSeveral } from "../properties/index.ts";
import { type CheckpointFolder, keepPart, keptPart } from "./checkpoint.ts";
import type { CommandError } from "./exit.ts";
import type { PartBoard } from "./part-board.ts";
import { spaceClaimsOf } from "./space-claims.ts";

/** What every thread of a search is given when it starts. */
export interface ThreadStart {
  readonly blueprint: Blueprint;
  readonly board: SharedArrayBuffer;
}

/** One part to be searched, as data. */
export interface PartRequest {
  /** The place of its initial state. */
  readonly part: number;
  readonly isOfSeveral: boolean;
  readonly faults: number | "all";
  readonly preemptions: number | "all";
  /** Its share of what bounds the whole search, but for time. */
  readonly bounds: Omit<Bounds, "maxMillis">;
  /** When the whole search has to end, in milliseconds since 1970; undefined where nobody bounds its time. */
  readonly deadline: number | undefined;
  /** Where the part is kept while it is searched, and may have been before. */
  readonly checkpoint: CheckpointFolder | undefined;
}

/** What a thread gives back for a part. */
export type PartAnswer =
  | { readonly kind: "searched"; readonly result: PartResult }
  | ({ readonly kind: "refused" } & Pick<CommandError, "message" | "hint" | "exitCode">);

/** What ends a search that can be gone on with. */
const STOPPED: ReadonlySet<Ending> = new Set<Ending>(["time limit", "memory limit", "interrupted"]);

/** Searches a part, tells the board how it gets on, and ends when the board says so. */
export const searchRequested = async (
  make: MakeSystem,
  { part, isOfSeveral, faults, preemptions, bounds, deadline, checkpoint }: PartRequest,
  board: PartBoard,
): Promise<PartResult> => {
  const kept = checkpoint && (await keptPart(checkpoint, part));
  if (kept?.kind === "done") return kept.result;
  const interrupt = new AbortController();
  const obey = (): void => {
    if (board.isInterrupted) interrupt.abort();
  };
  obey();
  const result = await searchPart(make, part, {
    properties: isOfSeveral ? propertiesOfSeveral : properties,
    claims: spaceClaimsOf,
    faults,
    preemptions,
    bounds: { ...bounds, maxMillis: deadline === undefined ? undefined : Math.max(deadline - Date.now(), 1) },
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
  if (checkpoint !== undefined && !STOPPED.has(result.exploration.ending)) {
    await keepPart(checkpoint, part, { kind: "done", result });
  }
  board.tell(part, { ...result.exploration, findings: result.exploration.findings.length });
  return result;
};
