import { createHash } from "node:crypto";
import { MEMORY_MAP } from "../../abi/memory-map.ts";
import { BuildError } from "./build-error.ts";
import { readCached, writeCached } from "./cache.ts";
import { checkImage } from "./check-image.ts";
import { addFile, CLANG_VERSION, clang, type FileTree, fileIn, wasmLd } from "./clang.ts";
import { SOURCE_FOLDER } from "./debug-info.ts";
import { compileError, undeclaredIn, unmodelledError } from "./diagnostics.ts";
import type { DriverImage } from "./image.ts";
import { ACCESS_IMPORTS, instrument } from "./instrument.ts";
import { missingHeaders } from "./missing-headers.ts";
import { withoutOwnNames } from "./own-names.ts";
import type { DriverSource } from "./source-text.ts";
import { standInFiles } from "./stand-in-files.ts";
import { type Given, undeclaredError, withDeclarations } from "./undeclared.ts";
import { separateVariables } from "./variables.ts";

/** Told what the build is about to do, for a progress line. */
export type OnBuildStep = (what: string) => void;

/** Changes whenever the same C would give another image. */
const BUILD_REVISION = 16;

const COMPILE_FLAGS = [
  "--target=wasm64-unknown-unknown",
  "-std=gnu11",
  "-O1",
  "-g",
  "-ffreestanding",
  "-nostdinc",
  "-fno-builtin",
  // As the kernel's own Makefile asks for.
  "-fno-strict-aliasing",
  "-fwrapv",
  "-fno-delete-null-pointer-checks",
  // As CONFIG_INIT_STACK_ALL_PATTERN: a variable that was never written holds what no pointer and hardly a number is.
  "-ftrivial-auto-var-init=pattern",
  "-funsigned-char",
  "-ferror-limit=0",
  "-fno-color-diagnostics",
  "-fno-caret-diagnostics",
  "-fno-eliminate-unused-debug-types",
  "-fno-discard-value-names",
  "-Wno-everything",
  "-Werror=implicit-function-declaration",
  "-Werror=implicit-int",
  "-Werror=int-conversion",
  "-Werror=incompatible-pointer-types",
  "-Iinclude",
  "-I.",
  "-include",
  "generated/autoconf.h",
] as const;

/**
 * How much of what the C does is looked at: all of it; all of it, and tasks can be suspended before its loads and stores
 * too; or, to measure what looking costs, only its calls, blocks and frames.
 */
export type BuildKind = "checked" | "interruptible" | "plain";

/** The imports at which a task can be suspended: it leaves C through them. */
const SUSPENDING_IMPORTS: Readonly<Record<BuildKind, readonly string[]>> = {
  checked: ["kernel_call"],
  interruptible: ["kernel_call", ...ACCESS_IMPORTS],
  plain: ["kernel_call"],
};

/**
 * What CONFIG_UBSAN has the compiler check, for which it calls models/ubsan.ts.
 *
 * Enumerations it does not check in C, and for alignment it makes a block for each access: both are seen by what the
 * instrumentation reports.
 */
const SANITIZE_FLAG = "-fsanitize=array-bounds,shift,bool,unreachable,signed-integer-overflow";

const OBJECT_FLAGS = ["--target=wasm64-unknown-unknown", "-O1", "-mbulk-memory", "-Wno-everything"] as const;

/** The C file, among the stand-ins, that defines the kernel's variables. */
const KERNEL_OBJECTS = "kernel_objects.c";

const LINK_FLAGS = [
  "-mwasm64",
  "--no-entry",
  "--allow-undefined",
  "--export=__stack_pointer",
  "--export=__data_end",
  // Named, it is left alone; otherwise the linker has each export run the constructors, and the kernel runs none.
  "--export=__wasm_call_ctors",
  "--export=sv_frame",
  "--export=sv_functions",
  "--export=sv_variables",
  "--export=sv_kernel_variables",
  `--global-base=${MEMORY_MAP.dataStart}`,
  `--initial-memory=${MEMORY_MAP.pages * 65536}`,
  `--max-memory=${MEMORY_MAP.pages * 65536}`,
  "-z",
  "stack-size=16",
] as const;

/**
 * Builds a driver, or gives the image that was built of the same C before.
 *
 * @param kernelFunctions - the names that have a model
 * @throws BuildError with the place in the subject
 */
export const buildDriver = async (
  source: DriverSource,
  kernelFunctions: ReadonlySet<string>,
  onStep: OnBuildStep = () => {},
  standIns: ReadonlyMap<string, string> = standInFiles(),
  kind: BuildKind = "checked",
): Promise<DriverImage> => {
  const sha256 = contentHash(source, standIns, kernelFunctions, kind);
  const cached = await readCached(sha256);
  if (cached !== undefined) return cached;

  const tree: FileTree = {};
  const missing = missingHeaders(source, standIns);
  for (const path of missing) addFile(tree, `include/${path}`, "");
  for (const [path, text] of withoutOwnNames(standIns, source)) addFile(tree, `include/${path}`, text);
  for (const { path, text } of [...source.sources, ...source.headers]) addFile(tree, `${SOURCE_FOLDER}${path}`, text);
  for (const { path, text } of source.additions) addFile(tree, `patch/${path}`, text);
  // One unit for all files, so that each number of a call site stands for one place.
  const unit = source.sources.map(({ path }) => `#include "${SOURCE_FOLDER}${path}"\n`).join("");
  addFile(tree, "unit.c", unit);

  onStep("compiling the C");
  const flags = kind === "plain" ? [] : [SANITIZE_FLAG];
  const compiled = await compileToIr(tree, "unit.c", flags);
  const kernel = await compileToIr(tree, `include/${KERNEL_OBJECTS}`, []);
  const given: Given = { source, standIns, missing };
  if (kernel.kind === "refused") throw compileError(kernel.output, given);
  const objectsIr = kernel.ir;
  const data = new Set(
    [...objectsIr.matchAll(/^@([\w$.]+) = (?!internal|private|external)/gm)].map(([, name]) => name!),
  );

  const suspendsAtAccesses = kind === "interruptible";
  const reporting = { reportsAccesses: kind !== "plain", suspendsAtAccesses };
  const offer = { functions: kernelFunctions, data };
  if (compiled.kind === "refused") {
    const undeclared = undeclaredIn(compiled.output);
    if (undeclared.length === 0) throw compileError(compiled.output, given);
    // Taken as declared, so that what the models lack is told together with it.
    for (const { path, text } of source.sources) {
      addFile(tree, `${SOURCE_FOLDER}${path}`, withDeclarations(text, undeclared));
    }
    const lenient = await compileToIr(tree, "unit.c", [...flags, "-Wno-implicit-function-declaration"]);
    const lacking = lenient.kind === "refused" ? [] : instrument(lenient.ir, offer, reporting).unmodelled;
    throw undeclaredError(undeclared, given, lacking);
  }
  const instrumented = instrument(compiled.ir, offer, reporting);
  if (instrumented.unmodelled.length > 0) throw unmodelledError(instrumented.unmodelled);

  onStep("linking it with the modelled kernel");
  const object = await objectOf("image", instrumented.ir);
  const separated = separateVariables(objectsIr, "sv_kernel_variables");
  const kernelObject = await objectOf("kernel", separated.ir);
  const exports = [...data].map((name) => `--export=${name}`);
  const linked = await wasmLd([...LINK_FLAGS, ...exports, "image.o", "kernel.o", "-o", "image.wasm"], {
    ...object,
    ...kernelObject,
  });
  const bytes = fileIn(linked.files, "image.wasm");
  if (!linked.isSuccess || !(bytes instanceof Uint8Array)) throw linkError(linked.output);

  // Loaded only when something is built: it takes a quarter of a second.
  const { lower } = await import("./lower.ts");
  const { ir: _, unmodelled: __, ...facts } = instrumented;
  const offered = offeredNames(source);
  const functions = facts.functions.filter(({ name }) => offered.has(name));
  const kernelVariables = separated.variables;
  const wasm = lowered(() => lower(bytes, SUSPENDING_IMPORTS[kind]));
  const image: DriverImage = { ...facts, suspendsAtAccesses, kernelVariables, functions, wasm, sha256 };
  checkImage(image.wasm);
  await writeCached(image);
  return image;
};

/** The names that the driver offers to others: what it exports, and what its headers declare. */
const offeredNames = ({ sources, headers, additions }: DriverSource): ReadonlySet<string> =>
  new Set([
    ...sources.flatMap(({ text }) => [...text.matchAll(/\bEXPORT_SYMBOL\w*\(\s*(\w+)/g)].map(([, name]) => name!)),
    ...[...headers, ...additions].flatMap(({ text }) => [...text.matchAll(/\b(\w+)\s*\(/g)].map(([, name]) => name!)),
    // The entry may be declared in a header that another patch of the series adds.
    ...sources.flatMap(({ text }) => [...text.matchAll(/\bdevm_cxl_add_\w+/g)].map(([name]) => name)),
  ]);

type Compiled =
  | { readonly kind: "compiled"; readonly ir: string }
  | { readonly kind: "refused"; readonly output: string };

const compileToIr = async (tree: FileTree, path: string, flags: readonly string[]): Promise<Compiled> => {
  // To standard output: clang writes textual IR in a hundred thousand pieces, and a file is copied as a whole for each.
  const run = await clang(
    [...COMPILE_FLAGS, ...flags, "-Xclang", "-disable-llvm-passes", "-S", "-emit-llvm", path, "-o", "-"],
    tree,
  );
  if (!run.isSuccess) return { kind: "refused", output: run.output };
  return { kind: "compiled", ir: new TextDecoder().decode(run.printed) };
};

const objectOf = async (name: string, ir: string): Promise<FileTree> => {
  const run = await clang([...OBJECT_FLAGS, "-c", `${name}.ll`, "-o", "-"], { [`${name}.ll`]: ir });
  if (!run.isSuccess) throw linkError(run.output);
  return { [`${name}.o`]: run.printed };
};

/** What binaryen makes of the module. What it throws at a driver that uses names of its own is no Error. */
const lowered = (lower: () => Uint8Array): Uint8Array => {
  try {
    return lower();
  } catch (error) {
    const { message } = error as { readonly message?: string };
    throw linkError(message ?? "it uses a name that belongs to the modelled kernel");
  }
};

const linkError = (output: string): BuildError =>
  new BuildError(
    "does-not-link",
    `the driver does not link: ${output.trim().split("\n")[0] ?? ""}`,
    "report this with the patch",
  );

const contentHash = (
  source: DriverSource,
  standIns: ReadonlyMap<string, string>,
  kernelFunctions: ReadonlySet<string>,
  kind: BuildKind,
): string =>
  createHash("sha256")
    .update(
      JSON.stringify([
        BUILD_REVISION,
        CLANG_VERSION,
        COMPILE_FLAGS,
        kind,
        SUSPENDING_IMPORTS[kind],
        SANITIZE_FLAG,
        OBJECT_FLAGS,
        LINK_FLAGS,
        source,
        [...standIns],
        [...kernelFunctions].sort(),
      ]),
    )
    .digest("hex");
