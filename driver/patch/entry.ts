import { blanked } from "./c-text.ts";

/** The function of a driver that a region driver's probe calls. */
export interface Entry {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  /** The line of its name, in the file as the patch leaves it. */
  readonly line: number;
  /** It cannot be called from outside its file. */
  readonly isStatic: boolean;
}

/** One parameter, white space made one space: `enum mmop` and `online_type`. */
export interface Parameter {
  readonly type: string;
  readonly name: string;
}

/**
 * The function that adds a device to a region: `devm_cxl_add_*`, defined here, with the region as its first parameter.
 *
 * Of several the one that is most likely the driver's own: one named after sysram rather than one that hands the
 * region on to another driver.
 */
export const findEntry = (text: string): Entry | undefined =>
  findEntries(text).toSorted((one, other) => rank(other) - rank(one))[0];

/** All functions of that kind in a file, in its order. */
export const findEntries = (text: string): readonly Entry[] => {
  const code = blanked(text, "comments and literals");
  const entries: Entry[] = [];
  let counted = 0;
  let line = 1;
  for (const match of code.matchAll(/\bdevm_cxl_add_\w+/g)) {
    line += newlines(code.slice(counted, match.index));
    counted = match.index;
    const parameters = parametersAt(code, match.index + match[0].length)?.map(parameter);
    if (!/^(?:const )?struct cxl_region ?\*/.test(parameters?.[0]?.type ?? "")) continue;
    entries.push({ name: match[0], parameters: parameters ?? [], line, isStatic: isStaticAt(code, match.index) });
  }
  return entries;
};

const newlines = (text: string): number => text.split("\n").length - 1;

/** Entries that hand the region on to another driver: the neighbours of the one under review. */
const neighbours: ReadonlySet<string> = new Set(["devm_cxl_add_dax_region", "devm_cxl_add_pmem_region"]);

const rank = ({ name }: Entry): number => (/sysram/i.test(name) ? 2 : neighbours.has(name) ? 0 : 1);

/** No list of parameters is longer, in characters, or has more parentheses in one another. */
const longestList = 2000;
const deepestList = 8;

/** The parameters of a definition whose name ends at a position; undefined where it is only called or declared. */
const parametersAt = (code: string, position: number): readonly string[] | undefined => {
  const rest = code.slice(position, position + longestList);
  if (!/^\s*\(/.test(rest)) return undefined;
  const parameters: string[] = [];
  let depth = 0;
  let start = rest.indexOf("(") + 1;
  for (let at = start - 1; at < rest.length; at += 1) {
    const character = rest[at];
    if (character === "(") depth += 1;
    if (character === ")") depth -= 1;
    if (depth > deepestList) return undefined;
    if (depth === 0 || (character === "," && depth === 1)) {
      parameters.push(rest.slice(start, at));
      start = at + 1;
    }
    if (depth === 0) return /^\s*(?:__\w+\s*)?\{/.test(rest.slice(start)) ? parameters : undefined;
  }
  return undefined;
};

const parameter = (text: string): Parameter => {
  const tidy = text.replace(/\s+/g, " ").trim();
  const pointer = /^(.*\(\*)(\w+)(\).*)$/.exec(tidy);
  if (pointer !== null) return { type: `${pointer[1]}${pointer[3]}`, name: pointer[2] ?? "" };
  const [, type, name] = /^(.*[\s*])(\w+)$/.exec(tidy) ?? [];
  // A parameter may have no name, and then its last word belongs to the type.
  if (
    type === undefined ||
    name === undefined ||
    /^(?:struct|enum|union|unsigned|signed|const|long|short)$/.test(type.trim())
  ) {
    return { type: tidy, name: "" };
  }
  return { type: type.trim(), name };
};

/** Whether the definition of the name at a position begins with `static`. */
const isStaticAt = (code: string, position: number): boolean => {
  const before = code.slice(Math.max(0, position - 200), position);
  return /\bstatic\b/.test(
    before.slice(Math.max(before.lastIndexOf(";"), before.lastIndexOf("}"), before.lastIndexOf("#")) + 1),
  );
};
