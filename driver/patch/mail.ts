import PostalMime, { type Email } from "postal-mime";
import { InputError } from "./input-error.ts";
import { lineFinder } from "./line-of.ts";
import { printable, quoted } from "./sanitise.ts";
import { decodeText } from "./text.ts";

/** One mail, or a bare text that came without a mail's header. */
export interface Message {
  /** How an error or a note calls it. */
  readonly label: string;
  /** How they call a line, counted from 0, of one of its readings: by its place in the input, where it has one there. */
  readonly labelAt: (lines: readonly string[], at: number) => string;
  /** What of it is no text, and so was not looked at; one sentence each. */
  readonly leftOut: readonly string[];
  readonly isMail: boolean;
  readonly subject: string | undefined;
  readonly messageId: string | undefined;
  readonly author: string | undefined;
  readonly date: string | undefined;
  /** What the body may be, the likeliest reading first: declared conventions are not always followed by the sender. */
  readonly readings: readonly string[];
  readonly isHtml: boolean;
}

const mailField =
  /^(?:from|subject|date|message-id|received|return-path|delivered-to|content-type|mime-version|to|list-id):/im;

/** Whether the bytes begin with the header of a mail. */
export const looksLikeMail = (bytes: Uint8Array): boolean => {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 65536)).toString("latin1");
  const header = start.slice(0, start.search(/\r?\n\r?\n/) + 1 || start.length);
  return /^[!-9;-~]+:(?:[ \t]|\r?\n[ \t])/.test(header) && mailField.test(header);
};

/** Whether a text has anything in it that begins a diff. */
export const holdsDiff = (text: string): boolean =>
  /^(?:diff --(?:git|cc|combined) |@@ -\d|--- \S[^\n]*\r?\n(?:\+\+\+ |\*{15}\r?$)|GIT binary patch)/m.test(text);

/** Whether a text is a web page. */
export const looksLikeHtml = (text: string): boolean =>
  /^\s*(?:<!--[^>]*-->\s*)?<(?:!doctype|\?xml|html|head|body|pre|meta|title|div)\b/i.test(text.slice(0, 4096));

/** How an input, or a mail in it, is called: its name as it was typed, and which part of it that is. */
export interface Name {
  readonly name: string;
  /** `, mail 2`; empty for a whole input. */
  readonly part: string;
  /** The line of the input that is its first, counted from 1. */
  readonly first: number;
}

/** Reads one mail: its transfer encoding, its character set, its parts, and a patch that came as an attachment. */
export const readMail = async ({ name, part, first }: Name, bytes: Uint8Array): Promise<Message> => {
  const email = await parse(`${name}${part}`, bytes);
  const fixed = asFixed(bytes);
  const unflowed = fixed === undefined ? undefined : await parse(`${name}${part}`, fixed);
  const subject = email.subject === undefined ? undefined : printable(email.subject.replace(/\s+/g, " "));
  const { from } = email;
  const address = from?.address === undefined || from.address === "" ? "" : `<${from.address}>`;
  const detail = subject === undefined ? part : `${part}, ${quoted(subject)}`;
  const find = lineFinder(bytes);
  return {
    label: `${name}${detail}`,
    labelAt: (lines, at) => {
      const line = find(lines, at);
      return line === undefined
        ? `${name}${detail}, line ${at + 1} of its decoded text`
        : `${name}:${first + line}${detail}`;
    },
    leftOut: leftOutOf(email).map((what) => `${name}${detail}: ${what}`),
    isMail: true,
    subject,
    messageId: clean(email.messageId),
    author: clean(from === undefined ? undefined : [from.name, address].filter((part) => part !== "").join(" ")),
    date: clean(email.headers.find(({ key }) => key === "date")?.value),
    readings: [email, unflowed].flatMap((reading) => (reading === undefined ? [] : [bodyOf(reading)])),
    isHtml: email.text === undefined && email.html !== undefined,
  };
};

const clean = (value: string | undefined): string | undefined =>
  value === undefined || value === "" ? undefined : printable(value);

const parse = async (label: string, bytes: Uint8Array): Promise<Email> => {
  try {
    return await PostalMime.parse(bytes);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(
      "unreadable-mail",
      `${label}: not a mail that can be read (${reason})`,
      "save the mail again, as plain text",
    );
  }
};

/**
 * The mail with the claim `format=flowed` taken back, if it makes one: many a mailer claims it and sends the patch
 * as it was.
 */
const asFixed = (bytes: Uint8Array): Uint8Array | undefined => {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  const fixed = text.replace(/;([ \t\r\n]*)format=("?)flowed\2/gi, ";$1format=fixed");
  return fixed === text ? undefined : Buffer.from(fixed, "latin1");
};

type Attachment = Email["attachments"][number];

const textOfAttachment = ({ content }: Attachment): string =>
  typeof content === "string" ? content : decodeText(new Uint8Array(content));

/** The text of a mail with the patches among its attachments. */
const bodyOf = (email: Email): string =>
  [email.text ?? "", ...email.attachments.map(textOfAttachment).filter(holdsDiff)].join("\n");

/** Signs the mail, and is no part of what it says. */
const isSeal = ({ mimeType }: Attachment): boolean =>
  /^application\/(?:pgp-signature|(?:x-)?pkcs7-signature)$/i.test(mimeType);

/** The attachments that hold no patch that can be read. */
const leftOutOf = ({ attachments }: Email): readonly string[] =>
  attachments
    .filter((attachment) => !isSeal(attachment) && !holdsDiff(textOfAttachment(attachment)))
    .map(
      ({ filename, mimeType }) =>
        `the attachment${filename === null || filename === "" ? "" : ` ${quoted(filename)}`} (${printable(mimeType)}) holds no patch, left out`,
    );
