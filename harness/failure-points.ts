import type { Answer } from "../checker/chooser.ts";
import { areSameAnswers } from "../checker/coverage.ts";
import type { CallSite, DriverFacts } from "../driver/compile/image.ts";
import type { KernelFunction, Site } from "../models/kernel.ts";
import { isInSubject } from "./subject-sites.ts";

/**
 * Counts which failures of which calls have been tried.
 *
 * A failure point is a call site in the driver and one way in which the kernel can fail there. The models know the ways
 * and the driver the sites, so a point is known once its question has been asked; a site that was never reached is
 * told as such.
 */
export interface FailurePoints {
  called(site: Site): void;
  count(site: Site, question: string, answers: readonly Answer[], given: Answer): void;
  /** The same question was asked once more, and given the answer at this place. */
  countAgain(asked: AskedAt, place: number): void;
  report(): readonly FailurePoint[];
  /** Every answer to every question, with how often it was given. */
  outcomes(): readonly Outcome[];
  /** Calls of the kernel in the driver's own files that no run has made. */
  neverCalled(): readonly CallSite[];
  /** All that was counted, as data that can be cloned. */
  counts(): FailureCounts;
  /** Forgets all that was counted. */
  clear(): void;
  /** Adds what was counted beside, with another instance of the same driver. */
  add(counts: FailureCounts): void;
}

/** A question, and where in the driver it was asked. */
export interface AskedAt {
  readonly site: Site;
  readonly question: string;
  readonly answers: readonly Answer[];
}

/** What was counted of one driver. */
export interface FailureCounts {
  /** How often each call site was reached. */
  readonly calls: Float64Array;
  readonly asked: readonly {
    readonly site: Site;
    readonly question: string;
    readonly answers: readonly Pick<Answer, "label" | "fault">[];
    readonly given: readonly number[];
  }[];
}

/** One way in which one call can fail. */
export interface FailurePoint {
  readonly site: CallSite;
  readonly question: string;
  readonly label: string;
  /** How often it was tried. */
  readonly given: number;
}

/** One way in which a question of one call can be answered, well or badly. */
export interface Outcome {
  readonly file: string;
  readonly line: number;
  readonly question: string;
  readonly label: string;
  readonly isFault: boolean;
  /** How often this was the answer. */
  readonly given: number;
}

interface Asked {
  readonly question: string;
  readonly answers: readonly Pick<Answer, "label" | "fault">[];
  readonly given: number[];
}

/** @param table - what the driver calls, by the numbers of the image */
export const failurePoints = (facts: DriverFacts, table: readonly KernelFunction[]): FailurePoints => {
  const calls = new Float64Array(facts.sites.length);
  const asked = facts.sites.map((): Asked[] => []);
  const ofDriver = facts.kernelFunctions.filter((_, index) => table[index]!.declared.isCheck !== true);
  const kernel = new Set(ofDriver.map(({ name }) => name));

  const rowOf = (site: Site, question: string, answers: Asked["answers"]): Asked => {
    const rows = asked[site]!;
    let row = rows.find((known) => known.question === question && areSameAnswers(known.answers, answers));
    if (row === undefined) {
      row = { question, answers, given: answers.map(() => 0) };
      rows.push(row);
    }
    return row;
  };

  return {
    called: (site) => {
      calls[site]! += 1;
    },
    count: (site, question, answers, given) => {
      rowOf(site, question, answers).given[answers.indexOf(given)]! += 1;
    },
    countAgain: ({ site, question, answers }, place) => {
      rowOf(site, question, answers).given[place]! += 1;
    },
    report: () => {
      const points = new Map<string, FailurePoint>();
      for (const [index, rows] of asked.entries()) {
        for (const { question, answers, given } of rows) {
          for (const [place, answer] of answers.entries()) {
            if (answer.fault === undefined) continue;
            const key = `${index} ${question} ${answer.label}`;
            const before = points.get(key)?.given ?? 0;
            points.set(key, {
              site: facts.sites[index]!,
              question,
              label: answer.label,
              given: before + given[place]!,
            });
          }
        }
      }
      return [...points.values()];
    },
    outcomes: () =>
      asked.flatMap((rows, index) => {
        const { file, line } = facts.sites[index]!;
        return rows.flatMap(({ question, answers, given }) =>
          answers.map(({ label, fault }, place) => ({
            ...{ file, line, question, label },
            isFault: fault !== undefined,
            given: given[place]!,
          })),
        );
      }),
    neverCalled: () =>
      facts.sites.filter((site, index) => calls[index] === 0 && kernel.has(site.callee) && isInSubject(site)),
    counts: () => ({
      calls: calls.slice(),
      asked: asked.flatMap((rows, site) =>
        rows.map(({ question, answers, given }) => ({
          ...{ site: site as Site, question, given: [...given] },
          answers: answers.map(({ label, fault }) => (fault === undefined ? { label } : { label, fault })),
        })),
      ),
    }),
    clear: () => {
      calls.fill(0);
      for (const rows of asked) rows.length = 0;
    },
    add: (counts) => {
      for (const [site, times] of counts.calls.entries()) calls[site]! += times;
      for (const { site, question, answers, given } of counts.asked) {
        const row = rowOf(site, question, answers);
        for (const [place, times] of given.entries()) row.given[place]! += times;
      }
    },
  };
};
