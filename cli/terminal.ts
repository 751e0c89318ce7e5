import pc from "picocolors";
import { VerifyError } from "../verify/error.ts";

/** How to write to the user's terminal. */
export interface Terminal {
  readonly width: number;
  readonly isColour: boolean;
}

/** What standard output can show; `--no-color` and NO_COLOR turn colour off, FORCE_COLOR on. */
export const terminalOf = ({ color }: { readonly color?: boolean }): Terminal => ({
  width: process.stdout.columns ?? 100,
  isColour: color !== false && pc.isColorSupported && (process.stdout.isTTY === true || "FORCE_COLOR" in process.env),
});

const isClosedPipe = (error: Error): boolean => (error as NodeJS.ErrnoException).code === "EPIPE";

const unwritten = (error: Error): VerifyError =>
  new VerifyError(
    "output",
    `cannot write to standard output: ${error.message}`,
    "make room where it goes, or send it elsewhere",
  );

/**
 * Lets a reader that has seen enough (`| head`) go: what it does not read is no error of ours.
 *
 * @param onFailure - told once where standard output takes no more and nobody waits for it, as for the text of --help
 */
export const watchOutput = (onFailure: (error: VerifyError) => void): void => {
  process.stdout.on("error", (error) => {
    if (!isClosedPipe(error) && !isTold) onFailure(unwritten(error));
    isTold = true;
  });
  // There is nowhere left to say that standard error takes no more.
  process.stderr.on("error", () => {});
};

/** Whether somebody knows already that standard output takes no more. */
let isTold = false;

/**
 * Writes all of a text to standard output before going on, also when that is a pipe.
 *
 * @throws VerifyError where it takes no more, save that its reader has gone
 */
export const print = (text: string): Promise<void> =>
  new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => {
      if (error == null || isClosedPipe(error)) return resolve();
      isTold = true;
      reject(unwritten(error));
    });
  });

/** The words that the user typed before the command. */
export const PROGRAM = process.env["npm_command"] === "exec" ? "npx sysram-verify" : "sysram-verify";
