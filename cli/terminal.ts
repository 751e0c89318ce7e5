import pc from "picocolors";

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

/** Lets a reader that has seen enough (`| head`) go: what it does not read is no error of ours. */
export const allowClosedPipes = (): void => {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error) => {
      if (!isClosedPipe(error)) throw error;
    });
  }
};

/** Writes all of a text to standard output before going on, also when that is a pipe. */
export const print = (text: string): Promise<void> =>
  new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error == null || isClosedPipe(error) ? resolve() : reject(error)));
  });

/** The words that the user typed before the command. */
export const PROGRAM = process.env["npm_command"] === "exec" ? "npx sysram-verify" : "sysram-verify";
