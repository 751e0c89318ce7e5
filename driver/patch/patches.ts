import { readBytes, readStandardInput } from "./bytes.ts";
import { subjectFiles } from "./compiled.ts";
import type { FileDiff } from "./diff.ts";
import type { Where } from "./frame.ts";
import { InputError } from "./input-error.ts";
import { applyHunks, type KnownFile, newFile, unknownFile } from "./known-file.ts";
import type { Message } from "./mail.ts";
import { printable, printableLines } from "./sanitise.ts";
import { inOrder, partNotes } from "./series.ts";
import { hashFiles, type Subject } from "./subject-file.ts";
import { type Input, messagesOf, type Patch, patchesAmong } from "./thread.ts";

/** Reads the patches in files; `-` is standard input. */
export const readInputs = async (paths: readonly string[]): Promise<Subject> =>
  readPatches(await readFiles(await withStandardInput(paths)));

/** What standard input holds in the place of `-`; other paths as they are. */
export const withStandardInput = async (paths: readonly string[]): Promise<readonly (string | Input)[]> => {
  if (paths.filter((path) => path === "-").length > 1) {
    throw new InputError("no-input", "standard input is given twice", "'-' can be read only once");
  }
  const read = async (): Promise<Input> => ({ name: "standard input", bytes: await readStandardInput() });
  return Promise.all(paths.map((path) => (path === "-" ? read() : path)));
};

/** Reads files; what was read already is passed on. */
export const readFiles = async (files: readonly (string | Input)[]): Promise<readonly Input[]> => {
  if (files.length === 0)
    throw new InputError("no-input", "no patch given", "give a mail, an mbox or a diff; '-' reads standard input");
  const inputs: Input[] = [];
  for (const file of files) {
    inputs.push(typeof file === "string" ? { name: file, bytes: await readBytes(file) } : file);
  }
  return inputs;
};

/** Reads patches: mails, mboxes, archive pages, diffs; several are a series, applied in order. */
export const readPatches = async (inputs: readonly Input[]): Promise<Subject> => {
  const messages: Message[] = [];
  for (const input of inputs) messages.push(...(await messagesOf(input)));
  const { patches, notes } = patchesAmong(messages);
  const ordered = inOrder(patches);
  const files = new Map<string, KnownFile>();
  for (const patch of ordered) applyPatch(files, patch);
  const uncompiled = ordered.flatMap(({ diff }) => diff.files).filter((file) => file.isBinary || !isC(file));

  const where = inputs.length === 1 ? printable(inputs[0]?.name ?? "") : `these ${inputs.length} patches`;
  const subject = subjectFiles(where, files, uncompiled);
  const origin = originOf(subject.files[0]?.path, ordered);
  return {
    kind: "patch",
    name: inputs.map(({ name }) => printable(name)).join(", "),
    title: origin?.message.subject,
    messageId: origin?.message.messageId,
    author: origin?.message.author,
    date: origin?.message.date,
    body: origin?.message.isMail === true ? printableLines(origin.lines.join("\n")) : undefined,
    sha256: hashFiles(subject.files),
    files: subject.files,
    notes: [...notes, ...partNotes(ordered), ...subject.notes].map(printable),
  };
};

/** The patch that first touches a file, under whatever name it had then. */
const originOf = (file: string | undefined, ordered: readonly Patch[]): Patch | undefined => {
  let origin = ordered[0];
  let name = file;
  for (const patch of ordered.toReversed()) {
    for (const { from, path } of patch.diff.files.toReversed()) {
      if (path !== name) continue;
      origin = patch;
      name = from;
    }
  }
  return origin;
};

const isC = ({ from, path }: FileDiff): boolean => /\.[ch]$/.test(path) || /\.[ch]$/.test(from);

const applyPatch = (files: Map<string, KnownFile>, { message, lines, diff }: Patch): void => {
  const where: Where = (at) => message.labelAt(lines, at);
  for (const file of diff.files.filter(isC)) {
    if (file.isBinary) {
      throw new InputError(
        "binary-patch",
        `${where(file.start)}: ${file.path} comes as a binary patch`,
        "make the patch with `git format-patch --text`",
      );
    }
    applyFileDiff(files, where, file, diff.isMended);
  }
};

const applyFileDiff = (files: Map<string, KnownFile>, where: Where, file: FileDiff, isMended: boolean): void => {
  const place = { where, path: file.path };
  if (file.kind === "create") {
    if (files.get(file.path)?.isWhole === true) {
      throw new InputError(
        "does-not-apply",
        `${where(file.start)}: ${file.path} is there already, and this patch makes it new`,
        "give each patch once, and only one version of a series",
      );
    }
    files.set(file.path, applyHunks(newFile, file.hunks, place, isMended));
    return;
  }
  const before = files.get(file.from) ?? unknownFile;
  const after = applyHunks(before, file.hunks, place, isMended);
  if (file.kind === "delete" || file.kind === "rename") files.delete(file.from);
  if (file.kind !== "delete") files.set(file.path, after);
};
