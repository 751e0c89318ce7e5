/** Reading the C that is to be verified: the door of this folder. */
export { InputError } from "./input-error.ts";
export { readFiles, readInputs, readPatches, withStandardInput } from "./patches.ts";
export { readSource } from "./source.ts";
export type { Subject } from "./subject-file.ts";
export type { Input } from "./thread.ts";
export { readTree } from "./tree.ts";
