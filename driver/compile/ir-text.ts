/** Small readers of textual LLVM IR. Source: LLVM Language Reference. */

/** The name of a value, a block or a global, without its `%` or `@`. */
export const NAME: string = String.raw`(?:"[^"]+"|[-\w$.]+)`;

/** Splits at commas outside of any bracket. */
export const splitList = (list: string): string[] => {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < list.length; at += 1) {
    const letter = list[at]!;
    if ("([{<".includes(letter)) depth += 1;
    else if (")]}>".includes(letter)) depth -= 1;
    else if (letter === "," && depth === 0) {
      parts.push(list.slice(start, at).trim());
      start = at + 1;
    }
  }
  const last = list.slice(start).trim();
  return last === "" ? parts : [...parts, last];
};

/** The text between the bracket at `open` and the one that closes it. */
export const bracketed = (line: string, open: number): string => {
  let depth = 0;
  for (let at = open; at < line.length; at += 1) {
    if (line[at] === "(") depth += 1;
    else if (line[at] === ")") {
      depth -= 1;
      if (depth === 0) return line.slice(open + 1, at);
    }
  }
  return line.slice(open + 1);
};

/** How many characters the type at the beginning of `text` takes. */
export const typeLength = (text: string): number => {
  let depth = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at]!;
    if (letter === '"') isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if ("[{<(".includes(letter)) depth += 1;
    else if ("]}>)".includes(letter)) depth -= 1;
    else if ((letter === " " || letter === ",") && depth === 0) return at;
  }
  return text.length;
};

/** Size in bytes of a type that is read or written at once; undefined for one that is not. */
export const sizeOfType = (type: string): number | undefined => {
  if (type === "ptr" || type === "double") return 8;
  if (type === "float") return 4;
  const bits = /^i(\d+)$/.exec(type)?.[1];
  if (bits !== undefined) return Math.ceil(Number(bits) / 8);
  const array = /^\[(\d+) x (.*)\]$/.exec(type);
  if (array === null) return undefined;
  const element = sizeOfType(array[2]!);
  return element === undefined ? undefined : element * Number(array[1]);
};

/** The number of an instruction's debug location. */
export const debugId = (line: string): number | undefined => {
  const match = /!dbg !(\d+)/.exec(line);
  return match === null ? undefined : Number(match[1]);
};
