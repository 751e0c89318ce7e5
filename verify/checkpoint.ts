import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { deserialize, serialize } from "node:v8";
import { deflate, inflate } from "node:zlib";
import { packageRoot } from "../abi/package-root.ts";
import { formOf } from "../abi/schema.ts";
import type { SavedExploration } from "../harness/explore-reduced.ts";
import { type ModelHashes, modelHashes } from "../harness/model-hashes.ts";
import type { PartResult } from "../harness/search-part.ts";
import { VerifyError } from "./error.ts";

/**
 * A search on disk, to be gone on with later: a folder with one file for each of its parts.
 *
 * A file is one line of JSON (report/checkpoint.schema.json), which says of what it is, and behind it what is known of the part as the engine writes data
 * down, compressed. It is no format for others: another version of the tool, or of the model, refuses it.
 */
const FORMAT = "sysram-verify checkpoint 2";

/** What the search itself wrote it with: of its own parts the model's hashes say nothing. */
export const WRITER = `${(JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as { version: string }).version}, V8 ${process.versions.v8}`;

/** What a search is of, as far as another one with the same words would meet the same. */
export interface SearchIdentity {
  /** SHA-256 of the subject. */
  readonly subject: string;
  /** SHA-256 of the driver that was built of it. */
  readonly image: string;
  /** What its options say of the space, by their names. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** Where the parts of a search are kept while it runs; data that another thread can be given. */
export interface CheckpointFolder {
  readonly folder: string;
  readonly everyMillis: number;
  readonly identity: SearchIdentity;
}

/** How far a part has come. */
export type KeptPart =
  | { readonly kind: "under way"; readonly saved: SavedExploration }
  | { readonly kind: "done"; readonly result: PartResult };

interface Header extends SearchIdentity {
  readonly format: string;
  readonly writer: string;
  readonly model: ModelHashes;
  /** SHA-256 of what follows. */
  readonly content: string;
}

const REMEDY = "start the search anew, in another folder";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

const fileOf = ({ folder }: CheckpointFolder, part: number): string => join(folder, `part-${part}`);

const reasonOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

/**
 * Keeps a part, so that at any moment its file is a whole one.
 *
 * @throws VerifyError where it cannot be written
 */
export const keepPart = async (checkpoint: CheckpointFolder, part: number, kept: KeptPart): Promise<void> => {
  const bytes = await promisify(deflate)(serialize(kept), { level: 1 });
  const header: Header = {
    format: FORMAT,
    writer: WRITER,
    ...checkpoint.identity,
    model: modelHashes(),
    content: sha256(bytes),
  };
  const file = fileOf(checkpoint, part);
  const unfinished = `${file}.${process.pid}.new`;
  try {
    const handle = await open(unfinished, "w");
    try {
      await handle.writeFile(Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), bytes]));
      await handle.sync(); // Else the new name may outlive a crash of the machine, and what is in the file not.
    } finally {
      await handle.close();
    }
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw new VerifyError("output", `cannot write the checkpoint ${file}: ${reasonOf(error)}`, "name another folder");
  }
};

/**
 * What is known of a part; undefined where it was not begun.
 *
 * @throws VerifyError where the file is damaged, was written by another version of the tool, or is of another search
 */
export const keptPart = async (checkpoint: CheckpointFolder, part: number): Promise<KeptPart | undefined> => {
  const file = fileOf(checkpoint, part);
  const all = await bytesOf(file);
  if (all === undefined) return undefined;
  const end = all.indexOf("\n");
  const header = headerOf(all.subarray(0, Math.max(end, 0)));
  if (header === undefined) throw new VerifyError("input", `${file} is no checkpoint`, REMEDY);
  const rest = all.subarray(end + 1);
  if (sha256(rest) !== header.content) throw new VerifyError("input", `the checkpoint ${file} is damaged`, REMEDY);
  refuseOther(file, header, checkpoint.identity);
  return deserialize(await promisify(inflate)(rest)) as KeptPart;
};

/** An option as the user writes it. */
export const nameOf = (option: string): string =>
  `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

const refuseOther = (file: string, header: Header, { subject, image, options }: SearchIdentity): void => {
  if (header.subject !== subject) {
    throw new VerifyError(
      "input",
      `the checkpoint ${file} is of another subject`,
      "give the patch that it was written for",
    );
  }
  for (const [name, value] of Object.entries(options)) {
    const before = header.options[name];
    if (before === value) continue;
    throw new VerifyError(
      "input",
      `the checkpoint ${file} is of a search with ${nameOf(name)} ${before ?? "not given"}, and this one has ${value ?? "none"}`,
      "repeat the command as it was, with --resume behind it",
    );
  }
  const model = modelHashes();
  const isOfThisVersion = (Object.keys(model) as (keyof ModelHashes)[]).every(
    (key) => header.model[key] === model[key],
  );
  if (header.image !== image || header.writer !== WRITER || !isOfThisVersion) {
    throw new VerifyError("input", `the checkpoint ${file} was written by another version of this tool`, REMEDY);
  }
};

/**
 * Makes a folder ready to keep a search, or to go on with the one that it holds.
 *
 * @throws VerifyError where it holds a search that nobody wants to go on with, or the other way round
 */
export const openCheckpoint = async (
  checkpoint: CheckpointFolder,
  parts: number,
  isResumed: boolean,
): Promise<CheckpointFolder> => {
  const { folder } = checkpoint;
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw new VerifyError("output", `cannot make the folder ${folder}: ${reasonOf(error)}`, "name another folder");
  }
  const kept = await Promise.all(Array.from({ length: parts }, (_, part) => bytesOf(fileOf(checkpoint, part))));
  const isEmpty = kept.every((bytes) => bytes === undefined);
  if (isEmpty && isResumed) {
    throw new VerifyError(
      "not-found",
      `there is no search in ${folder} to go on with`,
      "leave out --resume to begin one",
    );
  }
  if (!isEmpty && !isResumed) {
    throw new VerifyError(
      "usage",
      `${folder} holds a search already`,
      "add --resume to go on with it, or name another folder with --checkpoint",
    );
  }
  // Whatever is wrong with a file is told before anything else is done.
  for (let part = 0; part < parts; part += 1) await keptPart(checkpoint, part);
  return checkpoint;
};

const bytesOf = async (file: string): Promise<Buffer | undefined> => {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new VerifyError("input", `cannot read the checkpoint ${file}: ${reasonOf(error)}`, REMEDY);
  }
};

const complaintAbout = formOf("report/checkpoint.schema.json");

const headerOf = (line: Uint8Array): Header | undefined => {
  try {
    const header: unknown = JSON.parse(Buffer.from(line).toString("utf8"));
    return complaintAbout(header) === undefined ? (header as Header) : undefined;
  } catch {
    return undefined;
  }
};
