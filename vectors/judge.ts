import type { Finding } from "../checker/finding.ts";
import type { SysramEvent } from "../models/observation.ts";
import { claims } from "../properties/index.ts";
import type { Taken } from "./user-space.ts";

/** What names one finding within the review of one driver. */
export const findingKey = ({ property, object, site }: Pick<Finding, "property" | "object" | "site">): string =>
  JSON.stringify([property, object, site]);

/** What user space has no way to see, with the reason. */
export const UNSEEN_PROPERTIES: ReadonlyMap<string, string> = new Map([
  ["documented-fields-are-kept", "it is in the driver's own structures, which nothing shows"],
  ["values-are-in-range", "the kernel only logs it, where it looks for it at all, and is not tainted"],
]);

const UNSEEN_RULES: ReadonlySet<string> = new Set(
  claims.filter(({ id }) => UNSEEN_PROPERTIES.has(id)).flatMap(({ rules }) => [...rules]),
);

/** What an event leaves in /proc/sys/kernel/tainted: TAINT_DIE and TAINT_WARN (include/linux/panic.h). */
export const taintOf = (event: SysramEvent): number => {
  if (event.kind === "died") return 128;
  return event.kind === "misuse" && !UNSEEN_RULES.has(event.rule) ? 512 : 0;
};

/** The property that a finding breaks, from its key. */
export const propertyOf = (key: string): string => (JSON.parse(key) as readonly [string])[0];

/** The findings that an action showed, and whether nothing that comes after it means anything. */
export const judge = ({
  passed,
}: Pick<Taken, "passed">): { readonly keys: readonly string[]; readonly isFatal: boolean } => {
  const keys = new Set<string>();
  let isFatal = false;
  for (const transition of passed) {
    for (const property of claims) {
      for (const { object, site, isFatal: ends = false } of property.violations(transition)) {
        keys.add(findingKey({ property: property.id, object, site }));
        isFatal ||= ends;
      }
    }
  }
  return { keys: [...keys], isFatal };
};
