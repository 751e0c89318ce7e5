/**
 * What a terminal or a reader's eye would obey instead of show: control characters but the tab, marks without a shape
 * of their own (they can turn the direction of writing), separators of lines, lone surrogates.
 */
const unprintable = /(?!\t)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

const escaped = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
};

/** One line of untrusted text, made safe for a terminal: each character that would not simply be shown is spelled out. */
export const printable = (text: string): string => text.replace(unprintable, escaped);

/** Untrusted text of several lines, each made safe for a terminal. */
export const printableLines = (text: string): string => text.split("\n").map(printable).join("\n");

/** A quotation for a message: safe to print, and short. */
export const quoted = (text: string): string => {
  const shown = printable(text.trim().slice(0, 200));
  return `"${shown.length > 80 ? `${shown.slice(0, 77)}...` : shown}"`;
};

/** The folders at the top of a kernel tree in which a patch of this kind may touch files. */
const kernelFolders: ReadonlySet<string> = new Set(
  "arch block certs crypto Documentation drivers fs include init io_uring ipc kernel lib LICENSES mm net rust samples scripts security sound tools usr virt".split(
    " ",
  ),
);

/** The prefixes that git puts before a path, `diff.mnemonicPrefix` included. */
const prefixes: ReadonlySet<string> = new Set(["a", "b", "c", "i", "o", "w", "old", "new"]);

/**
 * The path in the kernel tree that a patch means by a file name.
 *
 * The result is relative, has no `..`, and holds only letters that are harmless in a terminal, a C string and
 * the name of an object's property. It is for display and for the compiler's own tree of files; nothing is ever
 * written to it.
 */
export const cleanPath = (name: string): string => {
  const parts = name
    .split(/[/\\]/)
    .filter((part) => part !== "" && part !== "." && part !== "..")
    .slice(-32)
    .map((part) => part.slice(0, 100).replace(/[^\w.+,@=~-]/g, "_"))
    .map((part) => (part === "__proto__" ? "_proto_" : part));
  const isKernel = (part: string | undefined): boolean => kernelFolders.has(part ?? "");
  const top = isKernel(parts[0])
    ? 0
    : isKernel(parts[1])
      ? 1
      : parts.findIndex((part) => part === "drivers" || part === "include");
  if (top > 0) return parts.slice(top).join("/");
  if (top < 0 && parts.length > 1 && prefixes.has(parts[0] ?? "")) return parts.slice(1).join("/");
  return parts.join("/") || "unnamed";
};
