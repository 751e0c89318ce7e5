import { describe, expect, it } from "vitest";
import type { NotJudged } from "../../../checker/claims/claim.ts";
import { overallVerdict } from "../../../checker/claims/overall-verdict.ts";
import { serialClaim } from "../../../checker/claims/serial-claim.ts";
import type { Verdict } from "../../../checker/verdict.ts";

const WORDS = {
  id: "serial",
  claim: "c",
  group: "g",
  why: "w",
  source: "s",
  check: "c",
  severity: "low",
  assumptions: [],
} as const;

/** Why a claim about two operations is not judged, in the words of the claim itself. */
const reasons = (tasks: number): readonly NotJudged[] => {
  const because = serialClaim(WORDS).plainly({ tasks } as never);
  return typeof because === "string" ? [{ claim: WORDS.id, because }] : [];
};

describe("the verdict on all claims", () => {
  it.each<[readonly Verdict[], string]>([
    [[], "inconclusive"],
    [["holds", "holds"], "holds"],
    [["holds", "unreached"], "holds"],
    [["unreached"], "inconclusive"],
    [["holds", "inconclusive"], "inconclusive"],
    [["inconclusive", "violated", "holds"], "violated"],
  ])("of %j is %s", (verdicts, overall) => {
    const claims = verdicts.map((verdict) => ({ verdict }));
    expect(overallVerdict(claims, [], 1)).toBe(overall);
  });

  it("holds of one task whatever is claimed of two", () => {
    expect(reasons(1)).toHaveLength(1);
    expect(overallVerdict([{ verdict: "holds" }], reasons(1), 1)).toBe("holds");
  });

  it("does not hold of two tasks where a claim about them was left open", () => {
    expect(reasons(2)).toHaveLength(1);
    expect(overallVerdict([{ verdict: "holds" }], reasons(2), 2)).toBe("inconclusive");
    expect(overallVerdict([{ verdict: "violated" }], reasons(2), 2)).toBe("violated");
  });
});
