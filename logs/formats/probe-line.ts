import { type LogEvent, symbolOf } from "../event.ts";

/**
 * What a return probe or a function probe writes: the one place where a log of beginnings has results.
 *
 *     r_kasprintf_0: (devm_cxl_add_sysram+0x1f/0x90 [cxl_core] <- kasprintf) arg1=0xffff888100
 *     kasprintf__exit: (devm_cxl_add_sysram+0x1f/0x90 <- kasprintf) ret=0xffff888100
 *
 * Where the report writes addresses for names, the name of the event has to say of which function it is: `r_NAME_0`,
 * `NAME__return` and `NAME__exit`, as the kernel and perf name them.
 *
 * Source: kernel/trace/trace_kprobe.c print_kretprobe_event(), kernel/trace/trace_fprobe.c.
 */
export const returnProbe = (task: string, body: string): LogEvent | undefined => {
  const found = RETURN.exec(body);
  if (found === null) return undefined;
  const [, event = "", caller = "", named = "", rest = ""] = found;
  const isSymbol = !/^(?:0x)?[0-9a-f]+$/i.test(named);
  const name = isSymbol ? symbolOf(named) : functionOfEvent(event);
  if (name === undefined) return undefined;
  const result = /=(-?(?:0x)?[0-9a-f]+)\b/i.exec(rest)?.[1];
  return { kind: "leave", task, function: name, result, ...(isSymbol ? { caller: symbolOf(caller) } : {}) };
};

const RETURN = /^(\w+):\s+\(([^()]*?) <- ([^()]*)\)(.*)$/;

const functionOfEvent = (event: string): string | undefined =>
  /^(?:r_(\w+)_\d+|(\w+?)__(?:return|exit))$/
    .exec(event)
    ?.slice(1)
    .find((name) => name !== undefined);
