import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { afterAll, vi } from "vitest";
import { packageRoot } from "../../abi/package-root.ts";
import { sharedCache } from "./review.ts";

/** The input of the issue: the mail, and the same mail as an archive's web page shows it. */
export const inputs = {
  mail: join(packageRoot, "../shared/inputs/v4-24of27.mbox"),
  page: join(packageRoot, "../shared/inputs/v4-24of27.archive-page.txt"),
};

/** A folder that is gone when the tests of the file are done. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "sysram-verify-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

let program: Promise<string> | undefined;

/** Bundles the command line as `npm run build:bundle` does, once for each file of tests; gives its folder. */
const bundled = (): Promise<string> => {
  program ??= (async () => {
    // Below the package's folder, because the program looks for its C headers from where it lies upwards.
    const parent = join(packageRoot, "node_modules/.cache");
    mkdirSync(parent, { recursive: true });
    const folder = mkdtempSync(join(parent, "sysram-verify-cli-"));
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    await build({
      absWorkingDir: packageRoot,
      entryPoints: ["index.ts", "cli/main.ts", "verify/part-worker.ts", "verify/search-parts.ts"],
      bundle: true,
      packages: "external",
      platform: "node",
      target: "node20.19",
      format: "esm",
      splitting: true,
      chunkNames: "chunks/[name]-[hash]",
      sourcemap: true,
      outbase: ".",
      outdir: folder,
      logLevel: "error",
    });
    return folder;
  })();
  return program;
};

/** A module of the command line as it is in the bundle: it finds the module that its threads run. */
export const bundledModule = async <Module>(name: string): Promise<Module> =>
  (await import(pathToFileURL(join(await bundled(), name)).href)) as Module;

/** What a process came to. */
export interface Ran {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run the command line. */
export interface RunOptions {
  readonly input?: string | Uint8Array;
  readonly folder?: string;
  /** Beside, or in place of, what the process would inherit. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Where its standard output goes in place of the result. */
  readonly stdoutFile?: string;
  /** Is given the process as soon as it runs. */
  readonly meanwhile?: (child: ChildProcessWithoutNullStreams) => void;
}

/** The environment of a process that somebody starts. */
const surroundings = (environment: Readonly<Record<string, string>>): NodeJS.ProcessEnv => {
  const { PATH = "", HOME = "" } = process.env;
  return { PATH, HOME, SYSRAM_VERIFY_CACHE: sharedCache, ...environment };
};

/** Does something in the folder, the environment and with the standard input that a process of its own would have. */
const surrounded = async <T>(
  { input = "", folder = tmpdir(), environment = {} }: RunOptions,
  run: () => Promise<T>,
): Promise<T> => {
  const before = { env: process.env, folder: process.cwd(), exitCode: process.exitCode };
  const stdin = vi.spyOn(process, "stdin", "get");
  stdin.mockReturnValue(Readable.from([Buffer.from(input)]) as unknown as typeof process.stdin);
  process.env = surroundings(environment);
  process.chdir(folder);
  process.exitCode = undefined;
  try {
    return await run();
  } finally {
    stdin.mockRestore();
    process.env = before.env;
    process.chdir(before.folder);
    process.exitCode = before.exitCode;
  }
};

/** Takes what is written to a stream in its place. */
const taken = (stream: NodeJS.WriteStream, hear: (text: string) => void = () => {}) => {
  const chunks: Buffer[] = [];
  const spy = vi.spyOn(stream, "write").mockImplementation((chunk, encoding, done) => {
    chunks.push(Buffer.from(chunk));
    hear(chunks.at(-1)!.toString("utf8"));
    const written = typeof encoding === "function" ? encoding : done;
    written?.();
    return true;
  });
  return { text: () => Buffer.concat(chunks).toString("utf8"), end: () => spy.mockRestore() };
};

/**
 * Runs the command line in this process, where its modules are loaded and the compiler is warm.
 *
 * It does all that a process of its own does, but for threads: there is no bundle for them.
 */
export const commandLine = async (
  args: readonly string[],
  options: Pick<RunOptions, "input" | "folder" | "environment"> & {
    /** Is given what goes to standard error as it goes there. */
    readonly onStderr?: (text: string) => void;
  } = {},
): Promise<Ran> =>
  surrounded(options, async () => {
    // Only now: its modules look at the environment when they are loaded.
    const { run } = await import("../../cli/run.ts");
    const [out, err] = [taken(process.stdout), taken(process.stderr, options.onStderr)];
    try {
      await run(args);
      const exitCode = Number(process.exitCode ?? 0);
      return { exitCode, signal: null, stdout: out.text(), stderr: err.text() };
    } finally {
      out.end();
      err.end();
    }
  });

/** Runs the command line in a process of its own, with the drivers that other tests have built at hand. */
export const sysramVerify = async (args: readonly string[], options: RunOptions = {}): Promise<Ran> => {
  const main = join(await bundled(), "cli/main.js");
  const { input = "", folder = tmpdir(), environment = {}, stdoutFile, meanwhile } = options;
  const output = stdoutFile === undefined ? undefined : openSync(stdoutFile, "w");
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...args], {
      cwd: folder,
      env: surroundings(environment),
      stdio: ["pipe", output ?? "pipe", "pipe"],
    }) as ChildProcessWithoutNullStreams;
    if (output !== undefined) closeSync(output);
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    if (output === undefined) child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    child.on("error", reject);
    child.on("close", (exitCode, signal) => {
      const text = (chunks: readonly Buffer[]): string => Buffer.concat(chunks).toString("utf8");
      resolve({ exitCode, signal, stdout: text(out), stderr: text(err) });
    });
    child.stdin.on("error", () => {}); // It may end without having read anything.
    child.stdin.end(input);
    meanwhile?.(child);
  });
};
