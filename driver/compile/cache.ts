import { createHash, randomBytes } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
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
