import type { NotJudged } from "../checker/claims/claim.ts";
import { type Look, listed, paragraph } from "./layout.ts";

/** What was not judged, and why, in the first lines of a result; claims of one reason stand together. */
export const notJudgedLines = (notJudged: readonly NotJudged[], look: Look): readonly string[] => {
  const reasons = [...new Set(notJudged.map(({ because }) => because))];
  return reasons.flatMap((reason) => {
    const claims = notJudged.filter(({ because }) => because === reason).map(({ claim }) => claim);
    return paragraph(look, 2, { text: `not judged: ${listed(claims)} (${reason})`, paint: "warning" }, 2);
  });
};
