import { MEMORY_MAP } from "../../abi/memory-map.ts";
import { BuildError } from "./build-error.ts";

/** What an image imports, and nothing else; see driver/run/driver.ts. */
const IMPORTS = [
  ...["kernel_call", "block_enter", "frame_enter"],
  ...["access", "access_range", "access_copy", "enum_load"],
] as const;

/**
 * Refuses an image that could not be run.
 *
 * @throws BuildError
 */
export const checkImage = (wasm: Uint8Array): void => {
  const module = moduleOf(wasm);
  const unresolved = WebAssembly.Module.imports(module)
    .map(({ name }) => name)
    .filter((name) => !IMPORTS.some((known) => known === name));
  if (unresolved.length > 0) {
    throw new BuildError(
      "does-not-link",
      `the driver does not link: nothing defines ${unresolved.join(", ")}`,
      "an inline function without static has no definition of its own; a name that begins with __ is the compiler's, and belongs in driver/include/kernel_objects.c",
    );
  }
  const { exports } = new WebAssembly.Instance(module, {
    env: Object.fromEntries(IMPORTS.map((name) => [name, () => {}])),
  });
  const end = Number((exports["__data_end"] as WebAssembly.Global).value);
  if (end > MEMORY_MAP.dataLimit) {
    throw new BuildError(
      "does-not-link",
      `the driver's variables take ${end - MEMORY_MAP.dataStart} bytes, and there is room for ${MEMORY_MAP.dataLimit - MEMORY_MAP.dataStart}`,
      "make its largest array smaller, or MEMORY_MAP in abi/memory-map.ts larger",
    );
  }
};

const moduleOf = (wasm: Uint8Array): WebAssembly.Module => {
  try {
    return new WebAssembly.Module(wasm as BufferSource);
  } catch (error) {
    const message = `the driver does not link: ${(error as Error).message}`;
    throw new BuildError("does-not-link", message, "report this with the patch");
  }
};
