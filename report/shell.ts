import { isPrintable } from "./printable.ts";

const harmless = /^[\w@%+=:,./-]+$/;

const byteEscaped = (byte: number): string => {
  const letter = String.fromCharCode(byte);
  return /[\w@%+=:,./ -]/.test(letter) ? letter : `\\x${byte.toString(16).padStart(2, "0")}`;
};

/** One word of a command line, quoted so that a shell gives it back as it is; what is not printable, byte by byte. */
export const shellWord = (word: string): string => {
  if (harmless.test(word)) return word;
  if (isPrintable(word)) return `'${word.replaceAll("'", "'\\''")}'`;
  return `$'${[...Buffer.from(word)].map(byteEscaped).join("")}'`;
};

/**
 * A command line that can be pasted into a shell.
 *
 * @param program - as the user calls us, which may be several words: `npx sysram-verify`
 */
export const shellLine = (program: string, words: readonly string[]): string =>
  [program, ...words.map(shellWord)].join(" ");
