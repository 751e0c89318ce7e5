import type { Knowledge, LogFormat } from "../event.ts";

/**
 * Our own lines, one JSON value each: for a tool that knows what it traces. See logs/log-lines.schema.json.
 *
 *     {"format":"sysram-verify/log","version":1,"traced":["kfree","put_device"],"devicesBefore":0}
 *     {"kind":"enter","task":"bash-1977","depth":2,"function":"kfree","arguments":["0xffff888100"]}
 *     {"kind":"leave","task":"bash-1977","depth":2,"function":"kfree","result":"0"}
 *     {"kind":"lost","events":3}
 *
 * The depth says in how many functions of its task one lies, so that what is lost confuses nothing.
 */
export const jsonFormat: LogFormat = {
  name: "json",
  title: "JSON lines",
  isNested: true,
  isPartial: false,
  reader: () => (line, tell) => {
    if (line.trim() === "") return true;
    const value = parsed(line);
    if (value === undefined) return false;
    if (value["format"] !== undefined) {
      if (value["format"] !== "sysram-verify/log" || value["version"] !== 1) return false;
      tell({ kind: "knows", knowledge: knowledgeOf(value) });
      return true;
    }
    const { kind, task, depth, function: name, result, events } = value;
    if (kind === "lost") {
      if (events !== undefined && !isCount(events)) return false;
      tell({ kind: "lost", events, why: "events were lost" });
      return true;
    }
    if ((kind !== "enter" && kind !== "leave") || typeof task !== "string" || typeof name !== "string") return false;
    if (!isCount(depth) || depth > DEEPEST) return false;
    if (kind === "leave") {
      if (result !== undefined && typeof result !== "string" && typeof result !== "number") return false;
      tell({ kind, task, depth, function: name, result: result === undefined ? undefined : String(result) });
      return true;
    }
    const values = value["arguments"];
    if (values !== undefined && !isList(values)) return false;
    tell({ kind, task, depth, function: name, arguments: values?.map(String) });
    return true;
  },
};

/** No stack of the kernel is so deep. */
const DEEPEST = 1_000;

type Fields = Readonly<Record<string, unknown>>;

const parsed = (line: string): Fields | undefined => {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
};

const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;

const isList = (value: unknown): value is readonly (string | number)[] =>
  Array.isArray(value) && value.every((item) => typeof item === "string" || typeof item === "number");

const knowledgeOf = ({ traced, devicesBefore }: Fields): Knowledge => ({
  ...(isList(traced) ? { traced: traced.map(String) } : {}),
  ...(isCount(devicesBefore) ? { devicesBefore } : {}),
});
