import { type LogEvent, symbolOf, valuesOf } from "../event.ts";

const INDENT = 2;

/** The tracer keeps no deeper stack (kernel/trace/fgraph.c SHADOW_STACK_SIZE). */
const DEEPEST = 1_000;

/**
 * The part of a line of the function graph behind its last bar: two spaces for each function that it is nested in, and
 * `f() {`, `f();` or `}`.
 *
 * The options add to it: arguments between the parentheses (funcgraph-args), and in a comment of C behind it the caller
 * as `<-caller` (funcgraph-retaddr), the name at an end (funcgraph-tail), and the result as `ret=-12`, in older kernels
 * `= -12` (funcgraph-retval).
 *
 * Source: kernel/trace/trace_functions_graph.c print_graph_entry_leaf(), print_graph_entry_nested(),
 * print_graph_return(), print_graph_retval().
 */
export const readGraphBody = (body: string, task: string, tell: (event: LogEvent) => void): boolean => {
  const text = body.trimStart();
  const depth = (body.length - text.length) / INDENT;
  if (text === "" || text.startsWith("/*")) return true; // an interrupt's arrow, or another event as a comment
  if (!Number.isInteger(depth) || depth > DEEPEST) return false;
  if (text.startsWith("}")) {
    const named = END.exec(text);
    if (named === null) return false;
    const name = named[1];
    tell({ kind: "leave", task, depth, function: name === undefined ? undefined : symbolOf(name), result: named[2] });
    return true;
  }
  const begins = BEGIN.exec(text);
  if (begins === null) return false;
  const [, name = "", values = "", mark, result] = begins;
  const symbol = symbolOf(name);
  tell({
    kind: "enter",
    task,
    depth,
    function: symbol,
    arguments: values === "" ? undefined : valuesOf(values),
  });
  if (mark === ";") tell({ kind: "leave", task, depth, function: symbol, result });
  return true;
};

const VALUE = "-?(?:0x[0-9a-f]+|\\d+)";
const BEGIN = new RegExp(
  `^([\\w.]+)(?: \\[[^\\]]*\\])?\\((.*?)\\)(;| \\{)(?: /\\*(?: <-\\S+(?: \\[[^\\]]*\\])?)?(?: (?:=|ret=|\\w+ ret=) ?(${VALUE}))? \\*/)?\\s*$`,
);
const END = new RegExp(`^\\}(?: /\\*(?: ([\\w.]+)(?: \\[[^\\]]*\\])?)?(?: (?:=|ret=) ?(${VALUE}))? \\*/)?\\s*$`);
