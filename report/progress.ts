import type { Progress } from "../checker/pace.ts";
import { count, formatDuration, formatNumber } from "./layout.ts";

/** Where progress goes: stderr, of which only this is needed. */
export interface ProgressStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** Tells how a search is getting on, without getting in the way of its results. */
export interface ProgressReporter {
  update(progress: Progress): void;
  /** Leaves the stream as if nothing had been written to a terminal; `update` goes on from there. */
  clear(): void;
}

/** How often a line is written where it stays. */
const LINE_MILLIS = 5000;

const lineOf = ({ states, transitions, frontier, rate, elapsedMs, findings }: Progress): string =>
  [
    formatDuration(elapsedMs),
    count(states, "state"),
    count(transitions, "transition"),
    `frontier ${formatNumber(frontier)}`,
    `${formatNumber(rate)}/s`,
    count(findings, "finding"),
  ].join("  ");

/** A line that rewrites itself on a terminal, a line every few seconds elsewhere, nothing when quiet. */
export const progressReporter = (
  stream: ProgressStream,
  { isQuiet }: { readonly isQuiet: boolean },
): ProgressReporter => {
  let shown = 0;
  let lastMs = 0;
  const clear = (): void => {
    if (shown > 0) stream.write(`\r${" ".repeat(shown)}\r`);
    shown = 0;
  };
  const update = (progress: Progress): void => {
    if (isQuiet) return;
    if (stream.isTTY === true) {
      // One column stays free: a full line would make the terminal scroll.
      const line = lineOf(progress).slice(0, Math.max(0, (stream.columns ?? 80) - 1));
      stream.write(`\r${line.padEnd(shown)}`);
      shown = line.length;
      return;
    }
    if (progress.elapsedMs < lastMs) lastMs = 0; // another search has begun
    if (progress.elapsedMs - lastMs < LINE_MILLIS) return;
    lastMs = progress.elapsedMs;
    stream.write(`${lineOf(progress)}\n`);
  };
  return { update, clear };
};
