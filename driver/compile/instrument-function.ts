import { type AccessMap, accessesIn, type MemoryAccess } from "./accesses.ts";
import { blocksIn, decisionOf, type IrBlock, isHandler, predecessors } from "./control-flow.ts";
import type { DebugInfo, SourceLocation } from "./debug-info.ts";
import type { Unmodelled } from "./diagnostics.ts";
import type { Access, BasicBlock, Branch, BranchWay, CallSite, EnumLoad, Structure } from "./image.ts";
import { bracketed, debugId, NAME, sizeOfType, splitList, typeLength } from "./ir-text.ts";

/** Where something stands that gets its number among the places of the image later. */
type Placed<T> = Omit<T, "site"> & { readonly place: Omit<CallSite, "callee"> };

/** What the functions of a unit add up to. */
export interface Gathered {
  readonly sites: CallSite[];
  readonly blocks: Omit<BasicBlock, "site">[];
  readonly branches: Branch[];
  readonly accesses: Placed<Access>[];
  readonly enumLoads: Placed<EnumLoad>[];
  /** Where each function is called first. */
  readonly firstUse: Map<string, CallSite>;
  readonly unmodelled: Unmodelled[];
}

/** What is known of the unit that a function belongs to. */
export interface Unit {
  readonly debug: DebugInfo;
  readonly structures: Readonly<Record<string, Structure>>;
  /** Whether loads and stores report themselves. */
  readonly reportsAccesses: boolean;
}

const CALL = new RegExp(String.raw`^\s+(?:%${NAME} = )?(?:tail |musttail |notail )?call .*?(?:@(${NAME})|%${NAME})\(`);
/** Assembly that is not empty: barrier() is, and says something to the compiler alone. */
const ASSEMBLY = / call(?:br)? [^@%]*\basm (?:\w+ )*"(?!")/;
const CONDITION = new RegExp(String.raw`^\s+br i1 (%${NAME}), label %(${NAME}), label %(${NAME})`);
const FIELD = new RegExp(String.raw`^\s+(%(${NAME})) = getelementptr .*?%struct\.(${NAME}), ptr `);

/** The bits that a number of 32 bits and one may have; of these, all ones and all zeros become 0 and 1 when one is added. */
const UPPER_HALVES = 2 ** 32 - 1;
/** Stands for every pointer that is no address and no error: it lies behind all memory. */
const NOWHERE = 0xf000_0000 | 0;

/** Whether a function belongs to the compiler. */
export const isIntrinsic = (name: string): boolean => name.startsWith("llvm.") || name.startsWith('"llvm.');

const ENTER = `  %sv.frame = alloca [2 x i32], align 8
  %sv.at = ptrtoint ptr %sv.frame to i64
  %sv.at32 = trunc i64 %sv.at to i32
  call void @frame_enter(i32 %sv.at32)
  %sv.previous = load i32, ptr @sv_frame, align 4
  store i32 %sv.previous, ptr %sv.frame, align 4
  %sv.site = getelementptr i8, ptr %sv.frame, i64 4
  store i32 0, ptr %sv.site, align 4
  store i32 %sv.at32, ptr @sv_frame, align 4`;

/** What lay in a frame would tell equal states apart where the function was made part of another one, whose frame lives on. */
const LEAVE = [
  "  store i32 %sv.previous, ptr @sv_frame, align 4",
  "  store volatile i64 0, ptr %sv.frame, align 8",
] as const;

/** Rewrites one function; `body` begins with its `define` line and ends before its closing brace. */
export const instrumentFunction = (
  body: readonly string[],
  { debug, structures, reportsAccesses }: Unit,
  gathered: Gathered,
  out: string[],
): void => {
  const { sites, blocks, branches, firstUse, unmodelled } = gathered;
  const accesses: AccessMap = reportsAccesses ? accessesIn(body) : new Map();
  const flow = blocksIn(body);
  const before = predecessors(flow);
  const firstBlock = blocks.length;
  const numbers = new Map(flow.map(({ label }, index) => [label, firstBlock + index]));
  const fieldNames = new Map<string, string>();
  const enums = new Map<string, { readonly type: string; readonly least: number; readonly most: number }>();
  let values = 0;
  const fresh = (): string => {
    values += 1;
    return `%sv.v${values}`;
  };
  let file = "";
  let name = "";
  let latest: SourceLocation | undefined;

  const placeOf = (location: SourceLocation | undefined): Omit<CallSite, "callee"> => ({
    file: location?.file ?? file,
    line: location?.line ?? 0,
    column: location?.column ?? 0,
    function: location?.function ?? name,
  });

  /** A 64-bit value as the runtime takes it. */
  const narrow = (expression: string, into: string[]): string => {
    const value = fresh();
    into.push(expression.replace("$", value));
    return value;
  };
  /** Its lower half, which is all of an address here and enough of an error pointer; what has another upper half is neither. */
  const addressOf = (pointer: string, into: string[]): string => {
    const wide = narrow(`  $ = ptrtoint ptr ${pointer} to i64`, into);
    const low = narrow(`  $ = trunc i64 ${wide} to i32`, into);
    if (pointer.startsWith("@")) return low;
    const high = narrow(`  $ = lshr i64 ${wide}, 32`, into);
    const next = narrow(`  $ = add i64 ${high}, 1`, into);
    const rest = narrow(`  $ = and i64 ${next}, ${UPPER_HALVES}`, into);
    const isAddress = narrow(`  $ = icmp ult i64 ${rest}, 2`, into);
    return narrow(`  $ = select i1 ${isAddress}, i32 ${low}, i32 ${NOWHERE}`, into);
  };
  const lengthOf = (length: string, into: string[]): string =>
    length.startsWith("%") ? narrow(`  $ = trunc i64 ${length} to i32`, into) : String(Number(length) | 0);

  const note = ({ kind, size, isMarked, alignment, isBitField, pointer }: MemoryAccess): number => {
    const field = fieldNames.get(pointer);
    const access = { place: placeOf(latest), kind, size: size ?? 0, isMarked, alignment, isBitField, field };
    return gathered.accesses.push(access) - 1;
  };
  const report = (found: readonly MemoryAccess[], into: string[]): void => {
    const [first, second] = found as readonly [MemoryAccess, MemoryAccess?];
    const at = addressOf(first.pointer, into);
    if (second !== undefined) {
      const target = addressOf(second.pointer, into);
      const read = note(first);
      note(second);
      into.push(
        `  call void @access_copy(i32 ${target}, i32 ${at}, i32 ${lengthOf(first.length!, into)}, i32 ${read})`,
      );
    } else if (first.length !== undefined) {
      const length = lengthOf(first.length, into);
      into.push(`  call void @access_range(i32 ${at}, i32 ${length}, i32 ${note(first)})`);
    } else if (first.size !== undefined) {
      into.push(`  call void @access(i32 ${at}, i32 ${note(first)})`);
    }
  };

  /** What a pointer to a field is to, and the span of the field's type where that is an enumerated one. */
  const noteField = (line: string): void => {
    const [, value, given = "", typeName = ""] = FIELD.exec(line) ?? [];
    const structure = typeName.replace(/\.\d+$/, "");
    const fields = structures[structure]?.fields;
    // A second value of one name has a number behind it.
    const fieldName = fields?.[given] === undefined ? given.replace(/\d+$/, "") : given;
    const field = fields?.[fieldName];
    if (value === undefined || field === undefined || !reportsAccesses) return;
    fieldNames.set(value, `${fieldName} of struct ${structure}`);
    if (field.size !== 4 || !field.type.startsWith("enum ")) return;
    const names = debug.enumerators(field.type.slice("enum ".length));
    if (names === undefined) return;
    const least = Math.min(0, ...names);
    const most = 2 ** Math.ceil(Math.log2(Math.max(1, ...names) + 1)) - 1;
    enums.set(value, { type: field.type, least, most });
  };

  /** Blocks on the ways of branches that lead to where other ways meet, so that each way is counted by itself. */
  const edges: { readonly label: string; readonly from: string; readonly to: string }[] = [];
  const edge = (from: string, to: string): string => {
    const label = `sv.edge.${edges.length}`;
    edges.push({ label, from, to });
    return label;
  };
  const branch = (line: string, block: IrBlock, lines: readonly string[]): string => {
    const match = CONDITION.exec(line);
    if (match === null || latest === undefined || match[2] === match[3]) return line;
    const [, condition, whenTrue, whenFalse] = match as unknown as [string, string, string, string];
    if (isHandler(whenTrue) || isHandler(whenFalse)) return line;
    const runUp = (before.get(block.label) ?? []).length === 1 ? before.get(block.label)![0]! : undefined;
    const context = [...(runUp === undefined ? [] : body.slice(runUp.from, runUp.to)), ...lines];
    const lineOf = (instruction: string): number => debug.location(debugId(instruction) ?? -1)?.line ?? 0;
    let text = line;
    const wayTo = (target: string, isTrue: boolean): BranchWay => {
      const decision = decisionOf(context, condition, isTrue, lineOf);
      const isShared = (before.get(target) ?? []).length > 1;
      if (!isShared) return { label: String(isTrue), block: numbers.get(target)!, decision };
      const label = edge(block.label, target);
      text = text.replace(`label %${target}`, `label %${label}`);
      return { label: String(isTrue), block: firstBlock + flow.length + edges.length - 1, decision };
    };
    const ways = [wayTo(whenTrue, true), wayTo(whenFalse, false)];
    branches.push({ file: latest.file, line: latest.line, function: latest.function, ways });
    return text;
  };
  const branchOfSwitch = (lines: readonly string[]): void => {
    const at = lines.findLastIndex((line) => /^\s+switch /.test(line));
    if (at === -1 || latest === undefined) return;
    const text = lines.slice(at).join(" ");
    const targets = [
      ["default", new RegExp(String.raw`label %(${NAME}) \[`).exec(text)?.[1]],
      ...[...text.matchAll(new RegExp(String.raw`i\d+ (-?\d+), label %(${NAME})`, "g"))].map(([, value, to]) => [
        value,
        to,
      ]),
    ] as unknown as readonly (readonly [string, string])[];
    const ways = targets
      .filter(
        ([, to]) => (before.get(to) ?? []).length === 1 && targets.filter(([, other]) => other === to).length === 1,
      )
      .map(([label, to]): BranchWay => ({ label, block: numbers.get(to)! }));
    branches.push({ file: latest.file, line: latest.line, function: latest.function, ways });
  };

  const instrumentBlock = (
    block: IrBlock,
    isEntry: boolean,
  ): { lines: string[]; covered: Set<number>; calls: number[] } => {
    const result: string[] = [];
    const covered = new Set<number>();
    const calls: number[] = [];
    let isOpen = false;
    const number = numbers.get(block.label)!;
    for (let at = block.from; at < block.to; at += 1) {
      const line = body[at]!;
      if (line.trim() === "") {
        result.push(line);
        continue;
      }
      if (!isOpen && !/ = phi /.test(line)) {
        if (isEntry) result.push(ENTER);
        result.push(`  call void @block_enter(i32 ${number})`);
        isOpen = true;
      }
      const id = debugId(line);
      const location = id === undefined ? undefined : debug.location(id);
      if (location !== undefined && location.line > 0) {
        latest = location;
        if (file === "" || covered.size === 0) file = location.file;
        if (name === "") name = location.function;
        if (location.file === file) covered.add(location.line);
      }
      if (ASSEMBLY.test(line)) {
        unmodelled.push({ kind: "assembly", name: "", file, line: location?.line ?? [...covered].at(-1) ?? 0 });
      }
      const call = CALL.exec(line);
      if (call !== null && !/ call [^@%]*asm /.test(line) && !(call[1] !== undefined && isIntrinsic(call[1]))) {
        const callee = call[1] ?? "";
        const variable = callee === "" ? 0 : variableBytes(line, callee);
        const site: CallSite = { ...placeOf(location), callee, ...(variable === 0 ? {} : { variable }) };
        if (!firstUse.has(callee)) firstUse.set(callee, site);
        result.push(`  store i32 ${sites.length}, ptr %sv.site, align 4`);
        calls.push(sites.push(site) - 1);
      }
      const found = accesses.get(at);
      if (found !== undefined) report(found, result);
      if (/^\s+ret /.test(line)) result.push(...LEAVE);
      noteField(line);
      result.push(branch(line, block, body.slice(block.from, at)));
      const loaded = /^\s+(%\S+) = load i32, ptr (%[^\s,]+)/.exec(line);
      const span = loaded === null ? undefined : enums.get(loaded[2]!);
      if (span !== undefined) {
        const index = gathered.enumLoads.push({ place: placeOf(latest), ...span }) - 1;
        result.push(`  call void @enum_load(i32 ${loaded![1]}, i32 ${index})`);
      }
    }
    branchOfSwitch(body.slice(block.from, block.to));
    return { lines: result, covered, calls };
  };

  out.push(body[0]!);
  // The first lines may be attributes of the function, or the name of its first block.
  for (const [index, block] of flow.entries()) {
    const heading = body[block.from - 1]!;
    if (index > 0 || block.from > 1) out.push(heading);
    const { lines, covered, calls } = instrumentBlock(block, index === 0);
    out.push(...lines);
    blocks.push({
      file,
      function: name,
      lines: isHandler(block.label) ? [] : [...covered].sort((a, b) => a - b),
      isEntry: index === 0,
      calls,
      next: block.next.map((label) => {
        const through = edges.findIndex(({ from, to }) => from === block.label && to === label);
        return through === -1 ? numbers.get(label)! : firstBlock + flow.length + through;
      }),
    });
  }
  for (const [index, { label, to }] of edges.entries()) {
    const number = firstBlock + flow.length + index;
    out.push(`${label}:`, `  call void @block_enter(i32 ${number})`, `  br label %${to}`);
    blocks.push({ file, function: name, lines: [], isEntry: false, calls: [], next: [numbers.get(to)!] });
  }
  renamePhis(out, edges);
};

/** What is passed in another way is passed by its address. */
const SLOT = 8;

/** How many bytes the variable arguments of a call take: they lie one behind the other, each aligned to its size. */
const variableBytes = (line: string, callee: string): number => {
  const at = line.indexOf(`@${callee}(`);
  const fixed = /\(([^()]*)\.\.\.\) $/.exec(line.slice(0, at))?.[1];
  if (fixed === undefined) return 0;
  let end = 0;
  for (const argument of splitList(bracketed(line, at + 1 + callee.length)).slice(splitList(fixed).length)) {
    const size = sizeOfType(argument.slice(0, typeLength(argument))) ?? SLOT;
    end = Math.ceil(end / size) * size + size;
  }
  return end;
};

/** Where a way now goes through a block of its own, the values that depend on the way come from there. */
const renamePhis = (
  out: string[],
  edges: readonly { readonly label: string; readonly from: string; readonly to: string }[],
): void => {
  if (edges.length === 0) return;
  let label = "";
  const start = out.findLastIndex((line) => line.startsWith("define "));
  for (let at = start + 1; at < out.length; at += 1) {
    const line = out[at]!;
    const heading = new RegExp(`^(${NAME}):`).exec(line);
    if (heading !== null) label = heading[1]!;
    else if (/ = phi /.test(line)) {
      out[at] = edges
        .filter(({ to }) => to === label)
        .reduce((text, { label: through, from }) => text.replace(`, %${from} ]`, `, %${through} ]`), line);
    }
  }
};
