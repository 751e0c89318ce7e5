/** What a verdict is about. */
import type { OverallVerdict } from "../checker/claims/overall-verdict.ts";
import { count } from "./layout.ts";

const atMost = (bound: unknown, one: string): readonly string[] =>
  typeof bound === "number" ? [bound === 0 ? `no ${one}` : `at most ${count(bound, one)}`] : [];

/**
 * `holds, 1 task`; `holds, 2 tasks, no fault, at most 2 interruptions`: nothing holds of more than that.
 *
 * What is violated is so in any scope, and what is inconclusive is so in this one: they stand by themselves.
 */
export const verdictInScope = (
  verdict: OverallVerdict,
  {
    tasks = 1,
    faults,
    preemptions,
  }: { readonly tasks?: unknown; readonly faults?: unknown; readonly preemptions?: unknown },
): string => {
  if (verdict !== "holds" || typeof tasks !== "number") return verdict;
  const interruptions = tasks === 1 ? [] : atMost(preemptions, "interruption");
  return [verdict, count(tasks, "task"), ...atMost(faults, "fault"), ...interruptions].join(", ");
};
