import PostalMime, { type Email } from "postal-mime";
import { InputError } from "./input-error.ts";
import { printable, quoted } from "./sanitise.ts";
import { decodeText } from "./text.ts";

/** One mail, or a bare text that came without a mail's header. */
export interface Message {
  /** How an error or a note calls it. */
  readonly label: string;
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
  /^(?:diff --git |@@ -\d|--- \S[^\n]*\n\+\+\+ |GIT binary patch)/m.test(text);

/** Whether a text is a web page. */
export const looksLikeHtml = (text: string): boolean =>
  /^\s*(?:<!--[^>]*-->\s*)?<(?:!doctype|\?xml|html|head|body|pre|meta|title|div)\b/i.test(text.slice(0, 4096));

/** Reads one mail: its transfer encoding, its character set, its parts, and a patch that came as an attachment. */
export const readMail = async (label: string, bytes: Uint8Array): Promise<Message> => {
  const email = await parse(label, bytes);
  const fixed = asFixed(bytes);
  const unflowed = fixed === undefined ? undefined : await parse(label, fixed);
  const subject = email.subject === undefined ? undefined : printable(email.subject.replace(/\s+/g, " "));
  const { from } = email;
  const address = from?.address === undefined || from.address === "" ? "" : `<${from.address}>`;
  return {
    label: subject === undefined ? label : `${label}, ${quoted(subject)}`,
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

/** The text of a mail with the patches among its attachments. */
const bodyOf = (email: Email): string => {
  const attached = email.attachments
    .map(({ content }) => (typeof content === "string" ? content : decodeText(new Uint8Array(content))))
    .filter(holdsDiff);
  return [email.text ?? "", ...attached].join("\n");
};
