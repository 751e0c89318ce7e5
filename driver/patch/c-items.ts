import { blanked } from "./c-text.ts";

/**
 * The top-level parts of a piece of C: declarations, definitions and preprocessor lines.
 *
 * This is no parser. It needs only to tell where a part ends and what it declares, and it must stand a piece that
 * begins or ends in the middle of something, as the lines of a hunk do.
 */
export interface CItem {
  readonly kind: "directive" | "define" | "type" | "function" | "prototype" | "object" | "macro call";
  /** What it declares, with its kind where C keeps these apart: `struct cxl_port`, `cxl_bus_rescan`. */
  readonly name: string;
  /** The first and last line, counted from 0 in the piece; a comment right above belongs to it. */
  readonly first: number;
  readonly last: number;
  /** The first line behind that comment. */
  readonly start: number;
  /** The text without comments, each run of white space one space. */
  readonly code: string;
  /** Its end is in the piece. */
  readonly isComplete: boolean;
}

/** The items of a piece of C. Lines that belong to something begun before the piece are passed over. */
export const itemsOf = (lines: readonly string[]): readonly CItem[] => {
  const text = withoutCommentTail(lines).join("\n");
  const uncommented = blanked(text, "comments").split("\n");
  const bare = blanked(text, "comments and literals").split("\n");

  const items: CItem[] = [];
  let unended = 0;
  for (let at = 0; at < lines.length; at += 1) {
    const line = bare[at] ?? "";
    const isDirective = /^\s*#/.test(line);
    if (!isDirective && /^(?:\s|[{})]|$)/.test(line)) continue;
    const end = isDirective ? { last: endOfDirective(bare, at), isComplete: true } : endOfItem(bare, at);
    const code = uncommented
      .slice(at, end.last + 1)
      .join("\n")
      .replace(/\\\n/g, " ")
      .replace(/\s+/g, " ")
      .trim();
    items.push({ ...named(code, isDirective), first: withComment(lines, bare, at), start: at, code, ...end });
    if (end.isComplete) at = end.last;
    else unended += 1;
    // Text that is no C at all may make each of its lines the beginning of something without an end.
    if (unended > mostUnended) break;
  }
  return items;
};

/** How many parts without an end a piece may have before it is taken for no C. */
const mostUnended = 100;

/** The lines, with the end of a comment that began above them blanked out. */
const withoutCommentTail = (lines: readonly string[]): readonly string[] => {
  const close = lines.findIndex((line) => line.includes("*/"));
  const open = lines.findIndex((line) => line.includes("/*"));
  const isTail =
    close >= 0 && (open < 0 || close < open || (close === open && at(lines, close, "*/") < at(lines, open, "/*")));
  // A comment that the piece never leaves shows only by the asterisk at the beginning of its lines.
  const code = lines.findIndex((line) => !/^\s*\*(?:\s|$)/.test(line));
  const last = isTail ? close : (code < 0 ? lines.length : code) - 1;
  return lines.map((line, which) => {
    if (which > last) return line;
    return which === close && isTail ? line.slice(at(lines, close, "*/") + 2).padStart(line.length) : "";
  });
};

const at = (lines: readonly string[], line: number, word: string): number => (lines[line] ?? "").indexOf(word);

/** The first line of the comment that stands right above a line, or the line itself. */
const withComment = (lines: readonly string[], bare: readonly string[], at: number): number => {
  let first = at;
  while (first > 0 && /^\s*$/.test(bare[first - 1] ?? "") && /\S/.test(lines[first - 1] ?? "")) first -= 1;
  return first;
};

const endOfDirective = (bare: readonly string[], start: number): number => {
  let last = start;
  while (last + 1 < bare.length && /\\\s*$/.test(bare[last] ?? "")) last += 1;
  return last;
};

/** No declaration is longer; the search for an end gives up there. */
const longestItem = 5000;

const endOfItem = (bare: readonly string[], start: number): { readonly last: number; readonly isComplete: boolean } => {
  const isMacroCall = /^[A-Z_][A-Z0-9_]*\s*\(/.test(bare[start] ?? "");
  let depth = 0;
  let head: string | undefined;
  const seen: string[] = [];
  for (let at = start; at < Math.min(bare.length, start + longestItem); at += 1) {
    const line = bare[at] ?? "";
    if (at > start && /^\s*#/.test(line)) {
      at = endOfDirective(bare, at);
      continue;
    }
    for (const character of line) {
      if (character === "{" && depth === 0) head ??= seen.join(" ") + line.slice(0, line.indexOf("{"));
      if (character === "(" || character === "{" || character === "[") depth += 1;
      if ((character === ")" || character === "}" || character === "]") && depth > 0) depth -= 1;
    }
    if (head === undefined) seen.push(line);
    if (depth > 0) continue;
    const end = line.trimEnd().at(-1);
    if (end === ";" || (end === "}" && isFunctionHead(head)) || (end === ")" && isMacroCall))
      return { last: at, isComplete: true };
  }
  return { last: start, isComplete: false };
};

const isFunctionHead = (head: string | undefined): boolean =>
  head !== undefined && !head.includes("=") && /\)[\w\s]*$/.test(head);

const named = (code: string, isDirective: boolean): { readonly kind: CItem["kind"]; readonly name: string } => {
  if (isDirective) {
    const macro = /^# ?define (\w+)/.exec(code)?.[1];
    return macro === undefined ? { kind: "directive", name: code } : { kind: "define", name: macro };
  }
  const call = /^([A-Z_][A-Z0-9_]*) ?\( ?(\w*)/.exec(code);
  if (call !== null) return { kind: "macro call", name: `${call[1]}(${call[2]})` };
  const beforeBrace = code.slice(0, 4000).split("{")[0] ?? "";
  const isFunction = code.includes("{") && isFunctionHead(beforeBrace);
  const tag = /^(?:(?:typedef|static|const|extern) )*(struct|union|enum)\b ?(\w*)[^(]*$/.exec(beforeBrace);
  if (code.includes("{") && tag !== null && !beforeBrace.includes("="))
    return { kind: "type", name: `${tag[1]} ${tag[2]}` };
  if (code.startsWith("typedef ")) return { kind: "type", name: lastWord(code) };
  const called = /(\w+) ?\(/.exec(beforeBrace)?.[1];
  if (called !== undefined && !beforeBrace.includes("="))
    return { kind: isFunction ? "function" : "prototype", name: called };
  const forward = /^(struct|union|enum) (\w+) ?;$/.exec(code);
  if (forward !== null) return { kind: "object", name: `${forward[1]} ${forward[2]};` };
  return { kind: "object", name: lastWord(beforeBrace.split(/[=[;]/)[0] ?? "") };
};

const lastWord = (code: string): string => code.match(/\w+/g)?.at(-1) ?? "";

/**
 * Whether an item is only there so that callers compile without the feature: an inline function that does nothing
 * and returns a constant, a macro that expands to one.
 */
export const isStubShaped = ({ kind, code }: CItem): boolean => {
  if (kind === "function") {
    const body = code.slice(code.indexOf("{") + 1, code.lastIndexOf("}")).trim();
    return /\binline\b/.test(code) && (body === "" || new RegExp(`^return ?${constant}? ?;$`).test(body));
  }
  if (kind !== "define") return false;
  const [, parameters, value = ""] = /^# ?define \w+(\([^)]*\))? ?(.*)$/.exec(code) ?? [];
  if (value === "NULL") return true;
  return (
    parameters !== undefined &&
    (value === "" || /^do ?\{ ?\} ?while ?\( ?0 ?\)$/.test(value) || new RegExp(`^${constant}$`).test(value))
  );
};

const constant = String.raw`\(?(?:NULL|true|false|-?\d+|-E[A-Z0-9]+|ERR_PTR ?\( ?-E?\w+ ?\)|[A-Z][A-Z0-9_]*|\( ?void ?\) ?0|\(\{ ?\}\))\)?`;
