import { createHash } from "node:crypto";
import type { MemoryImage, Segment } from "./memory-image.ts";
import type { PausedTask, SysramState } from "./state.ts";

/**
 * What a state consists of, as bytes that do not depend on when or how a search came to it.
 *
 * The key of a state is made of numbers that are given in the order in which its parts are met, which is all that one
 * search needs; here each part stands as the hash of all that it holds. Nothing is left out but what is derived from the
 * rest, so two states that differ in anything have different contents. A part is hashed once, and most parts are shared
 * by many states.
 */
export const contentOfStates = (): ((state: SysramState) => Uint8Array) => {
  const known = new WeakMap<object, Buffer>();

  const hashed = (part: object, text: () => string | Buffer): Buffer => {
    let hash = known.get(part);
    if (hash === undefined) {
      hash = sha256(text());
      known.set(part, hash);
    }
    return hash;
  };

  const ofSlices = (kernel: object): readonly (readonly [name: string, hash: Buffer])[] =>
    byName(kernel).map(([name, slice]) => [name, hashed(slice as object, () => canonical(slice))]);

  const ofSegment = (segment: Segment): Buffer =>
    hashed(segment, () => {
      const { at, words } = segment;
      const bytes = Buffer.from(words.buffer, words.byteOffset, words.byteLength);
      return Buffer.concat([Buffer.from(`${at} ${words.length}\n`), bytes]);
    });

  const ofImage = ({ segments }: MemoryImage): readonly Buffer[] => segments.map(ofSegment);

  const ofTask = (task: PausedTask): Buffer =>
    hashed(task, () => {
      const { before, ...rest } = task;
      if (before === undefined) return canonical(rest);
      // The kernel as it was when the command began: its slices are those of other states, hashed long since.
      const kernel = ofSlices(before.kernel).map(([name, hash]) => [name, hash.toString("hex")]);
      return canonical({ ...rest, before: { ...before, kernel } });
    });

  return ({ kernel, image, tasks, observation: _derived, ...rest }) => {
    const slices = ofSlices(kernel).flatMap(([name, hash]) => [Buffer.from(name), hash]);
    const others = byName(rest).flatMap(([name, part]) => [
      Buffer.from(name),
      typeof part === "object" && part !== null ? hashed(part, () => canonical(part)) : sha256(canonical(part)),
    ]);
    const sizes = Buffer.from(`${slices.length} ${image.segments.length} ${tasks.length} ${others.length}\n`);
    return Buffer.concat([sizes, ...slices, ...ofImage(image), ...tasks.map(ofTask), ...others]);
  };
};

const sha256 = (content: string | Buffer): Buffer => createHash("sha256").update(content).digest();

/** The fields of a record in an order of their own; what is undefined is not there, and code follows from the rest. */
const byName = (record: object): readonly (readonly [name: string, value: unknown])[] =>
  Object.entries(record)
    .filter(([, value]) => value !== undefined && typeof value !== "function")
    .sort(([one], [other]) => (one < other ? -1 : 1));

/**
 * Plain data as text: equal data and only equal data has equal text, whatever the order of its fields.
 *
 * @throws Error on what is no plain data: it has no content that could be compared
 */
const canonical = (value: unknown): string => {
  switch (typeof value) {
    case "string":
    case "boolean":
      return JSON.stringify(value);
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "undefined":
      return "undefined";
    case "object": {
      if (value === null) return "null";
      if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
      if (Object.getPrototypeOf(value) !== Object.prototype) break;
      return `{${byName(value).map(([name, part]) => `${JSON.stringify(name)}:${canonical(part)}`)}}`;
    }
  }
  throw new Error(`a state holds ${Object.prototype.toString.call(value)}, which is no plain data`);
};
