import type { FormatName, LogFormat } from "../event.ts";
import { dmesgFormat } from "./dmesg.ts";
import { functionFormat } from "./function.ts";
import { functionGraphFormat } from "./function-graph.ts";
import { jsonFormat } from "./json-lines.ts";
import { traceCmdFormat } from "./trace-cmd.ts";

const FORMATS: Readonly<Record<FormatName, LogFormat>> = {
  function: functionFormat,
  function_graph: functionGraphFormat,
  "trace-cmd": traceCmdFormat,
  dmesg: dmesgFormat,
  json: jsonFormat,
};

export const formatNamed = (name: FormatName): LogFormat => FORMATS[name];

/** So much of a line is looked at: where somebody has laid a trap for patterns, more would take long. */
const LOOKED_AT = 512;

/** What only lines of one format have. */
const MARKS: readonly (readonly [FormatName, RegExp])[] = [
  ["json", /^\s*\{/],
  ["trace-cmd", /^cpus=\d+$|: function:\s+\S+.* <-- |: funcgraph_e(?:ntry|xit):/],
  ["function_graph", /^# tracer: function_graph\b|^\s*(?:[\d.]+ .*\| +)?\d+\) .*\| {2}|^# CPU {2}DURATION/],
  ["function", /^# tracer: function\b|^\s*\S.*-\d+\s+.*\d+(?:us.?)?: \S+(?:\(.*\))? <-\S/],
  ["dmesg", /^(?:<\d+>|\S.{0,100}? kernel: ?)?\s*\[\s*\d+\.\d+\]|^\S.{0,100}? kernel: \S/],
];

/** The format that a line shows; undefined where it could be of several, or of none. */
export const formatShownBy = (line: string): LogFormat | undefined => {
  const start = line.slice(0, LOOKED_AT);
  const found = MARKS.find(([, mark]) => mark.test(start));
  return found === undefined ? undefined : FORMATS[found[0]];
};
