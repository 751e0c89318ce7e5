/** What of a C text to blank out before looking for structure in it. */
export type Blanked = "comments" | "comments and literals";

/**
 * The C text with its comments, and on demand what stands between quotes, replaced by spaces: every other character
 * keeps its place, so positions and lines agree with the original.
 */
export const blanked = (text: string, what: Blanked): string => {
  const parts: string[] = [];
  let from = 0;
  const blank = (start: number, end: number): void => {
    parts.push(text.slice(from, start), text.slice(start, end).replace(/[^\n]/g, " "));
    from = end;
  };

  let at = 0;
  while (at < text.length) {
    const character = text[at];
    if (character === "/" && text[at + 1] === "*") {
      const end = text.indexOf("*/", at + 2);
      const after = end < 0 ? text.length : end + 2;
      blank(at, after);
      at = after;
    } else if (character === "/" && text[at + 1] === "/") {
      const end = text.indexOf("\n", at);
      const after = end < 0 ? text.length : end;
      blank(at, after);
      at = after;
    } else if (character === '"' || character === "'") {
      const end = endOfLiteral(text, at);
      if (what === "comments and literals") blank(at + 1, Math.max(at + 1, end - 1));
      at = end;
    } else {
      at += 1;
    }
  }
  parts.push(text.slice(from));
  return parts.join("");
};

/** Where a literal ends: behind its closing quote, or at the end of the line, since none goes on beyond that. */
const endOfLiteral = (text: string, start: number): number => {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === "\n") return at;
    if (text[at] === "\\" && text[at + 1] !== "\n") at += 1;
    else if (text[at] === text[start]) return at + 1;
  }
  return text.length;
};
