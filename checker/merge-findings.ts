import { compareNeeded } from "./cost.ts";
import type { Finding } from "./finding.ts";

/** Whether two searches have found one thing: what makes a violation another finding is what claims go by. */
const isSame = (one: Finding, other: Finding): boolean =>
  one.property === other.property && one.object === other.object && one.site === other.site;

/** The findings of one search, in their order, and behind them what only another one has found. */
export const mergeFindings = (own: readonly Finding[], others: readonly Finding[]): readonly Finding[] => [
  ...own,
  ...others.filter((other) => !own.some((known) => isSame(known, other))),
];

/** The findings, the most believable one first; equals stay as they are. */
export const cheapestFirst = (findings: readonly Finding[]): readonly Finding[] =>
  findings.toSorted((one, other) => compareNeeded(one.cost, other.cost));
