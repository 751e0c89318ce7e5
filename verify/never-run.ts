import type { PropertyVerdict, Verdict } from "../checker/verdict.ts";
import { neverRunWords } from "../report/never-run-text.ts";
import type { NeverRun } from "../report/report.ts";

/** What a verdict comes to where code was never run: nothing holds of that. */
export const coveredBy = (neverRun: readonly NeverRun[], verdict: Verdict): Verdict =>
  verdict === "holds" && neverRun.length > 0 ? "inconclusive" : verdict;

/** The same of a verdict with its reason. */
export const covered = <V extends Pick<PropertyVerdict, "verdict" | "because">>(
  neverRun: readonly NeverRun[],
  said: V,
): V => {
  const verdict = coveredBy(neverRun, said.verdict);
  return verdict === said.verdict
    ? said
    : { ...said, verdict, because: `${said.because}, but ${neverRunWords(neverRun)}` };
};
