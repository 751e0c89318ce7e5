import type { DriverFunction, Field, Structure } from "./image.ts";

/**
 * Reads the debug information that clang writes into textual LLVM IR: where an instruction stands in the C, and how
 * structures are laid out.
 *
 * Source: LLVM Language Reference, "Specialized Metadata Nodes".
 */
export interface DebugInfo {
  /** Where the location with this number stands; undefined where the compiler made the instruction up. */
  location(id: number): SourceLocation | undefined;
  /** Where the variable with this number is defined. */
  variable(id: number): Pick<SourceLocation, "file" | "line"> | undefined;
  structures(): Record<string, Structure>;
  /** The values of an enumerated type's names; undefined where it is not known. */
  enumerators(name: string): readonly number[] | undefined;
  /** The prototype behind a function's debug number. */
  prototype(id: number): Omit<DriverFunction, "name"> | undefined;
}

export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly function: string;
}

/** The folder that sources are compiled in; it is no part of a path in the kernel tree. */
export const SOURCE_FOLDER = "src/";

/** The path in the kernel tree behind a path that the compiler prints. */
export const treePath = (path: string): string => path.replace(/^(\.\/)?(src\/)?/, "");

const BITS = 8;

export const readDebugInfo = (lines: readonly string[]): DebugInfo => {
  const nodes = new Map<number, string>();
  for (const line of lines) {
    const match = /^!(\d+) = (?:distinct )?(.*)$/.exec(line);
    if (match !== null) nodes.set(Number(match[1]), match[2]!);
  }

  const text = (node: string, key: string): string | undefined =>
    new RegExp(`[(, ]${key}: "((?:[^"\\\\]|\\\\.)*)"`).exec(node)?.[1];
  const reference = (node: string, key: string): number | undefined => {
    const match = new RegExp(`[(, ]${key}: !(\\d+)`).exec(node);
    return match === null ? undefined : Number(match[1]);
  };
  const number = (node: string, key: string): number => {
    const match = new RegExp(`[(, ]${key}: (\\d+)`).exec(node);
    return match === null ? 0 : Number(match[1]);
  };
  const elements = (id: number | undefined): (number | undefined)[] => {
    const node = id === undefined ? undefined : nodes.get(id);
    if (node === undefined) return [];
    return node
      .slice(node.indexOf("{") + 1, node.lastIndexOf("}"))
      .split(",")
      .map((part) => (part.trim().startsWith("!") ? Number(part.trim().slice(1)) : undefined));
  };

  /** What the innermost scope says that says anything; empty where none does. */
  const inScope = (scope: number | undefined, said: (node: string) => string | undefined): string => {
    const node = scope === undefined ? undefined : (nodes.get(scope) ?? "");
    return node === undefined ? "" : (said(node) ?? inScope(reference(node, "scope"), said));
  };
  const fileOf = (scope: number): string =>
    inScope(scope, (node) => {
      const file = reference(node, "file");
      const named = node.startsWith("!DIFile") ? node : file === undefined ? undefined : (nodes.get(file) ?? "");
      return named === undefined ? undefined : treePath(text(named, "filename") ?? "");
    });
  const functionOf = (scope: number): string =>
    inScope(scope, (node) => (node.startsWith("!DISubprogram") ? (text(node, "name") ?? "") : undefined));

  const typeName = (id: number | undefined): string => {
    if (id === undefined) return "void";
    const node = nodes.get(id) ?? "";
    const tag = /tag: (DW_TAG_\w+)/.exec(node)?.[1];
    const name = text(node, "name");
    switch (tag) {
      case "DW_TAG_pointer_type":
        return `${typeName(reference(node, "baseType"))} *`.replace("* *", "**");
      case "DW_TAG_const_type":
      case "DW_TAG_volatile_type":
      case "DW_TAG_restrict_type":
        return typeName(reference(node, "baseType"));
      case "DW_TAG_typedef":
        return name ?? "";
      case "DW_TAG_structure_type":
        return `struct ${name ?? ""}`;
      case "DW_TAG_union_type":
        return `union ${name ?? ""}`;
      case "DW_TAG_enumeration_type":
        return `enum ${name ?? ""}`;
      case "DW_TAG_array_type":
        return `${typeName(reference(node, "baseType"))} []`;
      default:
        return node.startsWith("!DISubroutineType") ? "function" : (name ?? "");
    }
  };

  const fieldsOf = (node: string, base: number, into: Record<string, Field>): void => {
    for (const element of elements(reference(node, "elements"))) {
      const member = element === undefined ? undefined : nodes.get(element);
      if (member === undefined || !member.includes("DW_TAG_member")) continue;
      const offset = base + number(member, "offset") / BITS;
      const name = text(member, "name");
      const type = reference(member, "baseType");
      if (name === undefined) fieldsOf(nodes.get(type ?? -1) ?? "", offset, into);
      else into[name] = { offset, size: number(member, "size") / BITS, type: typeName(type) };
    }
  };

  const locations = new Map<number, SourceLocation | undefined>();
  return {
    location: (id) => {
      if (locations.has(id)) return locations.get(id);
      const node = nodes.get(id);
      const scope = node?.startsWith("!DILocation") ? reference(node, "scope") : undefined;
      const line = node === undefined ? 0 : number(node, "line");
      const location =
        node === undefined || scope === undefined || line === 0
          ? undefined
          : { file: fileOf(scope), line, column: number(node, "column"), function: functionOf(scope) };
      locations.set(id, location);
      return location;
    },
    variable: (id) => {
      const variable = reference(nodes.get(id) ?? "", "var");
      const node = nodes.get(variable ?? -1);
      return node === undefined ? undefined : { file: fileOf(variable!), line: number(node, "line") };
    },
    structures: () => {
      const found: Record<string, Structure> = {};
      for (const node of nodes.values()) {
        if (!node.startsWith("!DICompositeType") || !node.includes("DW_TAG_structure_type")) continue;
        const name = text(node, "name");
        if (name === undefined || reference(node, "elements") === undefined) continue;
        const fields: Record<string, Field> = {};
        fieldsOf(node, 0, fields);
        found[name] = { size: number(node, "size") / BITS, fields };
      }
      return found;
    },
    enumerators: (wanted) => {
      for (const node of nodes.values()) {
        if (!node.includes("tag: DW_TAG_enumeration_type") || text(node, "name") !== wanted) continue;
        const values = elements(reference(node, "elements")).map((id) =>
          Number(/value: (-?\d+)/.exec(nodes.get(id ?? -1) ?? "")?.[1]),
        );
        if (values.length > 0 && values.every(Number.isFinite)) return values;
      }
      return undefined;
    },
    prototype: (id) => {
      const node = nodes.get(id);
      if (node === undefined) return undefined;
      const [result, ...parameters] = elements(reference(nodes.get(reference(node, "type") ?? -1) ?? "", "types"));
      return {
        file: fileOf(id),
        line: number(node, "line"),
        result: typeName(result),
        parameters: parameters.map(typeName),
      };
    },
  };
};
