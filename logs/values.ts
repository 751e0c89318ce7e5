import { MAX_ERRNO } from "../abi/errno.ts";
import type { Result } from "../machines/calls.ts";

/** Whether a value is an errno or an error pointer: negative, or the same bits without a sign, in 32 or in 64 of them. */
export const isErrorValue = (text: string): boolean => {
  if (!/^-?(?:0x[0-9a-f]+|\d+)$/i.test(text)) return false;
  if (text.startsWith("-")) return Number(text) >= -MAX_ERRNO;
  const value = BigInt(text);
  return (
    (value >= 2n ** 64n - BigInt(MAX_ERRNO) && value < 2n ** 64n) ||
    (value >= 2n ** 32n - BigInt(MAX_ERRNO) && value < 2n ** 32n)
  );
};

/** Whether a value is zero, or NULL. */
export const isZero = (text: string): boolean => /^(?:0x)?0+$/i.test(text);

/** Whether a call of this kind succeeded; undefined where its value is not known. */
export const succeeded = (result: Result, value: string | undefined): boolean | undefined => {
  if (result === "nothing") return true;
  if (value === undefined) return undefined;
  return !isErrorValue(value) && !(result === "pointer" && isZero(value));
};
