import { asVerifyError } from "./error.ts";

/** The same command, whose every error is one that callers can tell apart by its code. */
export const guarded =
  <Given extends readonly unknown[], Result>(run: (...given: Given) => Promise<Result>) =>
  async (...given: Given): Promise<Result> => {
    try {
      return await run(...given);
    } catch (error) {
      throw asVerifyError(error);
    }
  };
