import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { InputError } from "./input-error.ts";

/** The largest input, in bytes; the biggest series on the lists are far below it. */
export const inputLimit = 32 * 1024 * 1024;

const tooLarge = (name: string): InputError =>
  new InputError("too-large", `${name}: more than 32 MiB`, "give only the patches that add the driver");

/**
 * Refuses an input that is empty or too large.
 *
 * @param name - the input's name as the user typed it
 */
export const checkSize = (name: string, bytes: Uint8Array): void => {
  if (bytes.length > inputLimit) throw tooLarge(name);
  if (bytes.length === 0) {
    throw new InputError("empty-file", `${name}: empty`, "give a mail, an mbox or the output of `git diff`");
  }
};

/** Everything a stream has, read no further than the limit, so that an endless one is refused too. */
const drain = async (name: string, stream: AsyncIterable<unknown>): Promise<Uint8Array> => {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    chunks.push(bytes);
    length += bytes.length;
    if (length > inputLimit) throw tooLarge(name);
  }
  return Buffer.concat(chunks);
};

const reasonOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : String(error);

/** The bytes of a file; a refusal says what is wrong with the path. */
export const readBytes = async (path: string): Promise<Uint8Array> => {
  try {
    if ((await stat(path)).isDirectory()) {
      throw new InputError(
        "is-a-directory",
        `${path}: a directory`,
        `give a file, or a kernel tree with --tree ${path}`,
      );
    }
    const bytes = await drain(path, createReadStream(path));
    checkSize(path, bytes);
    return bytes;
  } catch (error) {
    if (error instanceof InputError) throw error;
    const reason = reasonOf(error);
    if (reason === "ENOENT" || reason === "ENOTDIR") {
      throw new InputError("no-such-file", `${path}: no such file`, "check the name; '-' reads standard input");
    }
    throw new InputError("unreadable-file", `${path}: cannot be read (${reason})`, "check the file's permissions");
  }
};

/** The bytes of standard input. */
export const readStandardInput = async (): Promise<Uint8Array> => {
  const bytes = await drain("standard input", process.stdin);
  checkSize("standard input", bytes);
  return bytes;
};

/** The bytes, decompressed when they are gzip, as lore.kernel.org packs a thread. */
export const inflated = (name: string, bytes: Uint8Array): Uint8Array => {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    const plain = gunzipSync(bytes, { maxOutputLength: inputLimit });
    checkSize(name, plain);
    return plain;
  } catch (error) {
    if (error instanceof InputError) throw error;
    if (reasonOf(error) === "ERR_BUFFER_TOO_LARGE") throw tooLarge(name);
    throw new InputError(
      "unreadable-file",
      `${name}: damaged gzip data`,
      "download the file again, or unpack it first",
    );
  }
};
