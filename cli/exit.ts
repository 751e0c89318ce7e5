/** What the process tells its caller. */
export const EXIT = {
  clean: 0,
  violated: 1,
  usage: 2,
  notAllHolds: 3,
  missing: 4,
  ourBug: 70,
  interrupted: 130,
} as const;

/** The command cannot do what was asked: one line, a hint, and the exit code for that. */
export class CommandError extends Error {
  readonly hint: string;
  readonly exitCode: number;

  constructor(message: string, hint: string, exitCode: number = EXIT.usage) {
    super(message);
    this.name = "CommandError";
    this.hint = hint;
    this.exitCode = exitCode;
  }
}
