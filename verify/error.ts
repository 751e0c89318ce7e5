import { Refusal } from "../abi/refusal.ts";
import { InputError } from "../driver/patch/subject.ts";

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
export class VerifyError extends Refusal {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, hint: string, options?: ErrorOptions) {
    super(message, hint, options);
    this.code = code;
  }
}

/** The same error, as one that callers can tell apart by its code. */
export const asVerifyError = (error: unknown): VerifyError => {
  if (error instanceof VerifyError) return error;
  if (error instanceof Refusal) {
    const isMissing = error instanceof InputError && error.code === "no-such-file";
    return new VerifyError(isMissing ? "not-found" : "input", error.message, error.hint, { cause: error });
  }
  const message = error instanceof Error ? error.message : String(error);
  return new VerifyError("internal", message, "this is our bug: report it with the command and its input", {
    cause: error,
  });
};
