/**
 * Which answers were given to which questions, and how often.
 *
 * A fault that no run exercised is a failure path that nothing has tested, so a report lists it. A question is counted
 * once where it arises, not again for each run that passes through it on the way to a later question.
 */
import type { Answer, FaultKind } from "./chooser.ts";
import { CheckerBug } from "./errors.ts";
import type { Savable } from "./savable.ts";

/** How often one answer was given. */
export interface AnswerCoverage {
  readonly label: string;
  readonly fault: FaultKind | undefined;
  /** Zero where it was possible and never given: the fault budget forbade it, or the search stopped before. */
  readonly given: number;
}

/** One question, with every answer that it ever had. */
export interface QuestionCoverage {
  readonly question: string;
  readonly answers: readonly AnswerCoverage[];
}

type Count = Omit<AnswerCoverage, "given"> & { given: number };

/** The counts behind one list of answers, in the order of that list. */
export type Tally = readonly Count[];

interface Row {
  readonly counts: Count[];
  /** Each different list of answers that the question came with; nearly always one. */
  readonly lists: { readonly answers: readonly Answer[]; readonly tally: Tally }[];
}

/** Whether two lists offer the same answers in the same order. */
export const areSameAnswers = (one: readonly Answer[], other: readonly Answer[]): boolean => {
  if (one === other) return true;
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at += 1) {
    if (one[at]!.label !== other[at]!.label || one[at]!.fault !== other[at]!.fault) return false;
  }
  return true;
};

/** The number of answers that stand before the first fault. */
export const harmlessAnswers = (question: string, answers: readonly Answer[]): number => {
  let harmless = 0;
  while (harmless < answers.length && answers[harmless]!.fault === undefined) harmless += 1;
  for (let at = harmless; at < answers.length; at += 1) {
    if (answers[at]!.fault !== undefined) continue;
    const label = answers[at]!.label;
    throw new CheckerBug("answers-out-of-order", `"${question}" offers "${label}" behind a fault; list faults last`);
  }
  return harmless;
};

/** Collects the answers of one search. */
export class Coverage implements Savable {
  readonly #rows = new Map<string, Row>();

  /** Where answers to this question are counted. */
  tally(question: string, answers: readonly Answer[]): Tally {
    let row = this.#rows.get(question);
    if (row === undefined) {
      row = { counts: [], lists: [] };
      this.#rows.set(question, row);
    }
    for (const list of row.lists) if (areSameAnswers(list.answers, answers)) return list.tally;

    harmlessAnswers(question, answers);
    const { counts } = row;
    const tally = answers.map(({ label, fault }) => {
      const known = counts.find((count) => count.label === label && count.fault === fault);
      if (known !== undefined) return known;
      const count: Count = { label, fault, given: 0 };
      counts.push(count);
      return count;
    });
    row.lists.push({ answers, tally });
    return tally;
  }

  save(): unknown {
    return this.questions();
  }

  restore(saved: unknown): void {
    const questions = saved as readonly QuestionCoverage[];
    this.#rows.clear();
    for (const { question, answers } of questions) {
      this.#rows.set(question, { counts: answers.map((answer) => ({ ...answer })), lists: [] });
    }
  }

  /** Every question that was asked, in the order in which they first arose. */
  questions(): readonly QuestionCoverage[] {
    return [...this.#rows].map(([question, { counts }]) => ({
      question,
      answers: counts.map((count) => ({ ...count })),
    }));
  }
}
