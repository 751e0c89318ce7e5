import { createHash } from "node:crypto";
import type { Finding } from "./report.ts";

/** What a finding is named after. */
export type FindingOrigin = Pick<Finding, "property" | "object" | "place">;

const spaceless = (text: string): string => text.trim().replaceAll(/\s+/g, " ");

/** The id of a property with a hash of what is wrong and where; line numbers do not count where the line itself is known. */
const nameOf = ({ property, object, place }: FindingOrigin): string => {
  const where = place === null ? [] : [place.file, place.function ?? "", spaceless(place.text ?? String(place.line))];
  const hash = createHash("sha256").update(JSON.stringify([object, ...where]));
  return `${property}-${hash.digest("hex").slice(0, 6)}`;
};

const lineOf = ({ place }: FindingOrigin): number => place?.line ?? 0;

/**
 * The ids of all findings of one report, in their order.
 *
 * An id depends on property, object, function and source line, but not on the line's number, so that it survives changes
 * elsewhere in the file. Only where a function has the same line twice are the findings told apart by a number at the
 * end, in the order of the lines.
 */
export const findingIds = (origins: readonly FindingOrigin[]): readonly string[] => {
  const ids = new Map<FindingOrigin, string>();
  const used = new Map<string, number>();
  for (const origin of origins.toSorted((one, other) => lineOf(one) - lineOf(other))) {
    const name = nameOf(origin);
    const times = (used.get(name) ?? 0) + 1;
    used.set(name, times);
    ids.set(origin, times === 1 ? name : `${name}-${times}`);
  }
  return origins.map((origin) => ids.get(origin)!);
};
