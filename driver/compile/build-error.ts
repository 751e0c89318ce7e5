/** A driver that cannot be built: the place in the subject, what is wrong there, and what to do. */
export class BuildError extends Error {
  readonly code: "does-not-compile" | "not-modelled" | "no-stand-in" | "does-not-link";
  readonly hint: string;

  constructor(code: BuildError["code"], message: string, hint: string) {
    super(message);
    this.name = "BuildError";
    this.code = code;
    this.hint = hint;
  }
}
