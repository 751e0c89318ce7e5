import { VerifyError } from "./error.ts";

/** The same command, whose every error is one that callers can tell apart by its code. */
export const guarded =
  <Given extends readonly unknown[], Result>(run: (...given: Given) => Promise<Result>) =>
  async (...given: Given): Promise<Result> => {
    try {
      return await run(...given);
    } catch (error) {
      if (error instanceof VerifyError) throw error;
      const message = error instanceof Error ? error.message : String(error);
      throw new VerifyError("internal", message, "this is our bug: report it with the command and its input", {
        cause: error,
      });
    }
  };
