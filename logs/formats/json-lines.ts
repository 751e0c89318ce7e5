import { formOf } from "../../abi/schema.ts";
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
    const said = parsed(line);
    if (said === undefined) return false;
    if ("format" in said) tell({ kind: "knows", knowledge: knowledgeOf(said) });
    else if (said.kind === "lost") tell({ kind: "lost", events: said.events, why: "events were lost" });
    else if (said.kind === "leave") {
      const { kind, task, depth, function: name, result } = said;
      tell({ kind, task, depth, function: name, result: result === undefined ? undefined : String(result) });
    } else {
      const { kind, task, depth, function: name, arguments: values } = said;
      tell({ kind, task, depth, function: name, arguments: values?.map(String) });
    }
    return true;
  },
};

type Value = string | number;

interface Call {
  readonly task: string;
  readonly depth: number;
  readonly function: string;
}

/** A line that its schema allows. */
type Said =
  | ({ readonly format: string } & Knowledge)
  | ({ readonly kind: "enter"; readonly arguments?: readonly Value[] } & Call)
  | ({ readonly kind: "leave"; readonly result?: Value } & Call)
  | { readonly kind: "lost"; readonly events?: number };

const complaintAbout = formOf("logs/log-lines.schema.json");

const parsed = (line: string): Said | undefined => {
  try {
    const value: unknown = JSON.parse(line);
    return complaintAbout(value) === undefined ? (value as Said) : undefined;
  } catch {
    return undefined;
  }
};

const knowledgeOf = ({ traced, devicesBefore }: Knowledge): Knowledge => ({
  ...(traced === undefined ? {} : { traced }),
  ...(devicesBefore === undefined ? {} : { devicesBefore }),
});
