import type { Verdict } from "../verdict.ts";
import type { NotJudged } from "./claim.ts";
import { tooFewTasks } from "./step-claim.ts";

/** What may be said of all claims together. */
export type OverallVerdict = Exclude<Verdict, "unreached">;

/** What was not judged although it is about what was searched; claims about more tasks than there are speak of another space. */
export const leftOpen = (notJudged: readonly NotJudged[], tasks: number): readonly NotJudged[] =>
  notJudged.filter(({ because }) => because !== tooFewTasks(tasks));

/**
 * The verdict on all claims together.
 *
 * It is `violated` as soon as one is, and `holds` only where at least one holds, the others do too or were never put to the test, and none
 * was left open.
 */
export const overallVerdict = (
  claims: readonly { readonly verdict: Verdict }[],
  notJudged: readonly NotJudged[],
  tasks: number,
): OverallVerdict => {
  const verdicts = new Set(claims.map(({ verdict }) => verdict));
  if (verdicts.has("violated")) return "violated";
  const isOpen = verdicts.has("inconclusive") || leftOpen(notJudged, tasks).length > 0;
  return isOpen || !verdicts.has("holds") ? "inconclusive" : "holds";
};
