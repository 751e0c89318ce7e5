import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { Refusal } from "../abi/refusal.ts";

/** A log that cannot be read: one line for the user, and what to do about it. */
export class LogError extends Refusal {}

/** A log that can be read from its beginning as often as is needed. */
export interface LogSource {
  /** For messages. */
  readonly name: string;
  /**
   * Gives every line, without its end, until told to stop; holds no more than a piece of the log at a time.
   *
   * Bytes are passed on one by one as letters: a name in another alphabet is still told from others.
   *
   * @param onLine - false ends the reading
   * @throws LogError for what is no text, or breaks off
   */
  lines(onLine: (line: string, number: number) => boolean): Promise<void>;
  close(): Promise<void>;
}

/** No line of a log is nearly as long; what has none of its ends that far is no log. */
export const LONGEST_LINE = 65_536;

const PIECE = 256 * 1024;

/** Opens a log: a file, or `-` for `input`. What can be read only once is kept in a temporary file. */
export const openLog = async (path: string, input: NodeJS.ReadableStream): Promise<LogSource> => {
  const name = path === "-" ? "standard input" : path;
  const file = path === "-" ? await spooled(input) : await rereadable(await opened(path));
  try {
    const start = Buffer.alloc(8);
    const { bytesRead } = await file.read(start, 0, start.length, 0);
    const isGzip = refuseOthers(name, start.subarray(0, bytesRead));
    return { name, lines: (onLine) => readLines(name, file, isGzip, onLine), close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
};

/** A file as it is; a pipe or a device as what comes from it. */
const rereadable = async (file: FileHandle): Promise<FileHandle> =>
  (await file.stat()).isFile() ? file : spooled(file.createReadStream());

const opened = async (path: string): Promise<FileHandle> => {
  try {
    const file = await open(path, "r");
    if (!(await file.stat()).isDirectory()) return file;
    await file.close();
    throw Object.assign(new Error("it is a folder"), { code: "EISDIR" });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "there is no such file" : code === "EISDIR" ? "it is a folder" : message;
    throw new LogError(`cannot read ${path}: ${why}`, "name a log, or - for standard input");
  }
};

/** Keeps what comes from a stream in a file without a name: it is gone as soon as it is closed, whatever happens. */
const spooled = async (input: NodeJS.ReadableStream): Promise<FileHandle> => {
  const folder = await mkdtemp(join(tmpdir(), "sysram-verify-log-"));
  try {
    const file = await open(join(folder, "log"), "w+");
    await rm(folder, { recursive: true });
    const isHopeless = watchForGarbage();
    for await (const piece of input as AsyncIterable<Buffer | string>) {
      await file.appendFile(piece);
      // It need not be kept to its end, which it may not have: what was kept is enough to say what is wrong with it.
      if (isHopeless(Buffer.from(piece))) break;
    }
    return file;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw new LogError(
      `cannot keep what comes from standard input: ${(error as Error).message}`,
      "write it into a file, and name that",
    );
  }
};

/** Tells whether what comes can be no text: it has a zero byte, or a line that does not end. What is packed may be. */
const watchForGarbage = (): ((piece: Buffer) => boolean) => {
  let isPacked: boolean | undefined;
  let since = 0;
  return (piece) => {
    isPacked ??= piece[0] === 0x1f;
    const end = piece.lastIndexOf(10);
    since = end === -1 ? since + piece.length : piece.length - end;
    return !isPacked && (since > LONGEST_LINE + 1 || piece.includes(0));
  };
};

const KINDS: readonly (readonly [readonly number[], string, string])[] = [
  [[0x17, 0x08, 0x44], "is a recording of trace-cmd", "give what `trace-cmd report` writes of it"],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], "is compressed with xz", "unpack it first: xz -dc FILE | sysram-verify trace -"],
  [[0x28, 0xb5, 0x2f, 0xfd], "is compressed with zstd", "unpack it first: zstd -dc FILE | sysram-verify trace -"],
  [[0x42, 0x5a, 0x68], "is compressed with bzip2", "unpack it first: bzip2 -dc FILE | sysram-verify trace -"],
  [[0x7f, 0x45, 0x4c, 0x46], "is a program", "name a log"],
];

/** Says whether it is gzip, by its first bytes. */
const refuseOthers = (name: string, start: Buffer): boolean => {
  if (start.length === 0) throw new LogError(`${name} is empty`, "record a log first: docs/trace.md says how");
  for (const [bytes, what, hint] of KINDS) {
    if (bytes.every((byte, at) => start[at] === byte)) throw new LogError(`${name} ${what}`, hint);
  }
  return start[0] === 0x1f && start[1] === 0x8b;
};

/** All of a file from its beginning. A position of our own: others read the same file. */
async function* piecesOf(file: FileHandle): AsyncGenerator<Buffer> {
  for (let at = 0; ; ) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(PIECE), 0, PIECE, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

const readLines = async (
  name: string,
  file: FileHandle,
  isGzip: boolean,
  onLine: (line: string, number: number) => boolean,
): Promise<void> => {
  const raw = Readable.from(piecesOf(file), { objectMode: false });
  const unpacked = isGzip ? raw.pipe(createGunzip({ chunkSize: PIECE })) : raw;
  raw.on("error", (error) => unpacked.destroy(error));
  let rest = "";
  let number = 0;
  try {
    for await (const piece of unpacked as AsyncIterable<Buffer>) {
      const text = rest + piece.toString("latin1");
      let from = 0;
      for (let end = text.indexOf("\n", rest.length); end !== -1; end = text.indexOf("\n", from)) {
        number += 1;
        if (!take(text.slice(from, text.charCodeAt(end - 1) === 13 && end > from ? end - 1 : end), number)) return;
        from = end + 1;
      }
      rest = text.slice(from);
      if (rest.length > LONGEST_LINE) tooLong(name, number + 1);
    }
    if (rest !== "") take(rest, number + 1);
    if (number === 0 && rest === "")
      throw new LogError(`${name} is empty`, "record a log first: docs/trace.md says how");
  } catch (error) {
    if (error instanceof LogError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "Z_BUF_ERROR")
      throw new LogError(`${name} breaks off in the middle of its gzip`, "copy it again, whole");
    if (code?.startsWith("Z_") === true) throw new LogError(`${name} is damaged gzip: ${message}`, "copy it again");
    if (code !== undefined) throw new LogError(`cannot read ${name}: ${message}`, "name a log that can be read");
    throw error;
  } finally {
    raw.destroy();
    unpacked.destroy();
  }

  function take(line: string, at: number): boolean {
    if (line.length > LONGEST_LINE) tooLong(name, at);
    if (line.includes("\0")) {
      throw new LogError(
        `${name} is no text: line ${at} has a zero byte`,
        "name a log; trace.dat goes through trace-cmd report",
      );
    }
    return onLine(line, at);
  }
};

const tooLong = (name: string, line: number): never => {
  throw new LogError(
    `line ${line} of ${name} is longer than ${LONGEST_LINE} bytes`,
    "name a log; no tracer writes such lines",
  );
};
