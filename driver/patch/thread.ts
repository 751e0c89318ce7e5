import { readPreamble } from "./archive-page.ts";
import { checkSize, inflated } from "./bytes.ts";
import { type Diff, readDiff } from "./diff.ts";
import { findEntries } from "./entry.ts";
import { InputError, saveRawMail } from "./input-error.ts";
import { holdsDiff, looksLikeHtml, looksLikeMail, type Message, type Name, readMail } from "./mail.ts";
import { splitMbox } from "./mbox.ts";
import { printable } from "./sanitise.ts";
import { type Place, placeOf } from "./series.ts";
import { decodeText, linesOf } from "./text.ts";

/** One input as the user gave it. */
export interface Input {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** No thread on the lists has more mails. */
const mostMails = 5000;

/** The mails in an input, or the one text that it is. */
export const messagesOf = async ({ name, bytes: packed }: Input): Promise<readonly Message[]> => {
  checkSize(name, packed);
  const bytes = inflated(name, packed);
  const isWide = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  const parts = isWide ? [{ bytes, first: 1 }] : splitMbox(bytes);
  if (parts.length > mostMails) {
    throw new InputError("too-large", `${name}: ${parts.length} mails`, "give only the patches that add the driver");
  }
  const isMbox = parts.length > 1;
  const messages: Message[] = [];
  for (const [at, part] of parts.entries()) {
    const called: Name = { name: printable(name), part: isMbox ? `, mail ${at + 1}` : "", first: part.first };
    messages.push(looksLikeMail(part.bytes) ? await readMail(called, part.bytes) : bareText(called, part.bytes));
  }
  return messages;
};

const bareText = ({ name, part, first }: Name, bytes: Uint8Array): Message => {
  const label = `${name}${part}`;
  const text = decodeText(bytes);
  if (looksLikeHtml(text)) throw new InputError("html-page", `${label}: a web page, not a mail or a diff`, saveRawMail);
  if (!/\S/.test(text))
    throw new InputError("empty-file", `${label}: empty`, "give a mail, an mbox or the output of `git diff`");
  return {
    label,
    labelAt: (_, at) => `${name}:${first + at}${part}`,
    leftOut: [],
    isMail: false,
    messageId: undefined,
    ...readPreamble(linesOf(text.slice(0, 20_000))),
    readings: [text],
    isHtml: false,
  };
};

/** A message that holds a patch. */
export interface Patch {
  readonly label: string;
  readonly place: Place;
  readonly message: Message;
  readonly lines: readonly string[];
  readonly diff: Diff;
}

/** Takes the patches from among covers, replies and other mails of a thread. */
export const patchesAmong = (
  messages: readonly Message[],
): { readonly patches: readonly Patch[]; readonly notes: readonly string[] } => {
  const placed = messages.map((message) => ({ message, place: placeOf(message.subject) }));
  const holds = ({ message }: { readonly message: Message }): boolean => message.readings.some(holdsDiff);
  const covers = placed.filter(({ place }) => !place.isReply && place.number === 0);
  const replies = placed.filter(({ place }) => place.isReply);
  const posted = placed.filter(({ place }) => !place.isReply && place.number !== 0);
  // A mail given on its own may be a patch sent as an answer.
  const taken = posted.some(holds) ? posted : [...posted, ...replies];
  const patches = taken
    .filter((one) => holds(one) || (one.place.number !== undefined && !one.place.isReply))
    .map(readPatch);
  if (patches.length === 0) throw withoutPatch(messages);

  const skipped = taken === posted ? replies.length : 0;
  const used = new Set(patches.map(({ message }) => message));
  const others = taken.filter(({ message }) => !used.has(message));
  const mended = patches.filter(({ diff }) => diff.isMended);
  return {
    patches,
    notes: [
      ...covers.map(({ message }) => `${message.label}: a cover letter, skipped`),
      ...others.map(({ message }) => `${message.label}: no patch in it, skipped`),
      ...(skipped > 0 ? [`${skipped === 1 ? "1 reply" : `${skipped} replies`} in the thread skipped`] : []),
      ...mended.map(
        ({ label }) =>
          `${label}: a copy from an archive's web page, which has lost its white space; the C is the same apart from that`,
      ),
      ...patches.flatMap(({ message, diff }) => [...message.leftOut, ...diff.notes]),
    ],
  };
};

const withoutPatch = (messages: readonly Message[]): InputError => {
  const [first] = messages;
  const label = messages.length === 1 ? (first?.label ?? "") : `${first?.label ?? ""} and ${messages.length - 1} more`;
  if (messages.some(({ isHtml }) => isHtml))
    return new InputError("html-mail", `${label}: only an HTML body, no patch in it`, saveRawMail);
  if (messages.some(({ isMail }) => isMail)) {
    return new InputError(
      "no-patch-in-mail",
      `${label}: a mail without a patch`,
      "give the mail that carries the diff, not its cover letter or a reply",
    );
  }
  const text = first?.readings[0] ?? "";
  return /\.[ch]$/.test(label) || findEntries(text).length > 0
    ? new InputError("not-a-patch", `${label}: C, not a patch`, "give a C file with --source")
    : new InputError("not-a-patch", `${label}: no diff in it`, "give a mail, an mbox or the output of `git diff`");
};

/** Reads a message as whichever of its readings comes out unharmed, else as one that can be mended. */
const readPatch = ({ message, place }: { readonly message: Message; readonly place: Place }): Patch => {
  const { label } = message;
  let mended: Patch | undefined;
  let refused: unknown;
  for (const reading of message.readings.filter(holdsDiff)) {
    const lines = linesOf(reading);
    try {
      const patch: Patch = { label, place, message, lines, diff: readDiff((at) => message.labelAt(lines, at), lines) };
      if (!patch.diff.isMended) return patch;
      mended ??= patch;
    } catch (error) {
      refused ??= error;
    }
  }
  if (mended !== undefined) return mended;
  throw refused ?? withoutPatch([message]);
};
