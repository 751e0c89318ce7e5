import { Option } from "commander";
import type { Subject } from "../driver/patch/subject.ts";
import { COMPANIES, type Company } from "../harness/riders.ts";

/** Which life cycle rides along with the code. */
export const policyOption = (): Option =>
  new Option("--policy <name>", "the life cycle that rides along (default: any; for our own driver, intended)").choices(
    COMPANIES,
  );

/**
 * What rides along where nobody says.
 *
 * Our own driver is held to our policy. A patch of others was not written to it, and the other properties tell what is
 * wrong with its own: so there it is worth a finding only that no machine knows what the code does.
 */
export const companyOf = ({ kind }: Subject): Company => (kind === "builtin" ? "intended" : "any");
