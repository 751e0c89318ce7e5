import { printable } from "./printable.ts";

/** What went wrong, and what to do about it where we know. */
export interface Complaint {
  /** What, and where. */
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Text of any origin on one line. */
const oneLine = (text: string): string => printable(text.trim().replaceAll(/\s*[\r\n]+\s*/g, " "));

/** The two lines that a failed command leaves on stderr. */
export const renderError = ({ message, hint }: Complaint): string => {
  const advice = hint === undefined || hint.trim() === "" ? "" : `hint: ${oneLine(hint)}\n`;
  return `sysram-verify: ${oneLine(message)}\n${advice}`;
};
