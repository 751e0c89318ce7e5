/** Runs a search that Ctrl-C ends early, with all that it has by then. */
export const interruptible = async <T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const interrupt = new AbortController();
  const onInterrupt = (): void => interrupt.abort();
  process.once("SIGINT", onInterrupt);
  try {
    return await run(interrupt.signal);
  } finally {
    process.off("SIGINT", onInterrupt);
  }
};
