import type { Progress } from "../checker/pace.ts";

/** What of a part's progress is told to the others. */
type Told = Pick<Progress, "states" | "transitions" | "frontier" | "depth" | "findings">;

const FIELDS = ["states", "transitions", "frontier", "depth", "findings"] as const;

/**
 * Memory that all threads of one search share: how far each part is, and whether somebody wants all of them to end.
 *
 * A search lets go of its thread for a moment only, so that messages would wait; a look into memory does not.
 */
export interface PartBoard {
  /** The memory, for a board in another thread. */
  readonly memory: SharedArrayBuffer;
  interrupt(): void;
  readonly isInterrupted: boolean;
  tell(part: number, progress: Told): void;
  /** All parts as one search; of the findings as many as the part with most has, because parts may have found the same. */
  total(): Told;
}

export const boardMemory = (parts: number): SharedArrayBuffer =>
  new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT * (1 + parts * FIELDS.length));

export const partBoard = (memory: SharedArrayBuffer): PartBoard => {
  const flag = new Int32Array(memory, 0, 1);
  const rows = new Float64Array(memory, Float64Array.BYTES_PER_ELEMENT);
  return {
    memory,
    interrupt: () => {
      Atomics.store(flag, 0, 1);
    },
    get isInterrupted() {
      return Atomics.load(flag, 0) === 1;
    },
    tell: (part, progress) => {
      for (const [index, field] of FIELDS.entries()) rows[part * FIELDS.length + index] = progress[field];
    },
    total: () => {
      const all = (field: (typeof FIELDS)[number]): Float64Array =>
        rows.filter((_, index) => index % FIELDS.length === FIELDS.indexOf(field));
      const sum = (numbers: Float64Array): number => numbers.reduce((total, number) => total + number, 0);
      return {
        states: sum(all("states")),
        transitions: sum(all("transitions")),
        frontier: sum(all("frontier")),
        depth: Math.max(...all("depth")),
        findings: Math.max(...all("findings")),
      };
    },
  };
};
