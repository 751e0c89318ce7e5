import type { Knowledge } from "../event.ts";

/**
 * Two lines of our own that whoever records a log can put into its head, in every format that has comments:
 *
 *     # traced: kfree put_device *sysram*
 *     # devices before: 0
 */
export const knowledgeIn = (line: string): Knowledge | undefined => {
  const traced = /^#\s*traced:\s*(.*)$/.exec(line);
  if (traced !== null) return { traced: tracedIn(traced[1]!) };
  const before = /^#\s*devices before:\s*(\d+)\s*$/.exec(line);
  return before === null ? undefined : { devicesBefore: Number(before[1]) };
};

/**
 * The functions in what `set_ftrace_filter` shows: names, each perhaps with its module or a command behind it.
 *
 * Source: kernel/trace/ftrace.c t_show(), which has a line of its own for a filter that is not set.
 */
export const tracedIn = (text: string): readonly string[] => {
  if (text.includes("#### all functions enabled ####")) return ["*"];
  return text.split(/[\s,]+/).flatMap((word) => /^[\w.*?]+/.exec(word)?.[0] ?? []);
};
