import { itemsOf } from "./c-items.ts";
import { blanked } from "./c-text.ts";
import { findEntries, findEntry } from "./entry.ts";
import { InputError } from "./input-error.ts";

/** A C file with its whole text. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

/** How surely a file is the driver and not one of its neighbours. */
export type Likelihood = "named after sysram" | "hot-plugs memory" | "adds to a region" | "hands a region on";

const order: readonly Likelihood[] = [
  "hands a region on",
  "adds to a region",
  "hot-plugs memory",
  "named after sysram",
];

/** What a file is by its entry; undefined where it has none. */
export const likelihoodOf = (text: string): Likelihood | undefined => {
  const entry = findEntry(text);
  if (entry === undefined) return undefined;
  if (/sysram/i.test(entry.name)) return "named after sysram";
  if (/\b_{0,2}add_memory\w*\s*\(/.test(blanked(text, "comments and literals"))) return "hot-plugs memory";
  return /^devm_cxl_add_(?:dax|pmem)_region$/.test(entry.name) ? "hands a region on" : "adds to a region";
};

/**
 * The one source that is the driver.
 *
 * @param least - what the driver must be at least
 * @returns undefined where no source has an entry
 */
export const chooseDriver = (where: string, sources: readonly Source[], least: Likelihood): Source | undefined => {
  const ranked = sources.map((source) => ({
    source,
    rank: order.indexOf(likelihoodOf(source.text) ?? "hands a region on"),
  }));
  const candidates = ranked.filter(
    ({ source, rank }) => rank >= order.indexOf(least) && findEntries(source.text).length > 0,
  );
  const best = candidates.reduce((most, { rank }) => Math.max(most, rank), -1);
  const [driver, other] = candidates.filter(({ rank }) => rank === best).map(({ source }) => source);
  if (driver !== undefined && other !== undefined) {
    throw new InputError(
      "ambiguous-driver",
      `${where}: ${driver.path} and ${other.path} both define a function that adds a device to a region`,
      "give only the patches of one driver, or one file with --source",
    );
  }
  return driver;
};

/** A source and the name by which the driver needs it. */
export interface Needed {
  readonly source: Source;
  readonly because: string;
}

/**
 * The sources that the driver cannot be linked without, as far as their functions and objects are named in it, or in
 * a source that it needs.
 */
export const neededBy = (driver: Source, others: readonly Source[]): readonly Needed[] => {
  const definers = new Map(others.flatMap((source) => definedIn(source.text).map((name) => [name, source] as const)));
  for (const name of definedIn(driver.text)) definers.delete(name);
  const needed = new Map<Source, string>();
  // A source that is found needed joins the loop, and is searched in its turn.
  const searched = new Set([driver]);
  for (const { text } of searched) {
    for (const word of wordsOf(text)) {
      const source = definers.get(word);
      if (source === undefined || searched.has(source)) continue;
      searched.add(source);
      needed.set(source, word);
    }
  }
  return [...needed].map(([source, because]) => ({ source, because }));
};

const wordsOf = (text: string): Set<string> =>
  new Set(blanked(text, "comments and literals").match(/[A-Za-z_]\w*/g) ?? []);

/** What other files can link to: functions and objects that are defined in a text and not static. */
const definedIn = (text: string): readonly string[] =>
  itemsOf(text.split("\n")).flatMap(({ kind, name, code }) =>
    (kind === "function" || (kind === "object" && !code.startsWith("extern ") && !name.includes(" "))) &&
    !/^static\b/.test(code)
      ? [name]
      : [],
  );

/** The names of the headers that a C text includes with `<>`. */
export const includesInBrackets = (text: string): readonly string[] =>
  [...blanked(text, "comments").matchAll(/^[ \t]*#[ \t]*include[ \t]*<([^">\n]{1,200})>/gm)].flatMap(
    ([, name]) => name ?? [],
  );

/** The names of the headers that a C text includes, with `""` or `<>`. */
export const includesOf = (text: string): readonly string[] =>
  [...blanked(text, "comments").matchAll(/^[ \t]*#[ \t]*include[ \t]*["<]([^">\n]{1,200})[">]/gm)].flatMap(
    ([, name]) => name ?? [],
  );
