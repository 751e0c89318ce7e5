import type { CallbackShape } from "../../abi/callback-shape.ts";

/**
 * Writes the small pieces of LLVM IR between the driver and the modelled kernel.
 *
 * A call leaves C through one import, `kernel_call(number, arguments)`. The arguments lie in 64-bit slots on the
 * caller's C stack, so that they are part of the suspended task; slot 0 takes the result. A call into C goes the other
 * way through an export `invoke_*` that reads its arguments from such slots. So no 64-bit value ever crosses the
 * border as a BigInt.
 */

/** One parameter or result as LLVM writes it. */
export type IrType = string;

const SLOT = 8;

const load = (name: string, type: IrType, slot: number): string => `
  %p${name} = getelementptr i8, ptr %args, i64 ${slot * SLOT}
  %${name} = load ${type}, ptr %p${name}, align 8`;

const storeArgument = (index: number, type: IrType): string => {
  const place = `  %p${index} = getelementptr i8, ptr %args, i64 ${(index + 1) * SLOT}\n`;
  if (type === "ptr" || type === "i64") return `${place}  store ${type} %a${index}, ptr %p${index}, align 8\n`;
  return `${place}  %w${index} = zext ${type} %a${index} to i64\n  store i64 %w${index}, ptr %p${index}, align 8\n`;
};

/** The body of a kernel function that the driver calls. */
export const kernelStub = (
  name: string,
  number: number,
  result: IrType,
  parameters: readonly IrType[],
  isVariadic: boolean,
): string => {
  const list = [...parameters.map((type, index) => `${type} %a${index}`), ...(isVariadic ? ["..."] : [])].join(", ");
  const slots = parameters.length + 1 + (isVariadic ? 1 : 0);
  const stores = parameters.map((type, index) => storeArgument(index, type)).join("");
  const variadic = isVariadic
    ? `  %list = alloca ptr, align 8
  call void @llvm.va_start.p0(ptr %list)
  %rest = load ptr, ptr %list, align 8
  %prest = getelementptr i8, ptr %args, i64 ${(slots - 1) * SLOT}
  store ptr %rest, ptr %prest, align 8
`
    : "";
  const end =
    result === "void" ? "  ret void" : `  %result = load ${result}, ptr %args, align 8\n  ret ${result} %result`;
  return `define hidden ${result} @${name}(${list}) noinline {
  %args = alloca [${slots} x i64], align 8
${stores}${variadic}  store i64 0, ptr %args, align 8
  %at = ptrtoint ptr %args to i64
  %at32 = trunc i64 %at to i32
  call void @kernel_call(i32 ${number}, i32 %at32)
${end}
}
`;
};

const trampoline = (
  exported: string,
  body: string,
): string => `define void @${exported}(i32 %at32) noinline "wasm-export-name"="${exported}" {
  %at = zext i32 %at32 to i64
  %args = inttoptr i64 %at to ptr${body}
  ret void
}
`;

const callAndStore = (callee: string, result: IrType, parameters: readonly IrType[]): string => {
  const list = parameters.map((type, index) => `${type} %a${index}`).join(", ");
  if (result === "void") return `\n  call void ${callee}(${list})`;
  const value = `\n  %result = call ${result} ${callee}(${list})`;
  if (result === "ptr" || result === "i64") return `${value}\n  store ${result} %result, ptr %args, align 8`;
  return `${value}\n  %wide = sext ${result} %result to i64\n  store i64 %wide, ptr %args, align 8`;
};

/** The export under which a function of the driver is called by name. */
export const functionExport = (name: string): string => `invoke_function_${name}`;

/** The export under which a function pointer of this shape is called. */
export const shapeExport = (shape: CallbackShape): string => `invoke_shape_${shape}`;

/** A way into one function of the driver, by name. */
export const functionTrampoline = (name: string, result: IrType, parameters: readonly IrType[]): string =>
  trampoline(
    functionExport(name),
    parameters.map((type, index) => load(`a${index}`, type, index + 1)).join("") +
      callAndStore(`@${name}`, result, parameters),
  );

const SHAPE_TYPES: Readonly<Record<string, IrType>> = { v: "void", p: "ptr", i: "i32", l: "i64", h: "i16" };

/** A way into any function of the driver that has this shape; slot 1 holds the function's address. */
export const shapeTrampoline = (shape: CallbackShape): string => {
  const [result, parameters] = shape.split("_") as [string, string];
  const types = [...parameters].map((letter) => SHAPE_TYPES[letter]!);
  return trampoline(
    shapeExport(shape),
    load("f", "ptr", 1) +
      types.map((type, index) => load(`a${index}`, type, index + 2)).join("") +
      callAndStore("%f", SHAPE_TYPES[result]!, types),
  );
};
