import { describe, expect, it } from "vitest";
import { type Address, address } from "../../abi/address.ts";
import { ERRNO } from "../../abi/errno.ts";
import { format } from "../../models/format.ts";
import { c, coreKernel, rules } from "./core-kernel.ts";
import type { FakeKernel } from "./fake-kernel.ts";

/** One variable argument as clang passes it: an `int` in four bytes, anything else in eight. */
type Value = { readonly int: number } | { readonly long: bigint } | { readonly text: string };

const int = (value: number): Value => ({ int: value });
const long = (value: bigint): Value => ({ long: value });

/** Lays values out as clang does for wasm64: each at its natural alignment. */
const varargs = (k: FakeKernel, values: readonly Value[]): Address => {
  const start = k.variable(values.length * 8 + 8);
  let next: number = start;
  for (const value of values) {
    if ("int" in value) {
      k.memory.setU32(address(next), value.int);
      next += 4;
      continue;
    }
    next = Math.ceil(next / 8) * 8;
    const word = "text" in value ? BigInt(k.text(value.text)) : BigInt.asUintN(64, value.long);
    k.memory.setU32(address(next), Number(word & 0xffff_ffffn));
    k.memory.setU32(address(next + 4), Number(word >> 32n));
    next += 8;
  }
  return start;
};

const printed = (text: string, ...values: readonly Value[]): string => {
  const k = coreKernel();
  return format(k.memory, text, varargs(k, values));
};

describe("format", () => {
  it.each<[string, string, readonly Value[]]>([
    ["plain text", "plain text", []],
    ["sysram_region%d", "sysram_region7", [int(7)]],
    ["%d %i %u", "-1 -2 4294967295", [int(-1), int(-2), int(-1)]],
    ["%x %X %#x %#X %o %#o", "ff FF 0xff 0XFF 17 017", [int(255), int(255), int(255), int(255), int(15), int(15)]],
    ["[%5d|%-5d|%05d|%+d|% d]", "[   42|42   |00042|+42| 42]", [int(42), int(42), int(42), int(42), int(42)]],
    ["[%8.3d|%-8.3x|%08.3d]", "[     042|02a     |     042]", [int(42), int(42), int(42)]],
    ["[%05d|%#06x]", "[-0042|0x002a]", [int(-42), int(42)]],
    ["[%.0d]", "[]", [int(0)]],
    ["%hhd %hhu %hd %hu", "-1 255 -1 65535", [int(255), int(-1), int(65535), int(-1)]],
    ["%ld %lu", "-5 18446744073709551611", [long(-5n), long(-5n)]],
    ["%lld", "-9223372036854775808", [long(-(2n ** 63n))]],
    ["%llx %#llx", "ffffffffffffffff 0x123456789abcdef0", [long(-1n), long(0x1234_5678_9abc_def0n)]],
    ["%zu %jd %td", "4096 -1 8", [long(4096n), long(-1n), long(8n)]],
    ["%c%c", "ok", [int(0x6f), int(0x6b)]],
    [
      "[%s|%6s|%-6s|%.2s]",
      "[abc|   abc|abc   |ab]",
      [{ text: "abc" }, { text: "abc" }, { text: "abc" }, { text: "abc" }],
    ],
    ["[%*d|%-*d|%.*s]", "[   7|7   |ab]", [int(4), int(7), int(4), int(7), int(2), { text: "abcd" }]],
    ["[%*d]", "[7   ]", [int(-4), int(7)]],
    ["100%% of %", "100% of %", []],
    ["%k", "%k", []],
    ["%p %pR %pfn.", "0x1000 0x2000 0x3000.", [long(0x1000n), long(0x2000n), long(0x3000n)]],
    ["%pe %pe", "-ENOMEM 0x1000", [long(-12n), long(0x1000n)]],
    ["%s %s", "(null) (efault)", [long(0n), long(-12n)]],
    ["%d %ld %d", "1 2 3", [int(1), long(2n), int(3)]],
  ])("prints %j as %j", (text, expected, values) => {
    expect(printed(text, ...values)).toBe(expected);
  });

  it("reads two ints from one word, as clang packs them", () => {
    const k = coreKernel();
    const at = k.variable(8);
    k.memory.setU32(at, 1);
    k.memory.setU32(address(at + 4), 2);
    expect(format(k.memory, "%d %d", at)).toBe("1 2");
  });

  it("stops after 4096 characters", () => {
    expect(printed("%s%s", { text: "a".repeat(4000) }, { text: "b".repeat(4000) })).toHaveLength(4096);
    expect(printed("%9999d", int(1))).toHaveLength(4096);
  });
});

describe("printing into a buffer", () => {
  it("cuts the text and tells how long it would have been, or how long it is", () => {
    const k = coreKernel();
    const buffer = c(k, "kzalloc", 8, 0);
    expect(c(k, "snprintf", buffer, 8, "sysram_region0")).toBe(14);
    expect(k.memory.string(buffer)).toBe("sysram_");
    expect(c(k, "scnprintf", buffer, 8, "sysram_region0")).toBe(7);
    expect(c(k, "scnprintf", buffer, 0, "sysram_region0")).toBe(0);
    expect(c(k, "sprintf", buffer, "short")).toBe(5);
    expect(k.memory.string(buffer)).toBe("short");
    expect(rules(k)).toEqual([]);
  });

  it("records a buffer that is too small for what is written", () => {
    const k = coreKernel();
    expect(c(k, "sprintf", c(k, "kzalloc", 8, 0), "sysram_region0")).toBe(0);
    expect(rules(k)).toEqual(["out-of-bounds"]);
  });
});

describe("sscanf()", () => {
  const scanned = (text: string, pattern: string, count: number): readonly [number, ...number[]] => {
    const k = coreKernel();
    const targets = Array.from({ length: count }, () => k.variable(8));
    const at = varargs(
      k,
      targets.map((target) => long(BigInt(target))),
    );
    return [c(k, "sscanf", text, pattern, at), ...targets.map((target) => k.memory.i32(target))];
  };

  it.each<[string, string, readonly number[]]>([
    ["42", "%d", [1, 42]],
    [" -42,0x1f 7", "%d,%i %u", [3, -42, 31, 7]],
    ["1f 17", "%x %o", [2, 31, 15]],
    ["0x1f", "%X", [1, 31]],
    ["node12", "node%d", [1, 12]],
    ["node", "node%d", [0, 0]],
    ["other", "node%d", [0, 0]],
    ["1234", "%2d%d", [2, 12, 34]],
    ["5 6", "%*d %d", [1, 6]],
    ["100%x", "%d%%%c", [2, 100, 0x78]],
    ["77", "%hhd%n", [1, 77, 2]],
    ["-1", "%u", [0, 0]],
  ])("reads %j by %j", (text, pattern, results) => {
    expect(scanned(text, pattern, results.length - 1)).toEqual(results);
  });

  it("stores words with a NUL, and longs in eight bytes", () => {
    const k = coreKernel();
    const [word, number] = [k.variable(16), k.variable(8)];
    const at = varargs(k, [long(BigInt(word)), long(BigInt(number))]);
    expect(c(k, "sscanf", "online -1", "%s %ld", at)).toBe(2);
    expect([k.memory.string(word), k.memory.u32(address(number + 4))]).toEqual(["online", 0xffff_ffff]);
  });

  it("records a place that is too small", () => {
    const k = coreKernel();
    const at = varargs(k, [long(BigInt(c(k, "kzalloc", 4, 0)))]);
    expect(c(k, "sscanf", "offline", "%s", at)).toBe(0);
    expect(rules(k)).toEqual(["out-of-bounds"]);
  });
});

describe("numbers from text", () => {
  it.each<[string, string, number, number, number]>([
    ["kstrtoint", "42\n", 10, 0, 42],
    ["kstrtoint", "-42", 10, 0, -42],
    ["kstrtoint", "+7", 0, 0, 7],
    ["kstrtoint", "0x1f", 0, 0, 31],
    ["kstrtoint", "0x1f", 16, 0, 31],
    ["kstrtoint", "1F", 16, 0, 31],
    ["kstrtoint", "017", 0, 0, 15],
    ["kstrtoint", "2147483648", 10, -ERRNO.ERANGE, 0],
    ["kstrtoint", "-2147483649", 10, -ERRNO.ERANGE, 0],
    ["kstrtouint", "4294967296", 10, -ERRNO.ERANGE, 0],
    ["kstrtouint", "-1", 10, -ERRNO.EINVAL, 0],
    ["kstrtoint", "", 10, -ERRNO.EINVAL, 0],
    ["kstrtoint", "4 2", 10, -ERRNO.EINVAL, 0],
    ["kstrtoint", "42\n\n", 10, -ERRNO.EINVAL, 0],
    ["kstrtoint", "0x", 0, -ERRNO.EINVAL, 0],
    ["kstrtoint", "8", 8, -ERRNO.EINVAL, 0],
  ])("%s(%j, base %i) gives %i", (name, text, base, result, value) => {
    const k = coreKernel();
    const at = k.variable(8);
    expect(c(k, name, text, base, at)).toBe(result);
    expect(k.memory.i32(at)).toBe(value);
  });

  it("writes as many bytes as the type has", () => {
    const k = coreKernel();
    const at = k.variable(8);
    for (const [name, text, bytes] of [
      ["kstrtou8", "255", 1],
      ["kstrtos8", "-1", 1],
      ["kstrtou16", "65535", 2],
      ["kstrtos16", "-1", 2],
      ["kstrtoul", "18446744073709551615", 8],
      ["kstrtoull", "18446744073709551615", 8],
      ["kstrtol", "-1", 8],
      ["kstrtoll", "-1", 8],
    ] as const) {
      k.memory.fill(at, 8, 0);
      expect(c(k, name, text, 10, at)).toBe(0);
      expect(Array.from({ length: 8 }, (_, index) => k.memory.u8(address(at + index)))).toEqual(
        Array.from({ length: 8 }, (_, index) => (index < bytes ? 255 : 0)),
      );
    }
  });

  it.each([
    ["y", 1],
    ["1\n", 1],
    ["on", 1],
    ["True", 1],
    ["enabled", 1],
    ["disabled", 0],
    ["no", 0],
    ["0", 0],
    ["off", 0],
    ["of", 0],
  ])("takes %j for the truth value %i", (text, value) => {
    const k = coreKernel();
    const at = k.variable(8);
    k.memory.setU8(at, 7);
    expect(c(k, "kstrtobool", k.text(text), at)).toBe(0);
    expect(k.memory.u8(at)).toBe(value);
  });

  it("takes other words, and NULL, for no truth value", () => {
    const k = coreKernel();
    expect(c(k, "kstrtobool", k.text("maybe"), k.variable(8))).toBe(-ERRNO.EINVAL);
    expect(c(k, "kstrtobool", k.text("ox"), k.variable(8))).toBe(-ERRNO.EINVAL);
    expect(c(k, "kstrtobool", 0, k.variable(8))).toBe(-ERRNO.EINVAL);
  });
});
