/** One mail out of an mbox. */
export interface MboxMail {
  readonly bytes: Uint8Array;
  /** The line of the mbox that is its first, counted from 1. */
  readonly first: number;
}

/**
 * The mails of an mbox, as bytes: cut where a "From " line follows a blank line and header fields follow it, with
 * the ">From " escape undone.
 *
 * Bytes that do not begin with a "From " line are one mail or no mail at all, and come back as they are.
 */
export const splitMbox = (bytes: Uint8Array): readonly MboxMail[] => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Latin 1 maps each byte to one character and back, whatever the mails' own encodings are.
  const text = buffer.toString("latin1").replace(/^\u00ef\u00bb\u00bf/, "");
  if (!text.startsWith("From ")) return [{ bytes: Buffer.from(text, "latin1"), first: 1 }];

  const lines = text.split("\n");
  const starts = lines.flatMap((_, at) => (startsMail(lines, at) ? [at] : []));
  return starts.map((start, which) => {
    const mail = lines.slice(start + 1, starts[which + 1] ?? lines.length);
    const unescaped = mail.map((line) => (/^>+From /.test(line) ? line.slice(1) : line)).join("\n");
    return { bytes: Buffer.from(unescaped, "latin1"), first: start + 2 };
  });
};

const isBlank = (line: string | undefined): boolean => line === undefined || line === "" || line === "\r";

const startsMail = (lines: readonly string[], at: number): boolean =>
  at === 0 ||
  (/^From \S+.*\d\d:\d\d/.test(lines[at] ?? "") && isBlank(lines[at - 1]) && /^[!-9;-~]+:/.test(lines[at + 1] ?? ""));
