import type { LogFormat } from "../event.ts";
import { ftracePrefix } from "./ftrace-line.ts";
import { functionReader } from "./function.ts";
import { readGraphBody } from "./graph-body.ts";

/**
 * What `trace-cmd report` writes of a recording with the function or the function_graph tracer.
 *
 *     cpus=4
 *     bash-1977  [000] 17284.993652: function:             kfree <-- sysram_release
 *     bash-1977  [000] 17284.993652: funcgraph_entry:        0.651 us   |    kfree();
 *     bash-1977  [000] 17284.993652: funcgraph_exit:       + 12.300 us  |  }
 *
 * Source: trace-cmd's lib/trace-cmd/trace-ftrace.c and plugin_function.c, which write these events.
 */
export const traceCmdFormat: LogFormat = {
  name: "trace-cmd",
  title: "trace-cmd report",
  isNested: true,
  isPartial: false,
  reader: (isSpokenOf) => {
    const functions = functionReader(isSpokenOf, BODY);
    return (line, tell) => {
      const graph = line.indexOf(": funcgraph_e");
      if (graph === -1) return HEAD.test(line) || functions(line, tell);
      const prefix = ftracePrefix(line);
      const bar = line.lastIndexOf("|");
      if (prefix === undefined || bar === -1) return false;
      return readGraphBody(line.slice(bar + 3), prefix.task, tell);
    };
  },
};

const BODY = /^function:\s+([^\s(]+)(?: \[[^\]]*\])?(?:\((.*)\))?\s+<--\s+(.*)$/;

const HEAD = /^(?:cpus=\d+|version = \d+|CPU \d+ is empty|\s*trace-cmd: )/;
