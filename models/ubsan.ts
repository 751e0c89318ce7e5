import { type Address, address } from "../abi/address.ts";
import type { Arguments, Kernel, KernelFunctions } from "./kernel.ts";
import { atomic } from "./kernel.ts";

/**
 * Models what CONFIG_UBSAN makes of undefined behaviour: the functions that the compiler calls where a check fails.
 *
 * Kept:    array indices, shifts, truth values, and code that cannot be reached, which CONFIG_UBSAN_BOUNDS, _SHIFT, _BOOL
 *          and _UNREACHABLE check; signed overflow, which the kernel's -fwrapv defines, and which it reports under
 *          CONFIG_UBSAN_INTEGER_WRAP all the same; execution goes on behind all of them but the last. Misaligned
 *          accesses, and loads of values that no enumeration has, are told by the instrumentation of loads and stores.
 * Dropped: unsigned wrap-around and implicit truncation, of which UBSAN_INTEGER_WRAP excepts most; division by zero, which
 *          traps anyway; values wider than 64 bits; pointer overflow and object sizes, which the kernel does not check.
 * Source:  lib/ubsan.c, lib/Kconfig.ubsan, scripts/Makefile.ubsan.
 */
export type UbsanMisuse =
  | "array-index-out-of-bounds"
  | "shift-out-of-bounds"
  | "invalid-load"
  | "signed-integer-overflow"
  | "unreachable-code"
  | "misaligned-access";

const POINTER = 8;
/** Size of a `struct source_location`: a pointer, a line, a column. */
const LOCATION = 16;

interface CheckedType {
  /** As the compiler writes it, in quotes. */
  readonly name: string;
  readonly isInteger: boolean;
  readonly isSigned: boolean;
  readonly bits: number;
}

/** A `struct type_descriptor`: kind, info, and the name behind. */
const typeAt = (k: Kernel, pointer: number): CheckedType => {
  const at = k.memory.pointer(address(pointer));
  const word = k.memory.u32(at);
  const info = word >>> 16;
  return {
    name: k.memory.string(address(at + 4), 200),
    isInteger: (word & 0xffff) === 0,
    isSigned: (info & 1) === 1,
    bits: 2 ** (info >> 1),
  };
};

/** Type number `index` of those that a check's description names. */
const checkedType = (k: Kernel, description: Address, index: number): CheckedType =>
  typeAt(k, description + LOCATION + index * POINTER);

/** Argument `index`, as a value of the type. */
const shownValue = (call: Arguments, index: number, type: CheckedType): string => {
  if (!type.isInteger) return "?";
  const bits = call.bits(index);
  return String(type.isSigned ? BigInt.asIntN(type.bits, bits) : BigInt.asUintN(type.bits, bits));
};

const report = (k: Kernel, rule: UbsanMisuse, object: string, detail: string, isFatal = false): number => {
  k.report({ rule, function: "", object, detail, isFatal });
  return 0;
};

const overflow = (operator: string, object: string) =>
  atomic({ sleeps: "never", isCheck: true }, (k, call) => {
    const type = checkedType(k, call.address(0), 0);
    const sum = `${shownValue(call, 1, type)} ${operator} ${shownValue(call, 2, type)}`;
    return report(k, "signed-integer-overflow", object, `${sum} cannot be represented in type ${type.name}`);
  });

export const ubsanFunctions: KernelFunctions = {
  __ubsan_handle_out_of_bounds: atomic({ sleeps: "never", isCheck: true }, (k, call) => {
    const description = call.address(0);
    const index = shownValue(call, 1, checkedType(k, description, 1));
    const array = checkedType(k, description, 0).name;
    const detail = `index ${index} is out of range for type ${array}`;
    return report(k, "array-index-out-of-bounds", "an array", detail, true);
  }),
  __ubsan_handle_shift_out_of_bounds: atomic({ sleeps: "never", isCheck: true }, (k, call) => {
    const description = call.address(0);
    const left = checkedType(k, description, 0);
    const distance = shownValue(call, 2, checkedType(k, description, 1));
    const problem = distance.startsWith("-")
      ? `shift exponent ${distance} is negative`
      : Number(distance) >= left.bits
        ? `shift exponent ${distance} is too large for ${left.bits}-bit type ${left.name}`
        : `left shift of ${shownValue(call, 1, left)} by ${distance} places cannot be represented in type ${left.name}`;
    return report(k, "shift-out-of-bounds", "a shift", problem);
  }),
  __ubsan_handle_load_invalid_value: atomic({ sleeps: "never", isCheck: true }, (k, call) => {
    const type = checkedType(k, call.address(0), 0);
    const detail = `load of value ${shownValue(call, 1, { ...type, isSigned: false, bits: 8 })} is not a valid value for type ${type.name}`;
    return report(k, "invalid-load", "a truth value", detail);
  }),
  __ubsan_handle_builtin_unreachable: atomic({ sleeps: "never", isCheck: true }, (k) =>
    report(k, "unreachable-code", "unreachable code", "code runs that the driver says cannot be reached", true),
  ),
  __ubsan_handle_add_overflow: overflow("+", "a sum"),
  __ubsan_handle_sub_overflow: overflow("-", "a difference"),
  __ubsan_handle_mul_overflow: overflow("*", "a product"),
  __ubsan_handle_negate_overflow: atomic({ sleeps: "never", isCheck: true }, (k, call) => {
    const type = checkedType(k, call.address(0), 0);
    const detail = `negation of ${shownValue(call, 1, type)} cannot be represented in type ${type.name}`;
    return report(k, "signed-integer-overflow", "a negation", detail);
  }),
  __ubsan_handle_divrem_overflow: atomic({ sleeps: "never", isCheck: true }, (k, call) => {
    const type = checkedType(k, call.address(0), 0);
    const detail = `division of ${shownValue(call, 1, type)} by ${shownValue(call, 2, type)} cannot be represented in type ${type.name}`;
    return report(k, "signed-integer-overflow", "a division", detail);
  }),
};
