import type { FormatName } from "./event.ts";
import type { RecordedEvent } from "./record.ts";

/**
 * Writes the log of a run as the tools write theirs: what `trace` reads, and what a real log can be compared with.
 */
export interface WriteOptions {
  /** Which functions the tracer is set to; all of them where this is absent. */
  readonly isTraced?: (name: string) => boolean;
  /** Whether arguments and results are in it, as the tracers' options add them. */
  readonly hasValues?: boolean;
  /** Pieces of the log that are lost, by the number of their first event and how many they are. */
  readonly holes?: readonly { readonly at: number; readonly events: number }[];
  /** What the columns of a function log show beside. */
  readonly columns?: readonly ("flags" | "tgid")[];
  /** Whether the head says what was traced, and that there was no device before. */
  readonly isTold?: boolean;
}

/** What is written for an event, and how it is lost. */
interface Writer {
  readonly head: readonly string[];
  readonly lost: (events: number) => string;
  /** The lines of the events, each with the lines that must stand before it whether it is lost or not. */
  readonly entries: readonly { readonly before: readonly string[]; readonly line: string }[];
}

/** The log of a run, with a line end behind each line. */
export const writeLog = (events: readonly RecordedEvent[], format: FormatName, options: WriteOptions = {}): string => {
  const { isTraced, holes = [], isTold = false } = options;
  const shown = isTraced === undefined ? events : events.filter((event) => isTraced(event.function));
  const { head, lost, entries } = WRITERS[format](shown, options);
  const lines: string[] = [...head];
  if (isTold) {
    const traced = isTraced === undefined ? ["*"] : [...new Set(shown.map((event) => event.function))].sort();
    if (format !== "json") lines.push(`# traced: ${traced.join(" ")}`, "# devices before: 0");
    else lines.push(JSON.stringify({ format: "sysram-verify/log", version: 1, traced, devicesBefore: 0 }));
  }
  for (let at = 0; at < entries.length; at += 1) {
    const hole = holes.find((candidate) => candidate.at === at);
    if (hole !== undefined && hole.events > 0) {
      const events = Math.min(hole.events, entries.length - at);
      lines.push(lost(events));
      at += events - 1;
      continue;
    }
    lines.push(...entries[at]!.before, entries[at]!.line);
  }
  return lines.map((line) => `${line}\n`).join("");
};

/** How many events there are to lose. */
export const countOf = (events: readonly RecordedEvent[], format: FormatName): number =>
  WRITERS[format](events, {}).entries.length;

/** A clock that goes on a little with each event. */
const stamps = (): (() => string) => {
  let microseconds = 17_284_993_000;
  return () => {
    microseconds += 7;
    return `${Math.floor(microseconds / 1e6)}.${String(microseconds % 1e6).padStart(6, "0")}`;
  };
};

const taskColumn = (task: string): string => {
  const dash = task.lastIndexOf("-");
  return `${task.slice(0, dash).padStart(16)}-${task.slice(dash + 1).padEnd(7)}`;
};

const valuesText = (values: readonly string[]): string => values.map((value, at) => `arg${at}=${value}`).join(", ");

const ftraceLost = (events: number): string => `CPU:0 [LOST ${events} EVENTS]`;

type WriterOf = (events: readonly RecordedEvent[], options: WriteOptions) => Writer;

const functionLog: WriterOf = (events, { hasValues = false, columns = ["flags"] }) => {
  const time = stamps();
  const entries = events.flatMap((event) => {
    if (event.kind === "leave") return [];
    const tgid = columns.includes("tgid") ? `(${event.task.slice(event.task.lastIndexOf("-") + 1).padStart(7)}) ` : "";
    const flags = columns.includes("flags") ? "..... " : " ";
    const values = hasValues ? `(${valuesText(event.arguments)})` : "";
    const line = `${taskColumn(event.task)} ${tgid}[000] ${flags}${time()}: ${event.function}${values} <-${event.caller}`;
    return [{ before: [], line }];
  });
  const head = [
    "# tracer: function",
    "#",
    `# entries-in-buffer/entries-written: ${entries.length}/${entries.length}   #P:1`,
    "#",
  ];
  return { head, lost: ftraceLost, entries };
};

/** Lines of a function graph: what is written in which depth, in which task; a function without others in it is one line. */
const graphLines = (
  events: readonly RecordedEvent[],
  hasValues: boolean,
): readonly { readonly task: string; readonly body: string; readonly kind: "entry" | "leaf" | "exit" }[] => {
  const depths = new Map<string, number>();
  const lines: { task: string; body: string; kind: "entry" | "leaf" | "exit" }[] = [];
  for (let at = 0; at < events.length; at += 1) {
    const event = events[at]!;
    const { task } = event;
    const depth = depths.get(task) ?? 0;
    if (event.kind === "leave") {
      const indent = "  ".repeat(Math.max(depth - 1, 0));
      lines.push({
        task,
        body: `${indent}}${hasValues ? ` /* ${event.function} ret=${event.result} */` : ""}`,
        kind: "exit",
      });
      depths.set(task, Math.max(depth - 1, 0));
      continue;
    }
    const indent = "  ".repeat(depth);
    const start = `${indent}${event.function}(${hasValues ? valuesText(event.arguments) : ""})`;
    const next = events[at + 1];
    if (next?.kind === "leave" && next.task === task) {
      lines.push({ task, body: `${start};${hasValues ? ` /* ret=${next.result} */` : ""}`, kind: "leaf" });
      at += 1;
    } else {
      lines.push({ task, body: `${start} {`, kind: "entry" });
      depths.set(task, depth + 1);
    }
  }
  return lines;
};

const DURATION = { entry: "              ", leaf: "   0.651 us   ", exit: " + 12.300 us  " } as const;

const RULE = " ------------------------------------------";

const graphLog: WriterOf = (events, { hasValues = false }) => {
  let running: string | undefined;
  const entries = graphLines(events, hasValues).map(({ task, body, kind }) => {
    const change = `${RULE}\n 0)   ${running}    =>   ${task}  \n${RULE}\n`.split("\n");
    const before = running === undefined || running === task ? [] : change;
    running = task;
    return { before, line: ` 0) ${DURATION[kind]}|  ${body}` };
  });
  const head = [
    "# tracer: function_graph",
    "#",
    "# CPU  DURATION                  FUNCTION CALLS",
    "# |     |   |                     |   |   |   |",
  ];
  return { head, lost: ftraceLost, entries };
};

const traceCmdLog: WriterOf = (events, { hasValues = false }) => {
  const time = stamps();
  const entries = graphLines(events, hasValues).map(({ task, body, kind }) => {
    const event = kind === "exit" ? "funcgraph_exit: " : "funcgraph_entry:";
    return { before: [], line: `${taskColumn(task)} [000] ${time()}: ${event} ${DURATION[kind]}|  ${body}` };
  });
  return { head: ["cpus=1"], lost: (lost) => `CPU:0 [${lost} EVENTS DROPPED]`, entries };
};

const dmesgLog: WriterOf = (events) => {
  const time = stamps();
  const entries = events.flatMap((event) => {
    if (event.kind !== "enter" || event.device === undefined) return [];
    const { function: name, device } = event;
    const text =
      name === "device_add" || name === "device_unregister"
        ? `device: '${device}': ${name}`
        : name === "device_release"
          ? `kobject: '${device}' (00000000d5a1f9b2): kobject_cleanup, parent 0000000000000000`
          : undefined;
    return text === undefined ? [] : [{ before: [], line: `[${time().padStart(12)}] ${text}` }];
  });
  return { head: [], lost: (lost) => `** ${lost} printk messages dropped **`, entries };
};

const jsonLog: WriterOf = (events, { hasValues = false }) => {
  const depths = new Map<string, number>();
  const entries = events.map((event) => {
    const { kind, task, function: name } = event;
    const before = depths.get(task) ?? 0;
    const depth = kind === "enter" ? before : Math.max(before - 1, 0);
    depths.set(task, kind === "enter" ? depth + 1 : depth);
    const values = !hasValues ? {} : event.kind === "enter" ? { arguments: event.arguments } : { result: event.result };
    return { before: [], line: JSON.stringify({ kind, task, depth, function: name, ...values }) };
  });
  return { head: [], lost: (lost) => JSON.stringify({ kind: "lost", events: lost }), entries };
};

const WRITERS: Readonly<Record<FormatName, WriterOf>> = {
  function: functionLog,
  function_graph: graphLog,
  "trace-cmd": traceCmdLog,
  dmesg: dmesgLog,
  json: jsonLog,
};
