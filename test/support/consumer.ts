/** A project of somebody else's that has this package, as npm would install it. */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { packageRoot } from "../../abi/package-root.ts";
import { temporaryFolder } from "./cli.ts";

const execute = promisify(execFile);

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

/** The package's own manifest. */
export const manifest = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as Manifest;

/** The paths of all files that a release holds, but for those that are built for it. */
export const packedFiles = async (): Promise<readonly string[]> => {
  const { stdout } = await execute("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: packageRoot });
  const [packed] = JSON.parse(stdout) as readonly { readonly files: readonly { readonly path: string }[] }[];
  return packed!.files.map(({ path }) => path).filter((path) => !path.startsWith("dist/"));
};

/** What a project needs beside the package to compile and run the examples. */
const TOOLS = ["@types/node", "typescript", "vitest"];

/** Makes the project; gives its folder. */
export const consumer = async (): Promise<string> => {
  const folder = temporaryFolder();
  const modules = join(folder, "node_modules");
  const own = join(modules, "sysram-verify");
  for (const path of await packedFiles()) cpSync(join(packageRoot, path), join(own, path));
  // Built anew, because what lies in dist may be of another day.
  const run = (script: string, ...args: readonly string[]): Promise<unknown> =>
    execute("npm", ["run", script, "--", ...args], { cwd: packageRoot });
  await run("build:bundle", `--outdir=${join(own, "dist")}`);
  await run("build:types", "--outDir", join(own, "dist/types"));
  for (const name of [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies), ...TOOLS]) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(packageRoot, "node_modules", name), join(modules, name));
  }
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
  return folder;
};

/** The examples as they read outside of this repository. */
export const examples: readonly string[] = [
  "own-property.test.ts",
  "machines-and-models.test.ts",
  "machines-with-graph.test.ts",
  "review-from-a-program.test.ts",
];

/** Puts the examples into a project, with the package in the place of this repository's files. */
export const addExamples = (folder: string): void => {
  for (const name of examples) {
    const text = readFileSync(join(packageRoot, "examples", name), "utf8");
    writeFileSync(join(folder, name), text.replaceAll('"../index.ts"', '"sysram-verify"'));
  }
};

/** How a project says that its modules are found. */
export const RESOLUTIONS = {
  nodenext: { module: "nodenext" },
  bundler: { module: "esnext", moduleResolution: "bundler" },
} as const;

/** What the compiler says of a project's files; empty where it has nothing to say. */
export const complaints = async (folder: string, resolution: keyof typeof RESOLUTIONS): Promise<string> => {
  const compilerOptions = { target: "es2023", strict: true, noEmit: true, types: ["node"], ...RESOLUTIONS[resolution] };
  const project = join(folder, `tsconfig.${resolution}.json`);
  writeFileSync(project, JSON.stringify({ compilerOptions, include: ["*.ts"] }));
  const compiler = join(folder, "node_modules/typescript/bin/tsc");
  return execute(process.execPath, [compiler, "--project", project], { cwd: folder }).then(
    ({ stdout }) => stdout,
    ({ stdout }: { readonly stdout: string }) => stdout,
  );
};
