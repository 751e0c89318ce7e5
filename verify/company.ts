import type { Subject } from "../driver/patch/subject.ts";
import type { Company } from "../harness/riders.ts";

/**
 * What rides along where nobody says.
 *
 * Our own driver is held to our policy. A patch of others was not written to it, and the other properties tell what is
 * wrong with its own: so there it is worth a finding only that no machine knows what the code does.
 */
export const companyOf = ({ kind }: Subject): Company => (kind === "builtin" ? "intended" : "any");
