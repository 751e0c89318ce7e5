import { type ProgressReporter, progressReporter } from "../report/progress.ts";
import type { Watching } from "../verify/watching.ts";
import { telling, warn } from "./output.ts";

/** How the user follows a search: on standard error, with `clear` to make room for what is printed meanwhile. */
interface Followed extends Watching {
  readonly onFinding: ProgressReporter["found"];
  readonly clear: () => void;
}

/** Runs a search that the user follows, and that Ctrl-C ends early, with all that it has by then. */
export const interruptible = async <T>(
  { quiet: isQuiet = false }: { readonly quiet?: boolean },
  run: (followed: Followed) => Promise<T>,
): Promise<T> => {
  const interrupt = new AbortController();
  const onInterrupt = (): void => interrupt.abort();
  const { update, found, clear } = progressReporter(process.stderr, { isQuiet });
  const onStage = (what: string): void => {
    clear();
    telling(isQuiet)(what);
  };
  process.once("SIGINT", onInterrupt);
  try {
    return await run({
      ...{ signal: interrupt.signal, onProgress: update, onFinding: found, onStage, onWarning: warn, clear },
    });
  } finally {
    process.off("SIGINT", onInterrupt);
    clear();
  }
};
