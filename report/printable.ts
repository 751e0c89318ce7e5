/**
 * What a terminal or a reader's eye would obey instead of show: control characters, marks without a shape of their own
 * (they can turn the direction of writing), separators of lines, lone surrogates, letters that look like nothing.
 */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}]/gu;

const named: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

const escaped = (character: string): string => {
  const code = character.codePointAt(0)!;
  return named[character] ?? (code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`);
};

/**
 * Text of any origin as one line that is safe to show: what would not simply be shown is spelled out, `\x1b` for an
 * escape.
 */
export const printable = (text: string): string => text.replaceAll(unprintable, escaped);

/** A line of C, with the white space that lays it out reduced to single spaces. */
export const printableSource = (line: string): string => printable(line.replaceAll(/[ \t\r\n\f\v]+/g, " ").trim());

/** JSON of several lines that is safe to show: what would not simply be shown is spelled out, as JSON spells it. */
export const printableJson = (value: unknown): string =>
  JSON.stringify(value, null, 2).replaceAll(unprintable, (character) => {
    if (character === "\n") return character;
    const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
  });

/** Whether text can be shown as it is. */
export const isPrintable = (text: string): boolean => printable(text) === text;
