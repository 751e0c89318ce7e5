/** Text as an attacker would write it into a patch, and what must never come of it. */
import fc from "fast-check";

const obeyed = [
  ..."\x00\x07\b\t\n\v\f\r\x1b\x7f",
  ..."\x85\x90\x9b\x9d\x9f\xad",
  ..."\u061c\u200b\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\ufe0f\ufff9\u3164",
  "\ud800",
  "\udc00",
  "\u{e0041}",
  "\x1b]0;title\x07",
  "\x1b[2J",
];

const piece = fc.oneof(
  fc.constantFrom(...obeyed),
  fc.constantFrom(" ", "  ", "a", "word", "漢", "é", "%s", "`"),
  fc.string({ unit: "binary" }),
);

/** Texts to put where a subject's own would stand. */
export const hostile = fc.array(
  fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join("")),
  { minLength: 1, maxLength: 20 },
);

/** What a terminal obeys, or shows as nothing; halves of a surrogate pair stand alone here, because pairs are read whole. */
const harmful: readonly (readonly [from: number, to: number])[] = [
  [0x00, 0x09],
  [0x0b, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad],
  [0x61c, 0x61c],
  [0x180e, 0x180e],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x206f],
  [0xd800, 0xdfff],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
  [0xfff9, 0xfffb],
  [0xe0000, 0xe0fff],
];

/** Whether a terminal would show every character of the text, and obey none but the ends of lines. */
export const isHarmless = (text: string): boolean =>
  [...text].every((letter) => {
    const code = letter.codePointAt(0)!;
    return !harmful.some(([from, to]) => code >= from && code <= to);
  });

/** Words of the format, which no subject can choose. */
const fixed = new Set(["format", "version", "kind", "verdict", "ending", "severity", "needs", "program"]);

/** The same value with hostile text in place of every string, the names of settings included. */
export const withStrings = <T>(value: T, texts: readonly string[]): T => {
  let next = 0;
  const text = (): string => {
    next += 1;
    return texts[next % texts.length]!;
  };
  const replaced = (part: unknown, name: string): unknown => {
    if (typeof part === "string") return fixed.has(name) ? part : text();
    if (Array.isArray(part)) return part.map((item) => replaced(item, name));
    if (typeof part !== "object" || part === null) return part;
    if (part instanceof Map) return new Map([...part].map(([key, inner]) => [key, replaced(inner, "")]));
    const isMap = name === "configuration";
    return Object.fromEntries(
      Object.entries(part).map(([key, inner]) => [isMap ? `${text()}${key}` : key, replaced(inner, key)]),
    );
  };
  return replaced(value, "") as T;
};
