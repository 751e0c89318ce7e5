import { itemsOf } from "../patch/c-items.ts";
import { BuildError } from "./build-error.ts";
import { hintFor, modelOf } from "./model-of.ts";
import type { DriverSource } from "./source-text.ts";

/** A call of a function that nothing above it declares. */
export interface UndeclaredCall {
  readonly name: string;
  readonly file: string;
  readonly line: number;
}

/** What there is to compile with. */
export interface Given {
  readonly source: DriverSource;
  readonly standIns: ReadonlyMap<string, string>;
  /** Headers of the kernel's that were taken as empty. */
  readonly missing: readonly string[];
}

/** Why a function is not declared, as a relative clause; whether the C is to blame, or what is modelled; and what to do. */
interface Reason {
  readonly clause: string;
  readonly code: BuildError["code"];
  readonly hint: string;
}

/**
 * The error for calls that nothing declares: of each function it says where it is defined or declared, if it is.
 *
 * @param unmodelled - what the driver uses besides, and the models lack
 */
export const undeclaredError = (
  calls: readonly UndeclaredCall[],
  given: Given,
  unmodelled: readonly { readonly name: string }[],
): BuildError => {
  const known = new Set<string>();
  const [first, ...others] = calls.filter(({ name }) => !known.has(name) && known.add(name));
  const { clause, code, hint } = reasonFor(first!, given);
  const more = [
    ...others.map((call) => `${call.name}() in line ${call.line}, ${reasonFor(call, given).clause}`),
    ...unmodelled.filter(({ name }) => !known.has(name)).map(({ name }) => `${name}, which is not modelled`),
  ];
  const and = more.length === 0 ? "" : ` (and ${more.length} more: ${more.join("; ")})`;
  return new BuildError(code, `${first!.file}:${first!.line}: calls ${first!.name}(), ${clause}${and}`, hint);
};

const reasonFor = ({ name, file, line }: UndeclaredCall, given: Given): Reason => {
  const defined = given.source.sources.flatMap(({ path, text }) => {
    const at = lineDeclaring(text, name, ["function"]);
    return at === undefined ? [] : [{ path, at }];
  })[0];
  if (defined !== undefined) {
    const isBelow = defined.path === file && defined.at > line;
    const where = isBelow ? `line ${defined.at}, below` : `${defined.path}:${defined.at}`;
    return {
      clause: `which is defined in ${where}, and not declared above the call`,
      code: "does-not-compile",
      hint: "declare it above, in the file or in a header that it includes; if the patch's header does, give that too",
    };
  }
  const header = [...given.standIns].find(
    ([, text]) => lineDeclaring(text, name, ["function", "prototype"]) !== undefined,
  );
  if (header !== undefined) {
    return {
      clause: `which <${header[0]}> declares, and nothing includes that`,
      code: "does-not-compile",
      hint: `include <${header[0]}>; in the kernel another header may do so`,
    };
  }
  if (modelOf(name) !== undefined || given.missing.length > 0) {
    return {
      clause: "which is not modelled",
      code: "not-modelled",
      hint: `${hintFor("function", name)}${fromMissing(given)}`,
    };
  }
  return {
    clause: "which no header that was given declares, and which is not modelled",
    code: "not-modelled",
    hint: `give the header or the patch that declares it; if it is the kernel's, ${hintFor("function", name)}`,
  };
};

/** A source with declarations below its last `#include` for those of its functions that are called above their definitions. */
export const withDeclarations = (text: string, calls: readonly UndeclaredCall[]): string => {
  const lines = text.split("\n");
  const declarations = itemsOf(lines).flatMap(({ kind, name, code }) =>
    kind === "function" && calls.some((call) => call.name === name) ? [`${code.replace(/\{.*$/, "").trim()};`] : [],
  );
  const below = lines.findLastIndex((line) => /^\s*#\s*include\b/.test(line)) + 1;
  // In one line with what stands there: the numbers of the lines stay.
  return lines.map((line, at) => (at === below ? [...declarations, line].join(" ") : line)).join("\n");
};

/** Where what is not declared may come from. */
export const fromMissing = ({ missing }: Pick<Given, "missing">): string =>
  missing.length === 0 ? "" : `; there is no stand-in for ${missing.map((name) => `<${name}>`).join(", ")}`;

/** The line, counted from 1, where a text declares or defines a function. */
const lineDeclaring = (
  text: string,
  name: string,
  kinds: readonly ("function" | "prototype")[],
): number | undefined => {
  if (!text.includes(name)) return undefined;
  const found = itemsOf(text.split("\n")).find(
    (item) => item.name === name && kinds.some((kind) => kind === item.kind),
  );
  return found === undefined ? undefined : found.start + 1;
};
