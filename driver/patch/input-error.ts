import { Refusal } from "../../abi/refusal.ts";
import { printable } from "./sanitise.ts";

/** Why an input was refused; scripts may rely on these words. */
export type InputErrorCode =
  | "no-input"
  | "no-such-file"
  | "is-a-directory"
  | "not-a-directory"
  | "unreadable-file"
  | "empty-file"
  | "too-large"
  | "html-page"
  | "html-mail"
  | "unreadable-mail"
  | "no-patch-in-mail"
  | "not-a-patch"
  | "truncated-hunk"
  | "hunk-count-mismatch"
  | "malformed-diff"
  | "binary-patch"
  | "does-not-apply"
  | "series-gap"
  | "series-duplicate"
  | "series-mixed"
  | "no-driver"
  | "partial-driver"
  | "ambiguous-driver"
  | "not-a-kernel-tree";

/**
 * The user's input is refused: what is wrong and where in `message`, what to do in `hint`.
 *
 * Both are one line, and safe to print: an input is untrusted, and a message quotes it.
 */
export class InputError extends Refusal {
  readonly code: InputErrorCode;

  constructor(code: InputErrorCode, message: string, hint: string) {
    super(printable(message), printable(hint));
    this.code = code;
  }
}

/** What helps against every kind of damage on the way from the mail to here. */
export const saveRawMail =
  "save the mail itself: on lore.kernel.org the 'raw' link of the message, or `b4 mbox MESSAGE-ID`";
