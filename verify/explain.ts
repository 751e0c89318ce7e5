import { claims } from "../properties/index.ts";
import { claimOf, type Explained } from "../report/explain.ts";
import { VerifyError } from "./error.ts";

/**
 * What is claimed, why, and how it is checked.
 *
 * @param id - of a property, or of a finding that breaks one
 * @throws VerifyError `not-found` where there is none
 */
export const explain = (id: string): Explained => {
  const claim = claimOf(id, claims);
  if (claim !== undefined) return claim;
  const ids = claims.map((known) => known.id).join(", ");
  throw new VerifyError("not-found", `there is no property or finding called ${JSON.stringify(id)}`, `one of ${ids}`);
};
