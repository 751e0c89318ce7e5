import { setFlagsFromString } from "node:v8";
import { type Command, commands, runLLVM } from "@yowasp/clang";

/** Files for the compiler, by name; a folder is a tree of its own. There is no other file system that it could reach. */
export interface FileTree {
  [name: string]: string | Uint8Array | FileTree;
}

/** What one run of a compiler tool gave. */
export interface ToolRun {
  readonly isSuccess: boolean;
  /** The tree of files after the run. */
  readonly files: FileTree;
  /** What the tool wrote to its standard output. */
  readonly printed: Uint8Array;
  /** What the tool complained of. */
  readonly output: string;
}

/** Revision of everything that turns C into an image; part of the cache's key. */
export const CLANG_VERSION = "22";

const run = async (tool: Command, argv: readonly string[], files: FileTree): Promise<ToolRun> => {
  const printed: Uint8Array[] = [];
  const complaints: Uint8Array[] = [];
  const into =
    (chunks: Uint8Array[]) =>
    (bytes: Uint8Array | null): void => {
      if (bytes !== null) chunks.push(bytes.slice());
    };
  const end = (isSuccess: boolean, after: FileTree): ToolRun => ({
    isSuccess,
    files: after,
    printed: Buffer.concat(printed),
    output: Buffer.concat(complaints).toString("utf8"),
  });
  try {
    await load();
    const result = await tool([...argv], files, { stdout: into(printed), stderr: into(complaints) });
    return end(true, result ?? files);
  } catch (error) {
    if (error instanceof Error && "code" in error) return end(false, files);
    if (!(error instanceof WebAssembly.RuntimeError || error instanceof RangeError)) throw error;
    complaints.push(Buffer.from(`the compiler itself broke down (${error.message})\n`));
    return end(false, files);
  }
};

/**
 * Loads the compiler without the progress lines that it prints on its own.
 *
 * The engine is kept from optimising the 75 MB of its code, of which a driver of some hundred lines needs little, once:
 * that alone took three times as long as all else in a build. A driver's own code is optimised as ever.
 */
const load = async (): Promise<void> => {
  setFlagsFromString("--liftoff-only");
  try {
    await runLLVM(undefined, {}, { fetchProgress: () => {} });
  } finally {
    setFlagsFromString("--no-liftoff-only");
  }
};

/** Runs clang on a tree of files. */
export const clang = (argv: readonly string[], files: FileTree): Promise<ToolRun> => run(commands.clang, argv, files);

/** Runs the linker on a tree of files. */
export const wasmLd = (argv: readonly string[], files: FileTree): Promise<ToolRun> =>
  run(runLLVM, ["wasm-ld", ...argv], files);

/** The text or the bytes of one file of a tree, by its path. */
export const fileIn = (tree: FileTree, path: string): string | Uint8Array | undefined => {
  let at: FileTree[string] | undefined = tree;
  for (const part of path.split("/")) {
    if (at === undefined || typeof at === "string" || at instanceof Uint8Array) return undefined;
    at = at[part];
  }
  return typeof at === "string" || at instanceof Uint8Array ? at : undefined;
};

/** Puts a file at a path, making the folders on the way. */
export const addFile = (tree: FileTree, path: string, content: string | Uint8Array): void => {
  const parts = path.split("/");
  let at = tree;
  for (const part of parts.slice(0, -1)) {
    const next = at[part];
    if (next === undefined || typeof next === "string" || next instanceof Uint8Array) at[part] = {};
    at = at[part] as FileTree;
  }
  at[parts.at(-1)!] = content;
};
