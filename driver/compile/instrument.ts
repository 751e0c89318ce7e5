import { CALLBACK_SHAPES } from "../../abi/callback-shape.ts";
import { type DebugInfo, readDebugInfo, type SourceLocation } from "./debug-info.ts";
import type { Unmodelled } from "./diagnostics.ts";
import type { Access, BasicBlock, CallSite, DriverFacts, DriverFunction, EnumLoad } from "./image.ts";
import { type Gathered, instrumentFunction, isIntrinsic } from "./instrument-function.ts";
import { bracketed, debugId, NAME, splitList } from "./ir-text.ts";
import { functionTrampoline, type IrType, kernelStub, shapeTrampoline } from "./stubs.ts";
import { separateVariables } from "./variables.ts";

/**
 * Rewrites the LLVM IR that clang makes of the driver, so that the driver runs in the modelled kernel.
 *
 * Every function that the driver declares and does not define becomes a call of the kernel. Every call notes where it
 * stands, in a chain of frames on the C stack from which a backtrace is read; every function reports how deep the
 * stack is, and every basic block that it runs, so that endless recursion and endless loops end, with their line. Every
 * load and store reports itself before it happens. Nothing of the C changes, and the compiler optimises only after this.
 */
export interface Instrumented extends Omit<DriverFacts, "suspendsAtAccesses" | "kernelVariables"> {
  readonly ir: string;
  /** What the driver uses and the models lack. */
  readonly unmodelled: readonly Unmodelled[];
}

/** What the modelled kernel offers to a driver. */
export interface KernelOffer {
  readonly functions: ReadonlySet<string>;
  readonly data: ReadonlySet<string>;
}

interface Signature {
  readonly name: string;
  /** Number of the debug information of its prototype. */
  readonly debug: number | undefined;
  readonly result: IrType;
  readonly parameters: readonly IrType[];
  readonly isVariadic: boolean;
}

/** The prototype in a `define` or `declare` line. */
const signatureOf = (line: string): Signature => {
  const match = new RegExp(`^(.*?) ?@(${NAME})\\(`).exec(line)!;
  const before = match[1]!;
  // The result type is the last word before the name; all others are attributes.
  const result = /(%[-\w$.]+|\S+)$/.exec(before)![1]!;
  const list = splitList(bracketed(line, match[0].length - 1));
  const isVariadic = list.at(-1) === "...";
  const parameters = (isVariadic ? list.slice(0, -1) : list).map((parameter) => parameter.split(" ")[0]!);
  return { name: match[2]!, debug: debugId(line), result, parameters, isVariadic };
};

/** The imports that report loads and stores: see driver/run/driver.ts. */
export const ACCESS_IMPORTS = ["access", "access_range", "access_copy"] as const;

/** What an import does that only looks. */
const LOOKS = "memory(read, inaccessiblemem: readwrite)";

/** @param accesses - what the reports of loads and stores may do: where a task is suspended in one, others write to memory */
const runtime = (accesses: string): string => `
@sv_frame = global i32 0, align 4
declare void @kernel_call(i32, i32)
declare void @block_enter(i32) ${LOOKS}
declare void @frame_enter(i32) ${LOOKS}
declare void @access(i32, i32) ${accesses}
declare void @access_range(i32, i32, i32) ${accesses}
declare void @access_copy(i32, i32, i32, i32) ${accesses}
declare void @enum_load(i32, i32) ${LOOKS}
`;

/** What is done about loads and stores. */
export interface Reporting {
  /** False to leave out their reports, to measure what they cost. */
  readonly reportsAccesses: boolean;
  /** Whether a task can be suspended in such a report. */
  readonly suspendsAtAccesses: boolean;
}

/** Instruments the IR of one driver. */
export const instrument = (
  ir: string,
  kernel: KernelOffer,
  { reportsAccesses, suspendsAtAccesses }: Reporting,
): Instrumented => {
  const lines = ir.split("\n");
  const debug = readDebugInfo(lines.filter((line) => line.startsWith("!")));
  const out: string[] = [];
  const sites: CallSite[] = [{ file: "", line: 0, column: 0, function: "", callee: "" }];
  const structures = debug.structures();
  const functions: DriverFunction[] = [];
  const functionPointers: CallSite[] = [];
  const defined: string[] = [];
  const trampolines: string[] = [];
  const declared: Signature[] = [];
  const firstUse = new Map<string, CallSite>();
  const variables: string[] = [];
  const unmodelled: Unmodelled[] = [];
  const gathered: Gathered = { sites, blocks: [], branches: [], accesses: [], enumLoads: [], firstUse, unmodelled };

  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at]!;
    if (line.startsWith("define ")) {
      const end = lines.indexOf("}", at);
      instrumentFunction(lines.slice(at, end), { debug, structures, reportsAccesses }, gathered, out);
      out.push("}");
      at = end;
      const own = ownFunction(line, debug);
      if (own !== undefined) {
        functionPointers.push(own);
        defined.push(signatureOf(line).name);
      }
      const prototype = publicFunction(line, debug);
      if (prototype !== undefined) {
        functions.push(prototype.function);
        if (prototype.isCallable) trampolines.push(prototype.trampoline);
      }
    } else if (line.startsWith("declare ")) {
      const signature = signatureOf(line);
      if (isIntrinsic(signature.name)) out.push(line);
      else declared.push(signature);
    } else {
      if (/^@\S+ = external /.test(line)) variables.push(line.slice(1, line.indexOf(" ")));
      if (line.startsWith("module asm ")) unmodelled.push({ kind: "assembly", name: "", file: "", line: 0 });
      out.push(line);
    }
  }

  // Behind the calls, whose numbers are in the code by now.
  const siteNumbers = new Map<string, number>();
  const siteOf = ({ file, line, column, function: name }: Omit<CallSite, "callee">): number => {
    const key = `${file}:${line}:${column}:${name}`;
    let known = siteNumbers.get(key);
    if (known === undefined) {
      known = sites.push({ file, line, column, function: name, callee: "" }) - 1;
      siteNumbers.set(key, known);
    }
    return known;
  };
  const located = gathered.blocks.map((block): BasicBlock => {
    const [line] = block.lines;
    return { ...block, site: line === undefined ? 0 : siteOf({ ...block, line, column: 0 }) };
  });
  const accesses = gathered.accesses.map(({ place, ...access }): Access => ({ site: siteOf(place), ...access }));
  const enumLoads = gathered.enumLoads.map(({ place, ...load }): EnumLoad => ({ site: siteOf(place), ...load }));
  const separated = separateVariables(out.join("\n"), "sv_variables");

  for (const { name } of declared) {
    if (kernel.functions.has(name)) continue;
    // Where nobody calls it, its address is taken.
    const use = firstUse.get(name) ?? useOf(lines, name, debug);
    unmodelled.push({ kind: "function", name, file: use?.file ?? "", line: use?.line ?? 0 });
  }
  for (const name of variables) {
    if (kernel.data.has(name)) continue;
    const use = useOf(lines, name, debug);
    unmodelled.push({ kind: "variable", name, file: use?.file ?? "", line: use?.line ?? 0 });
  }

  const stubs = declared.map((signature, number) =>
    kernelStub(signature.name, number, signature.result, signature.parameters, signature.isVariadic),
  );
  const needsVariadic = declared.some(({ isVariadic }) => isVariadic) && !ir.includes("declare void @llvm.va_start.p0");
  return {
    ir: [
      separated.ir,
      runtime(suspendsAtAccesses ? "" : LOOKS),
      `@sv_functions = constant [${defined.length} x ptr] [${defined.map((name) => `ptr @${name}`).join(", ")}], align 8`,
      needsVariadic ? "declare void @llvm.va_start.p0(ptr)" : "",
      ...stubs,
      ...trampolines,
      ...CALLBACK_SHAPES.map(shapeTrampoline),
    ].join("\n"),
    kernelFunctions: declared.map(({ name, debug: id, result, parameters }) => {
      const prototype = id === undefined ? undefined : debug.prototype(id);
      return { name, result: prototype?.result ?? result, parameters: prototype?.parameters ?? parameters };
    }),
    kernelData: variables,
    sites,
    blocks: located,
    branches: gathered.branches,
    accesses,
    enumLoads,
    variables: separated.variables,
    structures,
    functions,
    functionPointers,
    attributes: attributesIn(ir),
    unmodelled,
  };
};

/** A `struct attribute` and the two functions behind it, as an initialiser has them: what DEVICE_ATTR and __ATTR make. */
const ATTRIBUTE = /\{ ptr @([\w$.]+), i16 \d+, \[6 x i8\] \w+ \}, ptr (?:null|@[\w$.]+), ptr (?:null|@[\w$.]+) \}/g;

/** The names of the device attributes that are defined. */
const attributesIn = (ir: string): readonly string[] => {
  const texts = new Map(
    [...ir.matchAll(/^@([\w$.]+) = .*constant \[\d+ x i8\] c"([^"\\]*)\\00"/gm)].map(([, name, text]) => [name, text!]),
  );
  return [...new Set([...ir.matchAll(ATTRIBUTE)].flatMap(([, name]) => texts.get(name) ?? []))];
};

/** The first statement that names something, or the variable in whose first value it stands. */
const useOf = (
  lines: readonly string[],
  name: string,
  debug: DebugInfo,
): Pick<SourceLocation, "file" | "line"> | undefined => {
  const isUse = new RegExp(String.raw`^[ @].*[ (]@${name.replaceAll(/\W/g, "\\$&")}(?![\w$.-]).*!dbg !`);
  const use = lines.find((line) => isUse.test(line));
  if (use === undefined) return undefined;
  return use.startsWith("@") ? debug.variable(debugId(use)!) : debug.location(debugId(use)!);
};

/** Where a function of the subject's own files begins; undefined for one of a stand-in header. */
const ownFunction = (line: string, debug: DebugInfo): CallSite | undefined => {
  const id = debugId(line);
  const prototype = id === undefined ? undefined : debug.prototype(id);
  if (prototype === undefined || prototype.file.startsWith("include/")) return undefined;
  const name = signatureOf(line).name;
  return { file: prototype.file, line: prototype.line, column: 0, function: name, callee: "" };
};

const SCALAR = new Set(["void", "ptr", "i8", "i16", "i32", "i64", "i1"]);

/** What a function with external linkage looks like from outside; undefined for a static one. */
const publicFunction = (
  line: string,
  debug: DebugInfo,
): { function: DriverFunction; isCallable: boolean; trampoline: string } | undefined => {
  if (/^define (?:dso_local )?(?:internal|private|linkonce\S*|available_externally) /.test(line)) return undefined;
  const signature = signatureOf(line);
  const prototype = signature.debug === undefined ? undefined : debug.prototype(signature.debug);
  if (prototype === undefined) return undefined;
  return {
    function: { name: signature.name, ...prototype },
    isCallable:
      /^\w+$/.test(signature.name) &&
      !signature.isVariadic &&
      [signature.result, ...signature.parameters].every((type) => SCALAR.has(type)),
    trampoline: functionTrampoline(signature.name, signature.result, signature.parameters),
  };
};
