/** Why a search stopped. Only `"exhausted"` supports a universal claim. */
export type Ending =
  | "exhausted"
  | "sampled"
  | "state limit"
  | "depth limit"
  | "time limit"
  | "memory limit"
  | "interrupted";

/** What the checker may say of one property, and nothing stronger. */
export type Verdict = "holds" | "violated" | "unreached" | "inconclusive";
