/**
 * Why a command could not do what it was asked, in words that stay as they are:
 *
 * - `usage`: options that do not go together
 * - `input`: what was named cannot be read, understood or built, or belongs to something else
 * - `not-found`: what was named is not there
 * - `output`: what was to be kept cannot be written
 * - `memory`: the machine has too little of it
 * - `interrupted`: it was told to end before it came to anything
 * - `internal`: a bug of ours
 */
export type ErrorCode = "usage" | "input" | "not-found" | "output" | "memory" | "interrupted" | "internal";

/** A command cannot do what it was asked: what is wrong in one line, and what to do about it. */
export class VerifyError extends Error {
  readonly code: ErrorCode;
  /** What to do about it. */
  readonly hint: string;

  constructor(code: ErrorCode, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "VerifyError";
    this.code = code;
    this.hint = hint;
  }
}
