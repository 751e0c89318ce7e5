/** The text of bytes whose encoding nobody declared: a byte order mark decides, then UTF-8, then Latin 1. */
export const decodeText = (bytes: Uint8Array): string => {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
};

/** The lines of a text without their ends, be those LF or CRLF. */
export const linesOf = (text: string): readonly string[] => {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map(withoutReturn);
};

const withoutReturn = (line: string): string => {
  let end = line.length;
  while (line[end - 1] === "\r") end -= 1;
  return line.slice(0, end);
};

/** The text as the compiler is given it: LF, and a last line that ends. */
export const textOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");
