import { createHash, randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { DriverImage } from "./image.ts";

/** Where built drivers are kept: `SYSRAM_VERIFY_CACHE`, else the user's cache folder. An empty variable is none. */
export const cacheFolder = (): string =>
  process.env["SYSRAM_VERIFY_CACHE"] ||
  join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "sysram-verify");

const fileFor = (sha256: string): string => join(cacheFolder(), sha256);

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

/** The image built before from exactly these inputs; undefined when there is none, or it is damaged. */
export const readCached = async (sha256: string): Promise<DriverImage | undefined> => {
  try {
    const content = await readFile(fileFor(sha256), "utf8");
    const end = content.indexOf("\n");
    const json = content.slice(end + 1);
    if (content.slice(0, end) !== digest(json)) return undefined;
    const stored = JSON.parse(json) as Omit<DriverImage, "wasm"> & { readonly wasm: string };
    return { ...stored, wasm: new Uint8Array(Buffer.from(stored.wasm, "base64")) };
  } catch {
    return undefined; // no such file, no right to read it, or not ours: it is built again
  }
};

/** Keeps an image for the next run. A cache that cannot be written costs time and nothing else, so it is no error. */
export const writeCached = async (image: DriverImage): Promise<void> => {
  const json = JSON.stringify({ ...image, wasm: Buffer.from(image.wasm).toString("base64") });
  try {
    await mkdir(cacheFolder(), { recursive: true });
    const temporary = `${fileFor(image.sha256)}.${randomBytes(6).toString("hex")}`;
    await writeFile(temporary, `${digest(json)}\n${json}`);
    await rename(temporary, fileFor(image.sha256));
  } catch {
    // The next run builds again.
  }
};

/** Which files of the folder are ours: images, and what an interrupted write of one leaves behind. */
const OURS = /^[0-9a-f]{64}(\.[0-9a-f]{12})?$/;

const sizeOf = async (file: string): Promise<number | undefined> => {
  try {
    return (await stat(file)).size;
  } catch {
    return undefined; // removed meanwhile, by whoever else uses the cache
  }
};

/** The files of the cache, each with its size in bytes; none where there is no folder. */
const cachedFiles = async (): Promise<readonly { readonly file: string; readonly bytes: number }[]> => {
  const names = await readdir(cacheFolder()).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const files = names.filter((name) => OURS.test(name)).map((name) => join(cacheFolder(), name));
  const sized = await Promise.all(files.map(async (file) => ({ file, bytes: await sizeOf(file) })));
  return sized.flatMap(({ file, bytes }) => (bytes === undefined ? [] : [{ file, bytes }]));
};

/** How many built drivers are kept, and the bytes that they take. */
export interface CacheSize {
  readonly folder: string;
  readonly drivers: number;
  readonly bytes: number;
}

/** What the cache holds. */
export const sizeOfCache = async (): Promise<CacheSize> => {
  const files = await cachedFiles();
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return { folder: cacheFolder(), drivers: files.length, bytes };
};

/** Removes all built drivers, and nothing else that lies in the folder. */
export const clearCache = async (): Promise<void> => {
  for (const { file } of await cachedFiles()) await rm(file, { force: true });
};
