import { itemsOf } from "../patch/c-items.ts";
import type { DriverSource } from "./source-text.ts";

/**
 * The stand-in headers, with other names in them for what the driver defines as functions of its own.
 *
 * A stand-in may have in a header what the kernel has in one of its C files, as `to_cxl_region()` of
 * drivers/cxl/core/region.c. A static function of that name is the driver's, and the stand-ins go on using theirs.
 */
export const withoutOwnNames = (
  standIns: ReadonlyMap<string, string>,
  { sources }: DriverSource,
): ReadonlyMap<string, string> => {
  const own = new Set(
    sources.flatMap(({ text }) =>
      itemsOf(text.split("\n")).flatMap(({ kind, name, code }) =>
        kind === "function" && /^static\b/.test(code) ? [name] : [],
      ),
    ),
  );
  const declared = new Set([...standIns.values()].flatMap((text) => declaredOf(text, own)));
  if (declared.size === 0) return standIns;
  return new Map(
    [...standIns].map(([path, text]) => [
      path,
      // Not where it is the name of a field.
      text.replace(/(?<!\.\s*|->\s*)\b[A-Za-z_]\w*\b/g, (word) =>
        declared.has(word) ? `${word}__of_the_stand_in` : word,
      ),
    ]),
  );
};

/** Those of some names that a text declares as functions. */
const declaredOf = (text: string, names: ReadonlySet<string>): readonly string[] =>
  ![...names].some((name) => text.includes(name))
    ? []
    : itemsOf(text.split("\n")).flatMap(({ kind, name }) =>
        (kind === "function" || kind === "prototype" || kind === "define") && names.has(name) ? [name] : [],
      );
