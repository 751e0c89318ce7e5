import { type Address, address, NULL } from "../abi/address.ts";
import { describeResult, ERRNO, MAX_ERRNO } from "../abi/errno.ts";
import type { Memory } from "../abi/memory.ts";
import { MEMORY_MAP } from "../abi/memory-map.ts";
import { atomic, type Kernel, type KernelFunction, type KernelFunctions } from "./kernel.ts";
import { isUsable } from "./slab.ts";

/**
 * Models formatted output, and the reading of numbers from text.
 *
 * Kept:    all conversions of C with flags, width, precision and length; "(null)" and "(efault)" for strings at such
 *          addresses; snprintf() gives the length that the text would have, scnprintf() what it wrote; a string that
 *          was freed prints what lies there now; kstrto*() takes a sign, a base and one newline, and tells -EINVAL from
 *          -ERANGE.
 * Dropped: what follows %p, so that every pointer prints as a number in hex (except %pe, which prints an errno); the
 *          hashing of pointers; text beyond 4096 characters; floating point, which the kernel has not; sscanf() of
 *          sets of characters.
 * Source:  lib/vsprintf.c, lib/kstrtox.c.
 */

/** How long a text may become. */
const LIMIT = 4096;

const TWO_32 = 2 ** 32;

/** A 64-bit argument in two halves, for a number of 53 bits does not hold every one. */
interface Word {
  readonly low: number;
  /** Signed for a signed conversion. */
  readonly high: number;
}

/**
 * Reads variable arguments as clang lays them out for wasm64: each at its natural alignment, an `int` in four bytes, a
 * `long` or a pointer in eight.
 */
const variableArguments = (memory: Memory, start: Address): VariableArguments => {
  let next: number = start;
  const take = (size: number): Address => {
    const at = Math.ceil(next / size) * size;
    next = at + size;
    return address(at);
  };
  return {
    int: () => memory.i32(take(4)),
    word: () => {
      const at = take(8);
      return { low: memory.u32(at), high: memory.i32(address(at + 4)) };
    },
  };
};

interface VariableArguments {
  int(): number;
  word(): Word;
}

/** One conversion of a format, as it was written. */
interface Conversion {
  readonly isLeft: boolean;
  readonly isZeroPadded: boolean;
  readonly sign: "" | "+" | " ";
  readonly isAlternate: boolean;
  readonly width: number;
  /** -1 where none is given. */
  readonly precision: number;
  readonly length: string;
}

const pad = (text: string, { width, isLeft }: Conversion): string =>
  isLeft ? text.padEnd(width) : text.padStart(width);

/** Digits with sign or prefix, widened by zeros or blanks as the conversion says. */
const padNumber = (prefix: string, digits: string, conversion: Conversion): string => {
  const { precision, width, isZeroPadded, isLeft } = conversion;
  const shown = precision === 0 && digits === "0" ? "" : digits.padStart(Math.max(precision, 0), "0");
  const isFilled = isZeroPadded && !isLeft && precision < 0;
  return pad(prefix + (isFilled ? shown.padStart(width - prefix.length, "0") : shown), conversion);
};

const isSafe = (high: number): boolean => high < 0x20_0000;

const digitsOf = ({ low, high }: Word, base: number): string => {
  const upper = high >>> 0;
  if (isSafe(upper)) return (upper * TWO_32 + low).toString(base);
  return ((BigInt(upper) << 32n) | BigInt(low)).toString(base);
};

const negated = ({ low, high }: Word): Word => ({ low: -low >>> 0, high: (~high + (low === 0 ? 1 : 0)) | 0 });

/** An integer argument, narrowed and widened as its length says. */
const integer = (values: VariableArguments, length: string, isSigned: boolean): Word => {
  if (length === "l" || length === "ll" || length === "L" || length === "z" || length === "j" || length === "t") {
    return values.word();
  }
  const value = values.int();
  const narrow = length === "hh" ? (isSigned ? (value << 24) >> 24 : value & 0xff) : value;
  const short = length === "h" ? (isSigned ? (value << 16) >> 16 : value & 0xffff) : narrow;
  return { low: short >>> 0, high: isSigned && short < 0 ? -1 : 0 };
};

const signed = (value: Word, conversion: Conversion): string => {
  const isNegative = value.high < 0;
  return padNumber(isNegative ? "-" : conversion.sign, digitsOf(isNegative ? negated(value) : value, 10), conversion);
};

const unsigned = (value: Word, base: number, prefix: string, conversion: Conversion): string =>
  padNumber(conversion.isAlternate ? prefix : "", digitsOf(value, base), conversion);

/** A pointer that is none: an error number, which %pe prints by name. */
const errorOf = ({ low, high }: Word): number => (high === -1 && low >= TWO_32 - MAX_ERRNO ? low - TWO_32 : 0);

const textAt = (memory: Memory, word: Word, conversion: Conversion): string => {
  const at = address(word.low);
  const { precision } = conversion;
  const text =
    at === NULL && word.high === 0
      ? "(null)"
      : errorOf(word) !== 0 || (at < MEMORY_MAP.dataStart && word.high === 0)
        ? "(efault)"
        : memory.string(at, precision < 0 ? LIMIT : Math.min(precision, LIMIT));
  return pad(precision < 0 ? text : text.slice(0, precision), conversion);
};

const pointer = (word: Word, suffix: string, conversion: Conversion): string => {
  const error = errorOf(word);
  if (suffix.startsWith("e") && error !== 0) return pad(describeResult(error), conversion);
  return pad(`0x${digitsOf(word, 16)}`, conversion);
};

const CONVERSION = /%([-+ #0]*)(\*|\d+)?(?:\.(\*|\d*))?(hh|h|ll|l|L|z|j|t)?(?:(p)([a-zA-Z0-9]*)|([diuxXocs%n]))/y;

const oneConversion = (memory: Memory, match: RegExpExecArray, values: VariableArguments): string => {
  const [, flags = "", widthText, precisionText, length = "", isPointer, suffix = "", letter = ""] = match;
  const width = widthText === "*" ? values.int() : Number(widthText ?? 0);
  const precision = precisionText === undefined ? -1 : precisionText === "*" ? values.int() : Number(precisionText);
  const conversion: Conversion = {
    isLeft: flags.includes("-") || width < 0,
    isZeroPadded: flags.includes("0"),
    sign: flags.includes("+") ? "+" : flags.includes(" ") ? " " : "",
    isAlternate: flags.includes("#"),
    width: Math.min(Math.abs(width), LIMIT),
    precision: Math.min(precision, LIMIT),
    length,
  };
  if (isPointer !== undefined) return pointer(values.word(), suffix, conversion);
  switch (letter) {
    case "d":
    case "i":
      return signed(integer(values, length, true), conversion);
    case "u":
      return unsigned(integer(values, length, false), 10, "", conversion);
    case "x":
      return unsigned(integer(values, length, false), 16, "0x", conversion);
    case "X":
      return unsigned(integer(values, length, false), 16, "0X", conversion).toUpperCase();
    case "o":
      return unsigned(integer(values, length, false), 8, "0", conversion);
    case "c":
      return pad(String.fromCharCode(values.int() & 0xff), conversion);
    case "s":
      return textAt(memory, values.word(), conversion);
    case "n":
      values.word();
      return "";
    default:
      return "%";
  }
};

/**
 * The text that a printf-like function makes of a format and its variable arguments.
 *
 * @param varargs - where the variable arguments lie: what clang passes for `...`, and what a `va_list` holds
 */
export const format = (memory: Memory, text: string, varargs: Address): string => {
  const values = variableArguments(memory, varargs);
  let out = "";
  let at = 0;
  while (at < text.length && out.length < LIMIT) {
    const percent = text.indexOf("%", at);
    if (percent === -1) {
      out += text.slice(at);
      break;
    }
    out += text.slice(at, percent);
    CONVERSION.lastIndex = percent;
    const match = CONVERSION.exec(text);
    out += match === null ? "%" : oneConversion(memory, match, values);
    at = match === null ? percent + 1 : CONVERSION.lastIndex;
  }
  return out.length > LIMIT ? out.slice(0, LIMIT) : out;
};

/** Writes `text` as snprintf() does, cut to `size` with its NUL; gives how many characters lie in the buffer. */
export const print = (k: Kernel, buffer: Address, size: number, text: string, name: string): number => {
  if (size <= 0) return 0;
  const shown = text.length < size ? text : text.slice(0, size - 1);
  if (!isUsable(k, buffer, shown.length + 1, name, "the buffer for the text")) return 0;
  k.memory.setString(buffer, shown);
  return shown.length;
};

/** What kstrto*() writes: how wide it is, and which numbers fit. */
interface Target {
  readonly bytes: 1 | 2 | 4 | 8;
  readonly isSigned: boolean;
}

const DIGITS: Readonly<Record<number, RegExp>> = { 8: /^[0-7]+\n?$/, 10: /^[0-9]+\n?$/, 16: /^[0-9a-f]+\n?$/i };

/** The number in `text`, or undefined where it is none (lib/kstrtox.c `_kstrtoull`). */
const parse = (text: string, base: number): bigint | undefined => {
  const isHex = /^0x[0-9a-f]/i.test(text);
  const found = base !== 0 ? base : isHex ? 16 : text.startsWith("0") ? 8 : 10;
  const digits = isHex && found === 16 ? text.slice(2) : text;
  if (DIGITS[found]?.test(digits) !== true) return undefined;
  return BigInt(`${found === 16 ? "0x" : found === 8 ? "0o" : ""}${digits.trimEnd()}`);
};

const writeNumber = (k: Kernel, at: Address, value: bigint, bytes: number): void => {
  for (let index = 0; index < bytes; index += 1) {
    k.memory.setU8(address(at + index), Number((value >> BigInt(8 * index)) & 0xffn));
  }
};

const numberFrom = (name: string, { bytes, isSigned }: Target): KernelFunction =>
  atomic({ sleeps: "never" }, (k, call) => {
    const text = call.string(0);
    const sign = /^[-+]/.exec(text)?.[0] ?? "";
    if (sign === "-" && !isSigned) return -ERRNO.EINVAL;
    const magnitude = parse(text.slice(sign.length), call.u32(1));
    if (magnitude === undefined) return -ERRNO.EINVAL;
    const value = sign === "-" ? -magnitude : magnitude;
    const bits = BigInt(8 * bytes);
    if (value !== (isSigned ? BigInt.asIntN(Number(bits), value) : BigInt.asUintN(Number(bits), value))) {
      return -ERRNO.ERANGE;
    }
    if (!isUsable(k, call.address(2), bytes, name, "the result")) return -ERRNO.EINVAL;
    writeNumber(k, call.address(2), BigInt.asUintN(64, value), bytes);
    return 0;
  });

const TRUE_WORDS = /^(?:[yYtTeE1]|[oO][nN])/;
const FALSE_WORDS = /^(?:[nNfFdD0]|[oO][fF])/;

const truthFrom = atomic({ sleeps: "never" }, (k, call) => {
  const text = call.address(0) === NULL ? "" : call.string(0);
  const isTrue = TRUE_WORDS.test(text);
  if (!isTrue && !FALSE_WORDS.test(text)) return -ERRNO.EINVAL;
  if (isUsable(k, call.address(1), 1, "kstrtobool", "the result")) k.memory.setU8(call.address(1), isTrue ? 1 : 0);
  return 0;
});

/** One conversion of sscanf(), or white space, or any other character. */
const SCAN = /%(\*?)(\d*)(hh|h|ll|l|L|z|j|t)?([diuxXoscn%])|(\s+)|([\s\S])/y;

/** What the digits of a conversion may look like. */
const SCANNED: Readonly<Record<string, RegExp>> = {
  d: /^[-+]?\d+/,
  u: /^\d+/,
  x: /^(?:0[xX](?=[0-9a-fA-F]))?[0-9a-fA-F]+/,
  X: /^(?:0[xX](?=[0-9a-fA-F]))?[0-9a-fA-F]+/,
  o: /^[0-7]+/,
  i: /^[-+]?(?:0[xX][0-9a-fA-F]+|\d+)/,
};

const BASES: Readonly<Record<string, number>> = { d: 10, u: 10, x: 16, X: 16, o: 8, i: 0 };

const bytesOf = (length: string): number => (length === "hh" ? 1 : length === "h" ? 2 : length === "" ? 4 : 8);

const scannedNumber = (digits: string, letter: string): bigint => {
  const magnitude = parse(digits.replace(/^[-+]/, ""), BASES[letter]!) ?? 0n;
  return digits.startsWith("-") ? -magnitude : magnitude;
};

/** Reads as much of a text as fits the format; gives how many values it stored. */
const scan = (k: Kernel, text: string, pattern: string, varargs: Address): number => {
  const values = variableArguments(k.memory, varargs);
  let at = 0;
  let stored = 0;
  for (SCAN.lastIndex = 0; SCAN.lastIndex < pattern.length; ) {
    const [, skips = "", width = "", length = "", letter, blank, literal] = SCAN.exec(pattern)!;
    const isBlankFirst = blank !== undefined || (letter !== undefined && letter !== "c" && letter !== "n");
    if (isBlankFirst) at += /^\s*/.exec(text.slice(at))![0].length;
    if (blank !== undefined) continue;
    if (letter === undefined || letter === "%") {
      if (text[at] !== (literal ?? "%")) return stored;
      at += 1;
      continue;
    }
    if (letter === "n") {
      writeNumber(k, address(values.word().low), BigInt(at), 4);
      continue;
    }
    const rest = text.slice(at, width === "" ? undefined : at + Number(width));
    const found = letter === "c" ? rest.slice(0, Number(width || 1)) : (SCANNED[letter] ?? /^\S+/).exec(rest)?.[0];
    if (found === undefined || found === "") return stored;
    at += found.length;
    if (skips !== "") continue;
    const target = address(values.word().low);
    const isText = letter === "s" || letter === "c";
    const size = letter === "s" ? found.length + 1 : letter === "c" ? found.length : bytesOf(length);
    if (!isUsable(k, target, size, "sscanf", "the place for a value")) return stored;
    if (letter === "s") k.memory.setString(target, found);
    else if (isText)
      for (const [index, each] of [...found].entries()) k.memory.setU8(address(target + index), each.charCodeAt(0));
    else writeNumber(k, target, BigInt.asUintN(64, scannedNumber(found, letter)), size);
    stored += 1;
  }
  return stored;
};

export const formatFunctions: KernelFunctions = {
  sprintf: atomic({ sleeps: "never", fails: "never" }, (k, call) => {
    const text = call.formatted(1);
    return print(k, call.address(0), text.length + 1, text, "sprintf");
  }),
  snprintf: atomic({ sleeps: "never", fails: "never" }, (k, call) => {
    const text = call.formatted(2);
    print(k, call.address(0), call.u64(1), text, "snprintf");
    return text.length;
  }),
  scnprintf: atomic({ sleeps: "never", fails: "never" }, (k, call) =>
    print(k, call.address(0), call.u64(1), call.formatted(2), "scnprintf"),
  ),
  sscanf: atomic({ sleeps: "never", fails: "never" }, (k, call) =>
    scan(k, call.string(0), call.string(1), call.address(2)),
  ),
  kstrtoull: numberFrom("kstrtoull", { bytes: 8, isSigned: false }),
  kstrtoll: numberFrom("kstrtoll", { bytes: 8, isSigned: true }),
  kstrtoul: numberFrom("kstrtoul", { bytes: 8, isSigned: false }),
  kstrtol: numberFrom("kstrtol", { bytes: 8, isSigned: true }),
  kstrtouint: numberFrom("kstrtouint", { bytes: 4, isSigned: false }),
  kstrtoint: numberFrom("kstrtoint", { bytes: 4, isSigned: true }),
  kstrtou16: numberFrom("kstrtou16", { bytes: 2, isSigned: false }),
  kstrtos16: numberFrom("kstrtos16", { bytes: 2, isSigned: true }),
  kstrtou8: numberFrom("kstrtou8", { bytes: 1, isSigned: false }),
  kstrtos8: numberFrom("kstrtos8", { bytes: 1, isSigned: true }),
  kstrtobool: truthFrom,
};
