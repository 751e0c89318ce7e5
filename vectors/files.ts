import { itfOf } from "./itf.ts";
import type { VectorSet } from "./set.ts";

/** In what form vectors are written. */
export type VectorFormat = "kselftest" | "kunit" | "json" | "itf" | "rv";

/** Formats for other harnesses, made of the vectors of user space. */
export const filesOf = (format: "json" | "itf", set: VectorSet): readonly (readonly [name: string, text: string])[] => {
  switch (format) {
    case "json":
      return [["vectors.json", jsonText(set)]];
    case "itf":
      return set.vectors.flatMap((vector) => {
        const trace = itfOf(vector);
        return trace === undefined ? [] : [[`${vector.id}.itf.json`, jsonText(trace)] as const];
      });
  }
};

const jsonText = (content: unknown): string => `${JSON.stringify(content, null, 2)}\n`;
