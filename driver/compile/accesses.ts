import { bracketed, NAME, sizeOfType, splitList, typeLength } from "./ir-text.ts";

/**
 * Finds the loads and stores in the IR of one function, as the C has them: this is read before any optimisation.
 *
 * A variable of the function's own whose address never leaves it is nobody else's business and is left out: nothing can
 * be wrong with it that the compiler's own checks do not tell, and no other task can see it.
 */
export interface MemoryAccess {
  readonly kind: "read" | "write" | "update";
  /** The pointer as it stands in the IR. */
  readonly pointer: string;
  /** Bytes; undefined where only the run tells, by `length`. */
  readonly size: number | undefined;
  /** The number of bytes as it stands in the IR, of a copy or a fill. */
  readonly length: string | undefined;
  /** Atomic, or through READ_ONCE(), WRITE_ONCE() or another volatile access. */
  readonly isMarked: boolean;
  /** What the address must be a multiple of, in bytes. */
  readonly alignment: number;
  /** A unit of bit-fields: writing one of them reads the others, which need not have been written. */
  readonly isBitField: boolean;
  /** A copy is a read and a write of equal length, and may carry along what was never written. */
  readonly isCopy: boolean;
}

/** By the place of its line in the function: what an instruction reads and writes, in that order. */
export type AccessMap = ReadonlyMap<number, readonly MemoryAccess[]>;

const VALUE = new RegExp(`%${NAME}`, "g");
const ORDERING = / (?:syncscope\("[^"]*"\) )?(?:unordered|monotonic|acquire|release|acq_rel|seq_cst)$/;
const FILL_OR_COPY = /call void @llvm\.(memcpy|memmove|memset)\.[\w.]+\(/;
const HARMLESS = /#dbg_|@llvm\.(?:lifetime|assume|dbg)\b/;

const single = (
  kind: MemoryAccess["kind"],
  pointer: string,
  type: string,
  rest: string,
  line: string,
): MemoryAccess => ({
  kind,
  pointer: pointer.replace(/^ptr /, "").replace(ORDERING, ""),
  size: sizeOfType(type),
  length: undefined,
  isMarked: /^(?:atomic|volatile) /.test(rest) || kind === "update",
  alignment: Number(/, align (\d+)/.exec(line)?.[1] ?? 1),
  isBitField: /^\s+%bf\.load/.test(line),
  isCopy: false,
});

/** The accesses of one instruction, private or not. */
const accessesOf = (line: string): readonly MemoryAccess[] => {
  const instruction = /^\s+(?:%\S+ = )?(load|store|atomicrmw|cmpxchg) (.*)$/.exec(line);
  if (instruction !== null) {
    const [, opcode, rest] = instruction as unknown as [string, string, string];
    const [first = "", second = ""] = splitList(rest.replace(/^(?:atomic |volatile |weak )+/, ""));
    const typeOf = (operand: string): string => operand.slice(0, typeLength(operand));
    switch (opcode) {
      case "load":
        return [single("read", second, first, rest, line)];
      case "store":
        return [single("write", second, typeOf(first), rest, line)];
      case "atomicrmw":
        return [single("update", first.slice(first.indexOf("ptr ")), typeOf(second), rest, line)];
      default:
        return [single("update", first, typeOf(second), rest, line)];
    }
  }
  const call = FILL_OR_COPY.exec(line);
  if (call === null) return [];
  const [to = "", from = "", length = ""] = splitList(bracketed(line, call.index + call[0].length - 1));
  const part = (kind: "read" | "write", operand: string): MemoryAccess => ({
    kind,
    pointer: operand.replace(/^ptr (?:align \d+ )?/, ""),
    size: undefined,
    length: length.replace(/^i64 /, ""),
    isMarked: false,
    alignment: Number(/ align (\d+)/.exec(operand)?.[1] ?? 1),
    isBitField: false,
    isCopy: call[1] !== "memset",
  });
  return call[1] === "memset" ? [part("write", to)] : [part("read", from), part("write", to)];
};

/** The loads and stores in the lines of one function. */
export const accessesIn = (body: readonly string[]): AccessMap => {
  const own = new Set<string>();
  /** What a value points into, for those that are made of another by arithmetic alone. */
  const base = new Map<string, string>();
  const escaped = new Set<string>();
  const rootOf = (value: string): string => {
    let at = value;
    for (let next = base.get(at); next !== undefined; next = base.get(at)) at = next;
    return at;
  };
  const leak = (text: string): void => {
    for (const [value] of text.matchAll(VALUE)) escaped.add(rootOf(value));
  };
  const found = new Map<number, readonly MemoryAccess[]>();

  for (const [index, line] of body.entries()) {
    if (index === 0 || HARMLESS.test(line)) continue;
    const slot = /^\s+(%\S+) = alloca /.exec(line);
    if (slot !== null) {
      own.add(slot[1]!);
      continue;
    }
    const step = /^\s+(%\S+) = getelementptr (?:\w+ )*?(?=[%[{<]|i\d|ptr|float|double)/.exec(line);
    if (step !== null) {
      const pointer = splitList(line.slice(step[0].length))[1]?.replace(/^ptr /, "") ?? "";
      if (pointer.startsWith("%")) base.set(step[1]!, pointer);
      continue;
    }
    const accesses = accessesOf(line);
    if (accesses.length > 0) {
      found.set(index, accesses);
      const value = /^\s+store (?:atomic |volatile )*(.*)$/.exec(line)?.[1];
      if (value !== undefined) leak(splitList(value)[0]!);
      continue;
    }
    leak(line);
  }
  const isPrivate = ({ pointer }: MemoryAccess): boolean => {
    const root = rootOf(pointer);
    return own.has(root) && !escaped.has(root);
  };
  return new Map([...found].filter(([, accesses]) => !accesses.every(isPrivate)));
};
