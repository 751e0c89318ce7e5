/**
 * Texts in the words of a shell: the format that printf(1) makes the text of.
 *
 * It can be pasted into a terminal, shows what cannot be seen (a missing newline, a NUL), and is short for long runs of blanks.
 */

/** Blanks in a row that are counted rather than written. */
const COUNTED = 8;

const ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\t": "\\t", "\\": "\\\\", "%": "%%" };

const octal = (character: string): string => `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`;

/**
 * The format of a text.
 *
 * @param text - bytes, each as one character below 256
 */
export const printfFormat = (text: string): string =>
  // A minus at the very start would be an option of printf.
  text.replace(/^-| {8,}|[^ -~]|['%\\]/g, (part) =>
    part.length >= COUNTED ? `%${part.length}s` : (ESCAPES[part] ?? octal(part)),
  );

/** The longest text: what a page holds, and so what one write to an attribute can bring. */
export const MAX_TEXT = 4095;

const PARTS = /%(\d{1,4})s|%%|\\([0-7]{3})|\\([nt\\])|([^%\\'])/gy;

/** The text that a format makes; undefined for what `printfFormat` does not write. */
export const textOfFormat = (format: string): string | undefined => {
  let text = "";
  let read = 0;
  for (const [part, blanks, code, letter, plain] of format.matchAll(PARTS)) {
    read += part.length;
    if (blanks !== undefined) text += " ".repeat(Number(blanks));
    else if (code !== undefined) text += String.fromCharCode(Number.parseInt(code, 8));
    else if (letter !== undefined) text += letter === "n" ? "\n" : letter === "t" ? "\t" : "\\";
    else text += plain ?? "%";
    if (text.length > MAX_TEXT) return undefined;
  }
  return read === format.length && printfFormat(text) === format ? text : undefined;
};
