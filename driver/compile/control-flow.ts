import type { Decision } from "./image.ts";
import { NAME, splitList } from "./ir-text.ts";

/** One basic block in the IR of one function. */
export interface IrBlock {
  /** Empty where the first block has no name. */
  readonly label: string;
  /** Its instructions: places in the lines of the function, first and behind the last. */
  readonly from: number;
  readonly to: number;
  readonly next: readonly string[];
}

const LABEL = new RegExp(`^(${NAME}):`);
const TARGET = new RegExp(`label %(${NAME})`, "g");

/** The blocks of a function; `body` begins with its `define` line. */
export const blocksIn = (body: readonly string[]): readonly IrBlock[] => {
  const blocks: IrBlock[] = [];
  let label = "";
  let from = 1;
  const end = (to: number): void => {
    const lines = body.slice(from, to);
    const last = lines.findLastIndex((line) => /^\s+(?:br|switch|ret|unreachable|indirectbr)\b/.test(line));
    if (last === -1) return;
    const targets = [...lines.slice(last).join("\n").matchAll(TARGET)].map(([, name]) => name!);
    blocks.push({ label, from, to, next: [...new Set(targets)] });
  };
  for (let at = 1; at < body.length; at += 1) {
    const match = LABEL.exec(body[at]!);
    if (match === null) continue;
    end(at);
    label = match[1]!;
    from = at + 1;
  }
  end(body.length);
  return blocks;
};

/** How many blocks go on with each block. */
export const predecessors = (blocks: readonly IrBlock[]): ReadonlyMap<string, readonly IrBlock[]> => {
  const found = new Map<string, IrBlock[]>();
  for (const block of blocks) {
    for (const label of block.next) {
      const known = found.get(label);
      if (known === undefined) found.set(label, [block]);
      else known.push(block);
    }
  }
  return found;
};

/** Whether the sanitizers made a block, and the C knows nothing of it. */
export const isHandler = (label: string): boolean => label.startsWith("handler.");

const NEGATED: Readonly<Record<string, string>> = {
  eq: "ne",
  ne: "eq",
  slt: "sge",
  sge: "slt",
  sgt: "sle",
  sle: "sgt",
};

/** What a result is, in words, for which a comparison holds. */
const wordsOf = (predicate: string, constant: string): string => {
  const what = constant === "null" ? "NULL" : constant;
  switch (predicate) {
    case "eq":
      return what;
    case "ne":
      return `anything but ${what}`;
    case "slt":
      return what === "0" ? "a negative value" : `less than ${what}`;
    case "sge":
      return `${what} or more`;
    case "sgt":
      return `more than ${what}`;
    case "sle":
      return `${what} or less`;
    default:
      return "a value that leads there";
  }
};

/**
 * The call whose result decides a branch, where the branch tests it at once.
 *
 * @param lines - what runs just before the branch
 * @param lineOf - the line in the C of an instruction
 */
export const decisionOf = (
  lines: readonly string[],
  condition: string,
  isTrue: boolean,
  lineOf: (instruction: string) => number,
): Decision | undefined => {
  let value = condition;
  let holds = isTrue;
  let result: string | undefined;
  let before = lines.length;
  for (;;) {
    const at = lines.findLastIndex((line, index) => index < before && line.startsWith(`  ${value} = `));
    if (at === -1) return undefined;
    const line = lines[at]!;
    const text = line.slice(value.length + 5).replace(/(, )?!dbg .*$/, "");
    const compared = /^icmp (\w+) \S+ (\S+), (\S+?),?$/.exec(text);
    const converted = /^(?:zext|sext|trunc|freeze) (?:\w+ )*?(i\d+) (%\S+)/.exec(text);
    const loaded = /^load \S+ ptr (%[^\s,]+)/.exec(text);
    const expected = /^call \S+ @llvm\.expect\.\w+\(\S+ (%[^\s,]+),/.exec(text);
    const called = /^(?:tail )?call .*?@([\w$.]+)\(/.exec(text);
    if (/^xor i1 (%\S+), true/.test(text)) {
      value = /^xor i1 (%[^\s,]+)/.exec(text)![1]!;
      holds = !holds;
    } else if (compared !== null) {
      const [, predicate, operand, constant] = compared as unknown as [string, string, string, string];
      if (!operand.startsWith("%") || constant.startsWith("%")) return undefined;
      // A truth value that was widened and is tested again.
      const isTruth = lines.some((other) =>
        new RegExp(`^ {2}${escaped(operand)} = (?:zext i1|sext i32|call i64 @llvm\\.expect)`).test(other),
      );
      value = operand;
      if (isTruth && constant === "0") holds = predicate === "ne" ? holds : !holds;
      else result = wordsOf(holds ? predicate : (NEGATED[predicate] ?? ""), constant);
    } else if (converted !== null) {
      value = converted[2]!;
    } else if (expected !== null) {
      value = expected[1]!;
    } else if (loaded !== null) {
      const store = lines.findLastIndex(
        (other, index) => index < at && /^ {2}store /.test(other) && splitList(other)[1] === `ptr ${loaded[1]}`,
      );
      const stored = store === -1 ? undefined : /^ {2}store \S+ (%[^\s,]+),/.exec(lines[store]!)?.[1];
      if (stored === undefined) return undefined;
      value = stored;
      before = store;
      continue;
    } else if (called !== null) {
      return { callee: called[1]!, line: lineOf(line), result: result ?? String(holds) };
    } else {
      return undefined;
    }
    before = at;
  }
};

const escaped = (text: string): string => text.replaceAll(/[.$]/g, "\\$&");
