import { type LineReader, type LogFormat, symbolOf, valuesOf } from "../event.ts";
import { ftracePrefix, lostEvents, overwritten } from "./ftrace-line.ts";
import { knowledgeIn } from "./head.ts";
import { returnProbe } from "./probe-line.ts";

/**
 * The text of ftrace's `function` tracer: each function as it begins, with its caller.
 *
 *     bash-1977    [000] d..1. 17284.993652: kfree <-sysram_release
 *     bash-1977    [000] d..1. 17284.993652: kfree(object=0xffff888100) <-sysram_release      func-args
 *
 * When a function ends is not in it, unless return probes tell; other events and stack traces are passed over.
 *
 * Source: kernel/trace/trace_output.c trace_fn_trace(), print_function_args().
 */
export const functionFormat: LogFormat = {
  name: "function",
  title: "text of the function tracer",
  isNested: false,
  isPartial: false,
  reader: (isSpokenOf) => functionReader(isSpokenOf, FTRACE_BODY),
};

/** What stands behind the time: the function, its arguments, its caller. */
const FTRACE_BODY = /^([^\s(:]+)(?: \[[^\]]*\])?(?:\((.*)\))? <-(.*)$/;

/** Lines that belong to an event above them: stack traces, with their heads. */
export const isContinuation = (line: string): boolean => /^\s*(?:=>|<(?:stack|user stack) trace|---|$)/.test(line);

/** What a comment in the head of a log says; false where a line is no comment. */
export const readHead: LineReader = (line, tell) => {
  if (!line.startsWith("#")) return false;
  const events = overwritten(line);
  if (events > 0) tell({ kind: "lost", events, why: "the oldest events were written over before the log was read" });
  const knowledge = knowledgeIn(line);
  if (knowledge !== undefined) tell({ kind: "knows", knowledge });
  return true;
};

/** Reads lines that begin with task, CPU and time; `body` finds a function and its caller behind these. */
export const functionReader =
  (isSpokenOf: (name: string) => boolean, body: RegExp): LineReader =>
  (line, tell) => {
    if (readHead(line, tell) || isContinuation(line)) return true;
    // Most lines are of no interest. What tells is looked at before the rest of the line is taken apart.
    const arrow = line.lastIndexOf(" <-");
    if (arrow !== -1 && line.indexOf(" <- ") === -1) {
      const colon = line.indexOf(": ");
      const found = colon === -1 ? null : body.exec(line.slice(colon + 2).trimStart());
      if (found !== null && !isSpokenOf(symbolOf(found[1]!))) return ftracePrefix(line) !== undefined;
    }
    const prefix = ftracePrefix(line);
    if (prefix === undefined) {
      const lost = lostEvents(line);
      if (lost !== undefined) tell({ kind: "lost", ...lost });
      return lost !== undefined;
    }
    const text = line.slice(prefix.at);
    const found = body.exec(text);
    if (found === null) {
      const probe = returnProbe(prefix.task, text);
      if (probe !== undefined && "function" in probe && isSpokenOf(probe.function!)) tell(probe);
      return true;
    }
    const [, name = "", values, caller = ""] = found;
    if (isSpokenOf(symbolOf(name))) {
      tell({
        kind: "enter",
        task: prefix.task,
        function: symbolOf(name),
        caller: callerOf(caller),
        arguments: values === undefined ? undefined : valuesOf(values),
      });
    }
    return true;
  };

/** A return address that a probe has replaced names nobody. */
const callerOf = (text: string): string | undefined =>
  text.trimStart().startsWith("[unknown") ? undefined : symbolOf(text.trim());
