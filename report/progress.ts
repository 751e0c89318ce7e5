import type { Needs } from "../checker/finding.ts";
import type { Progress } from "../checker/pace.ts";
import { count, formatDuration, formatNumber } from "./layout.ts";
import { placeText } from "./place-text.ts";
import { printable } from "./printable.ts";
import type { Finding } from "./report.ts";

/** Where progress goes: stderr, of which only this is needed. */
export interface ProgressStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** Tells how a search is getting on, without getting in the way of its results. */
export interface ProgressReporter {
  update(progress: Progress): void;
  /**
   * Tells at once of what is wrong, in a line that stays.
   *
   * @param where - which of several drivers it is in; undefined where there is one
   */
  found(finding: Pick<Finding, "title" | "property" | "needs" | "place">, where?: string): void;
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

/** What has to go wrong for a finding to show, in few words. */
const NEEDS_TEXT: Readonly<Record<Needs, string>> = {
  nothing: "nothing that fails",
  "ordinary-errno": "an ordinary error",
  "small-allocation-failure": "a small allocation that fails",
  race: "two tasks at one time",
};

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
  const found: ProgressReporter["found"] = ({ title, property, needs, place }, where) => {
    if (isQuiet) return;
    clear();
    const known = [`needs ${NEEDS_TEXT[needs]}`, ...(place === null ? [] : [placeText(place)]), property];
    stream.write(`${printable(`found${where === undefined ? "" : ` in ${where}`}: ${title} (${known.join("; ")})`)}\n`);
  };
  return { update, found, clear };
};
