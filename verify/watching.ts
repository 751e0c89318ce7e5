import type { Progress } from "../checker/pace.ts";
import type { Complaint } from "../report/error-text.ts";
import type { FoundFinding } from "./found-finding.ts";

/** How a caller follows what a command does, and ends it early. */
export interface Watching {
  /** Ends a search early: what it has found by then is its result. */
  readonly signal?: AbortSignal | undefined;
  /** Is told about five times a second how a search gets on. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /**
   * Is told of each thing that is wrong when a search first comes to it, whatever the thread, and of each once.
   *
   * The run is the first that shows it; the report has the cheapest one.
   */
  readonly onFinding?: ((finding: FoundFinding) => void) | undefined;
  /** Is told in one line of what takes long beside the search, such as compiling the driver. */
  readonly onStage?: ((what: string) => void) | undefined;
  /** Is told of what was passed over and should not be: a damaged file in a corpus. */
  readonly onWarning?: ((complaint: Complaint) => void) | undefined;
}

const NEVER = new AbortController().signal;

/** What a search is given of it. */
export const followed = ({ signal = NEVER, onProgress = () => {} }: Pick<Watching, "signal" | "onProgress">) => ({
  signal,
  onProgress,
});
