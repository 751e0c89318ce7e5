import { type Look, labelledList, listed } from "./layout.ts";
import type { NotJudged } from "./report.ts";

/** What was not judged, and why; claims of one reason stand together. */
export const notJudgedLines = (notJudged: readonly NotJudged[], look: Look): readonly string[] => {
  const reasons = [...new Set(notJudged.map(({ because }) => because))];
  const texts = reasons.map((reason) => {
    const claims = notJudged.filter(({ because }) => because === reason).map(({ claim }) => claim);
    return `${listed(claims)}: ${reason}`;
  });
  return labelledList(look, "not judged", texts);
};
