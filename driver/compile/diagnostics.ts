import { BuildError } from "./build-error.ts";
import { treePath } from "./debug-info.ts";
import { hintFor, modelOf } from "./model-of.ts";
import { fromMissing, type Given, type UndeclaredCall, undeclaredError } from "./undeclared.ts";

/** Something of the kernel's that the driver uses and that has no model, or the assembly of a processor. */
export interface Unmodelled {
  readonly kind: "function" | "variable" | "assembly";
  readonly name: string;
  /** Where the driver uses it first; empty where the compiler does not tell. */
  readonly file: string;
  readonly line: number;
}

/** The error for what the driver uses and the models lack. */
export const unmodelledError = (all: readonly Unmodelled[]): BuildError => {
  const [first] = all;
  const { kind, name, file, line } = first!;
  if (kind === "assembly") {
    return new BuildError(
      "not-modelled",
      `${file === "" ? "outside of any function" : `${file}:${line}`}: assembly, which is for a processor that is not modelled`,
      "call what the kernel offers for it, which can have a model",
    );
  }
  const names = [...new Set(all.slice(1).map((other) => other.name || "assembly"))];
  const others = names.length === 0 ? "" : ` (and ${names.length} more: ${names.join(", ")})`;
  const what = kind === "function" ? `calls ${name}(), which is not modelled` : `uses ${name}, which is not modelled`;
  return new BuildError("not-modelled", `${file}:${line}: ${what}${others}`, hintFor(kind, name));
};

/** An error of clang's. */
interface ClangError {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

const errorsIn = (output: string): readonly ClangError[] =>
  [...output.matchAll(/^(\S[^:\n]*):(\d+):\d+: (?:fatal )?error: (.*)$/gm)].map(([, path, line, text]) => ({
    file: treePath(path!),
    line: Number(line),
    text: text!,
  }));

const undeclared = /call to undeclared (?:library )?function '([^']+)'/;

/** What clang says of a definition when a call above it has declared the function in its own way. */
const clash = /^(?:static declaration of|conflicting types for) '([^']+)'/;

/** The calls of functions that nothing declares, where clang refuses nothing else; empty where it does. */
export const undeclaredIn = (output: string): readonly UndeclaredCall[] => {
  const errors = errorsIn(output);
  const calls = errors.flatMap(({ file, line, text }) => {
    const name = undeclared.exec(text)?.[1];
    return name === undefined ? [] : [{ name, file, line }];
  });
  const names = new Set(calls.map(({ name }) => name));
  const others = errors.filter(({ text }) => !undeclared.test(text) && !names.has(clash.exec(text)?.[1] ?? ""));
  return others.length === 0 ? calls : [];
};

/** The error for what clang refused, from what it printed: for the first of it. */
export const compileError = (output: string, given: Given): BuildError => {
  const [first] = errorsIn(output);
  if (first === undefined) {
    return new BuildError(
      "does-not-compile",
      `the C does not compile: ${firstLine(output)}`,
      "compile it in a kernel tree first",
    );
  }
  const { file, line, text } = first;
  const place = `${file}:${line}`;
  const name = undeclared.exec(text)?.[1];
  if (name !== undefined) return undeclaredError([{ name, file, line }], given, []);

  const field = /no member named '([^']+)' in '([^']+)'/.exec(text);
  if (field !== null) {
    const model = modelOf(field[2]!.replace(/^struct /, "")) ?? "a new file in models/";
    return new BuildError(
      "not-modelled",
      `${place}: uses the field ${field[1]} of ${field[2]}, which is not modelled`,
      `the structure's stand-in lies in driver/include/; what the kernel does with the field belongs in ${model}`,
    );
  }
  const header = /'([^']+)' file not found/.exec(text)?.[1];
  if (header !== undefined) return headerError(place, header, isBeside(given, first, header));
  if (/use of undeclared identifier '([^']+)'|unknown type name '([^']+)'/.test(text)) {
    return new BuildError(
      "not-modelled",
      `${place}: ${text}`,
      `if it is the kernel's, its declaration belongs in driver/include/; if it comes from another patch of the series, name that patch too${fromMissing(given)}`,
    );
  }
  return new BuildError(
    "does-not-compile",
    `${place}: ${text}${placeBefore(output)}`,
    "the patch does not compile as it is; give the whole series if it needs other patches",
  );
};

const headerError = (place: string, header: string, isOwn: boolean): BuildError => {
  if (/^\/|\.\./.test(header)) {
    const hint = "there are only headers of the kernel's and those that the patch adds";
    return new BuildError("no-stand-in", `${place}: includes <${header}>, for which there is no stand-in header`, hint);
  }
  return isOwn
    ? new BuildError(
        "no-stand-in",
        `${place}: includes "${header}", which was not given, and for which there is no stand-in header`,
        `a patch that adds it must be given too, and for a C file that is given it is looked for beside that; if it is the kernel's, write driver/include/${header}`,
      )
    : new BuildError(
        "no-stand-in",
        `${place}: includes <${header}>, for which there is no stand-in header`,
        `write driver/include/${header} with what the driver needs of it`,
      );
};

/** Whether a line includes a header as one of its own, between quotation marks. */
const isBeside = ({ source }: Given, { file, line }: ClangError, header: string): boolean => {
  const text = [...source.sources, ...source.headers].find(({ path }) => path === file)?.text;
  return text?.split("\n")[line - 1]?.includes(`"${header}"`) === true;
};

/** Where the same was said before, if clang tells. */
const placeBefore = (output: string): string => {
  const note = /^(\S[^:\n]*):(\d+):\d+: note: (?:previous (?:definition|declaration)|.* declared here)/m.exec(output);
  if (note === null) return "";
  const path = treePath(note[1]!).replace(/^include\//, "");
  return ` (${note[1]!.startsWith("include/") ? "the stand-in header " : ""}${path}:${note[2]} has it already)`;
};

const firstLine = (text: string): string => text.split("\n").find((line) => line.trim() !== "") ?? "no output";
