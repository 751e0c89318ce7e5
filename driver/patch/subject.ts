/** Reading the C that is to be verified: the door of this folder. */
export { type Entry, findEntry, type Parameter } from "./entry.ts";
export { InputError, type InputErrorCode } from "./input-error.ts";
export { readFiles, readInputs, readPatches, withStandardInput } from "./patches.ts";
export { readSource } from "./source.ts";
export type { Subject, SubjectFile } from "./subject-file.ts";
export type { Input } from "./thread.ts";
export { readTree } from "./tree.ts";
