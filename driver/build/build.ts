import { createHash } from "node:crypto";
import { MEMORY_MAP } from "../../abi/memory-map.ts";
import { BuildError } from "./build-error.ts";
import { readCached, writeCached } from "./cache.ts";
import { addFile, CLANG_VERSION, clang, type FileTree, fileIn, wasmLd } from "./clang.ts";
import { SOURCE_FOLDER } from "./debug-info.ts";
import { compileError, unmodelledError } from "./diagnostics.ts";
import type { DriverImage } from "./image.ts";
import { instrument, type KernelOffer } from "./instrument.ts";
import { standInHeaders } from "./stand-in-headers.ts";

/** One C file of a driver, by its path in the kernel tree. */
export interface SourceText {
  readonly path: string;
  readonly text: string;
}

/** The C of one driver. */
export interface DriverSource {
  /** C files; they are compiled as one. */
  readonly sources: readonly SourceText[];
  /** Headers of the driver's own, found beside its sources. */
  readonly headers: readonly SourceText[];
  /** What the patch adds to headers of the kernel's; the stand-in of the same name includes it. */
  readonly additions: readonly SourceText[];
}

/** Told what the build is about to do, for a progress line. */
export type OnBuildStep = (what: string) => void;

/** Changes whenever the same C would give another image. */
const BUILD_REVISION = 1;

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
  "-funsigned-char",
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

const LINK_FLAGS = [
  "-mwasm64",
  "--no-entry",
  "--allow-undefined",
  "--export=__stack_pointer",
  "--export=__data_end",
  "--export=sv_frame",
  `--global-base=${MEMORY_MAP.dataStart}`,
  `--initial-memory=${MEMORY_MAP.pages * 65536}`,
  `--max-memory=${MEMORY_MAP.pages * 65536}`,
  "-z",
  "stack-size=16",
] as const;

/** Builds a driver, or gives the image that was built of the same C before. */
export const buildDriver = async (
  source: DriverSource,
  kernel: KernelOffer,
  onStep: OnBuildStep = () => {},
  headers: ReadonlyMap<string, string> = standInHeaders(),
): Promise<DriverImage> => {
  const sha256 = contentHash(source, headers, kernel);
  const cached = await readCached(sha256);
  if (cached !== undefined) return cached;

  const tree: FileTree = {};
  for (const [path, text] of headers) addFile(tree, `include/${path}`, text);
  for (const { path, text } of [...source.sources, ...source.headers]) addFile(tree, `${SOURCE_FOLDER}${path}`, text);
  for (const { path, text } of source.additions) addFile(tree, `patch/${path}`, text);
  // One unit for all files, so that each number of a call site stands for one place.
  const unit = source.sources.map(({ path }) => `#include "${SOURCE_FOLDER}${path}"\n`).join("");
  addFile(tree, "unit.c", unit);

  onStep("compiling the C");
  const compiled = await clang(
    [...COMPILE_FLAGS, "-Xclang", "-disable-llvm-passes", "-S", "-emit-llvm", "unit.c", "-o", "unit.ll"],
    tree,
  );
  const ir = textOf(fileIn(compiled.files, "unit.ll"));
  if (!compiled.isSuccess || ir === undefined) throw compileError(compiled.output);

  const instrumented = instrument(ir, kernel);
  if (instrumented.unmodelled.length > 0) throw unmodelledError(instrumented.unmodelled);

  onStep("linking it with the modelled kernel");
  const object = await clang(
    ["--target=wasm64-unknown-unknown", "-O1", "-mbulk-memory", "-Wno-everything", "-c", "image.ll", "-o", "image.o"],
    { "image.ll": instrumented.ir },
  );
  if (!object.isSuccess) throw linkError(object.output);
  const exports = instrumented.kernelData.map((name) => `--export=${name}`);
  const linked = await wasmLd([...LINK_FLAGS, ...exports, "image.o", "-o", "image.wasm"], object.files);
  const bytes = fileIn(linked.files, "image.wasm");
  if (!linked.isSuccess || !(bytes instanceof Uint8Array)) throw linkError(linked.output);

  // Loaded only when something is built: it takes a quarter of a second.
  const { lower } = await import("./lower.ts");
  const { ir: _, unmodelled: __, ...facts } = instrumented;
  const image: DriverImage = { ...facts, wasm: lower(bytes), sha256 };
  await writeCached(image);
  return image;
};

const textOf = (file: string | Uint8Array | undefined): string | undefined =>
  file instanceof Uint8Array ? new TextDecoder().decode(file) : file;

const linkError = (output: string): BuildError =>
  new BuildError("does-not-link", `the driver does not link: ${output.trim().split("\n")[0] ?? ""}`, "report this with the patch");

const contentHash = (source: DriverSource, headers: ReadonlyMap<string, string>, kernel: KernelOffer): string =>
  createHash("sha256")
    .update(
      JSON.stringify([
        BUILD_REVISION,
        CLANG_VERSION,
        COMPILE_FLAGS,
        LINK_FLAGS,
        source,
        [...headers],
        [...kernel.functions].sort(),
        [...kernel.data].sort(),
      ]),
    )
    .digest("hex");
