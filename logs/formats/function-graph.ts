import type { LineReader, LogFormat } from "../event.ts";
import { lostEvents } from "./ftrace-line.ts";
import { isContinuation, readHead } from "./function.ts";
import { readGraphBody } from "./graph-body.ts";

/**
 * The text of ftrace's `function_graph` tracer: each function as it begins and as it ends.
 *
 *      0)               |  hotplug_store() {
 *      0)   0.651 us    |    kfree();
 *      0)  bash-1977    | + 12.3 us     |  }          funcgraph-proc
 *
 * A line names its CPU; which task runs there is known from the line between two tasks of one CPU, and before the
 * first such line the task has no name. With funcgraph-proc each line names it.
 *
 * Source: kernel/trace/trace_functions_graph.c print_graph_prologue(), print_graph_duration(), verif_pid().
 */
export const functionGraphFormat: LogFormat = {
  name: "function_graph",
  title: "text of the function_graph tracer",
  isNested: true,
  isPartial: false,
  reader: () => graphReader(),
};

const SWITCH = /^\s*(?:(\d+)\)\s*)?(\S.*?-\d+)\s+=>\s+(\S.*-\d+)\s*$/;
const HEAD = /^\s*(?:[\d.]+(?:\s+us)?\s+\|\s+)?(?:(\d+)\)\s*)?(?:(\S.*?-\d+)\s*\|\s*)?/;
/** A line without the column of durations, whose bar is missing then. */
const BARE = /^(?:\s*\d+\)\s)?(\s*(?:[\w.]+(?: \[[^\]]*\])?\(.*|\}.*))$/;

const graphReader = (): LineReader => {
  /** The task on each CPU, as far as it was named. */
  const running = new Map<string, string>();
  const nameless = (cpu: string): string => `the first task on CPU ${cpu}`;
  return (line, tell) => {
    if (readHead(line, tell)) return true;
    const bar = line.lastIndexOf("|");
    if (bar === -1) {
      const change = SWITCH.exec(line);
      if (change !== null) {
        const [, cpu = "0", from = "", to = ""] = change;
        if (!running.has(cpu)) tell({ kind: "named", from: nameless(cpu), to: from });
        running.set(cpu, to);
        return true;
      }
      const lost = lostEvents(line);
      if (lost !== undefined) {
        tell({ kind: "lost", ...lost });
        return true;
      }
      if (isContinuation(line)) return true;
      const bare = BARE.exec(line);
      if (bare === null) return false;
      const cpu = HEAD.exec(line)?.[1] ?? "0";
      return readGraphBody(bare[1]!, running.get(cpu) ?? nameless(cpu), tell);
    }
    const head = HEAD.exec(line);
    const cpu = head?.[1] ?? "0";
    const task = head?.[2] ?? running.get(cpu) ?? nameless(cpu);
    return readGraphBody(line.slice(bar + 3), task, tell);
  };
};
