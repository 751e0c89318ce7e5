import { Refusal } from "../../abi/refusal.ts";

/** A driver that cannot be built: the place in the subject, what is wrong there, and what to do. */
export class BuildError extends Refusal {
  readonly code: "does-not-compile" | "not-modelled" | "no-stand-in" | "does-not-link";

  constructor(code: BuildError["code"], message: string, hint: string) {
    super(message, hint);
    this.code = code;
  }
}
