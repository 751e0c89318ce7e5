/**
 * The part that each line of ftrace's text has before its event: task, CPU, flags and time.
 *
 *     bash-1977    [000] d..1. 17284.993652: kfree <-sysram_release
 *     bash-1977  (   1960) [000] .....  17284.993652: ...          record-tgid
 *     bash-1977    [000]  17284.993652: ...                         noirq-info, and what trace-cmd writes
 *     bash-1977      0d..1    12us : ...                            latency-format
 *
 * Source: kernel/trace/trace_output.c trace_print_context(), trace_print_lat_context(), kernel/trace/trace.c
 * print_func_help_header(); for trace-cmd, the plain form of tep_print_event().
 */
export interface FtracePrefix {
  readonly task: string;
  /** Where the event begins in the line. */
  readonly at: number;
}

const PLAIN = /^\s*(\S.*?-\d+)\s+(?:\([\s\d-]+\)\s+)?\[\d+\](?:\s+[^\s:]{1,8})?\s+\d+(?:\.\d+)?:\s+/;
const LATENCY = /^\s*(\S.*?-\d+)\s+\d+[^\s\d]\S{2,6}\s+\d+us.?:\s+/;

/** The prefix of a line; undefined where it has none. */
export const ftracePrefix = (line: string): FtracePrefix | undefined => {
  const found = PLAIN.exec(line) ?? LATENCY.exec(line);
  return found === null ? undefined : { task: found[1]!, at: found[0].length };
};

const LOST = /^\s*CPU:(\d+) \[(?:LOST (?:(\d+) )?EVENTS|(?:(\d+) )?EVENTS DROPPED)\]/;

/**
 * How the tracers say that a CPU's buffer was overrun.
 *
 * Source: kernel/trace/trace.c print_trace_line(), only when read from trace_pipe; trace-cmd's report says DROPPED.
 */
export const lostEvents = (line: string): { readonly events: number | undefined; readonly why: string } | undefined => {
  const found = LOST.exec(line);
  if (found === null) return undefined;
  const number = found[2] ?? found[3];
  return { events: number === undefined ? undefined : Number(number), why: `CPU ${found[1]} lost events` };
};

const ENTRIES = /^#\s*entries-in-buffer\/entries-written:\s*(\d+)\/(\d+)/;

/** What the head of `trace` says of the entries that were written over before it was read: the oldest ones. */
export const overwritten = (line: string): number => {
  const found = ENTRIES.exec(line);
  return found === null ? 0 : Math.max(0, Number(found[2]) - Number(found[1]));
};
