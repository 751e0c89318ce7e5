import { NAME, typeLength } from "./ir-text.ts";

/** A variable or constant of a unit of C, by its name there. */
export interface IrVariable {
  readonly name: string;
  readonly isConstant: boolean;
}

const DEFINITION = new RegExp(`^@(${NAME}) = (.*?)\\b(global|constant) (.*)$`);

/** Bytes that belong to nobody, behind each variable, so that an overrun by a little hits no neighbour. */
const REDZONE = 16;

/** The end of an initialiser: what follows it are attributes. */
const valueLength = (text: string): number => {
  let at = 0;
  while (at < text.length && text[at] !== ",") {
    const length = typeLength(text.slice(at));
    at += length + (text[at + length] === " " ? 1 : 0);
  }
  return at;
};

/**
 * Sets each variable of a unit apart from the next one, and writes a table of them all: address, and size in bytes.
 *
 * What the sanitizers add, and strings of the compiler's own, have names that are numbers; they stand in the table too.
 *
 * @param table - name of the table, a symbol
 */
export const separateVariables = (
  ir: string,
  table: string,
): { readonly ir: string; readonly variables: readonly IrVariable[] } => {
  const variables: IrVariable[] = [];
  const rows: string[] = [];
  const lines = ir.split("\n").map((line) => {
    if (!line.startsWith("@")) return line;
    const match = DEFINITION.exec(line);
    if (match === null) return line;
    const [, name, before, declared, rest] = match as unknown as [string, string, string, string, string];
    // What the sanitizers describe their checks by has a number for a name, and a place to note what was reported: unused.
    const kind = /^\d+$/.test(name) ? "constant" : declared;
    if (/\b(?:external|appending|extern_weak)\b/.test(before) || name.startsWith("llvm.")) return line;
    const length = typeLength(rest);
    const type = rest.slice(0, length);
    const value = rest.slice(length + 1);
    const end = valueLength(value);
    variables.push({ name: name.replaceAll('"', ""), isConstant: kind === "constant" });
    rows.push(`{ ptr, i64 } { ptr @${name}, i64 ptrtoint (ptr getelementptr (${type}, ptr null, i64 1) to i64) }`);
    const apart = `{ ${type}, [${REDZONE} x i8] }`;
    const initial = `{ ${type} ${value.slice(0, end)}, [${REDZONE} x i8] zeroinitializer }`;
    // A string that is merged with equal ones would lose its own place.
    return `@${name} = ${before.replace("unnamed_addr ", "")}${kind} ${apart} ${initial}${value.slice(end)}`;
  });
  const content = rows.length === 0 ? "zeroinitializer" : `[${rows.join(", ")}]`;
  return {
    ir: `${lines.join("\n")}\n@${table} = constant [${rows.length} x { ptr, i64 }] ${content}, align 8\n`,
    variables,
  };
};
