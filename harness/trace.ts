import { type Address, formatAddress, NULL } from "../abi/address.ts";
import { describeResult, MAX_ERRNO } from "../abi/errno.ts";
import { replay, type Schedule } from "../checker/schedule.ts";
import type { CallSite, Prototype } from "../driver/compile/image.ts";
import type { PendingAccess } from "../driver/run/driver.ts";
import { kernelFunctions } from "../models/index.ts";
import type { Fault, ReportStep } from "../report/report.ts";
import { callArguments, type RunningKernel } from "./driver-kernel.ts";
import { memoryNames } from "./memory-names.ts";
import { isInSubject } from "./subject-sites.ts";
import type { SysramSystem } from "./sysram-system.ts";

/** A run, line by line. */
export interface RunTrace {
  readonly steps: readonly ReportStep[];
  readonly faults: readonly Fault[];
}

/** The text of a line of the subject; undefined where it is not known. */
export type SourceLine = (file: string, line: number) => string | undefined;

/** How many calls of one command a trace shows: a driver that loops for ever makes thousands. */
const CALLS_SHOWN = 200;

type Draft = { -readonly [Key in keyof ReportStep]: ReportStep[Key] };

/** With one task at a time there is nobody else to be told from, but for kernel workers. */
const ALONE = "the environment";
const WORKER = "a kernel worker";

/** Takes a run again and writes down what happens inside it. */
export const traceOf = (system: SysramSystem, schedule: Schedule, sourceLine: SourceLine): RunTrace => {
  const steps: Draft[] = [];
  const faults: Fault[] = [];
  /** The calls of each task that have not returned, innermost last. */
  const openCalls: Draft[][] = [];
  let open: Draft[] = [];
  let task = ALONE;
  const isAlone = (system.configuration.tasks ?? 1) === 1;
  const names: string[] = [];
  let calls = 0;
  const { driver, kernel } = system;
  const { facts } = driver;
  const call = callArguments(driver);
  const { describe } = memoryNames(driver);

  const place = (site: CallSite | undefined): Partial<Draft> => {
    if (site === undefined || site.file === "") return {};
    const text = sourceLine(site.file, site.line);
    return { file: site.file, line: site.line, ...(text === undefined ? {} : { text }) };
  };

  system.watching(
    {
      begins: (action, id) => {
        if (action.kind === "start") {
          openCalls[id] = [];
          names[id] = isAlone ? (system.commands[action.command]!.isWorkers ? WORKER : ALONE) : `task ${id + 1}`;
        }
        open = openCalls[id] ??= [];
        calls = 0;
        task = names[id]!;
        steps.push({ task, kind: "command", depth: 0, what: system.describe(action) });
      },
      preempted: (at) => {
        const inside = open.at(-1)?.function;
        const where = inside === undefined ? "" : ` in ${inside}()`;
        if (at?.access === undefined) {
          steps.push({ task, kind: "note", depth: 0, what: `is interrupted${where}` });
          return;
        }
        const site = [facts.accesses[at.access.access]!.site, ...driver.backtrace(at.frame)].find((each) =>
          isInSubject(facts.sites[each]!),
        );
        const what = `is interrupted before it ${aboutToDo(at.access)}`;
        steps.push({
          task,
          kind: "note",
          depth: 0,
          what,
          ...place(site === undefined ? undefined : facts.sites[site]),
        });
      },
      happens: (event) => {
        switch (event.kind) {
          case "call": {
            calls += 1;
            if (calls > CALLS_SHOWN) {
              if (calls === CALLS_SHOWN + 1) {
                steps.push({
                  task,
                  kind: "note",
                  depth: event.depth,
                  what: "and so on; further calls are not shown",
                });
              }
              open.push({ task, kind: "call", depth: event.depth });
              return;
            }
            const prototype = facts.kernelFunctions[event.function]!;
            const at = event.backtrace.find((site) => isInSubject(facts.sites[site]!));
            call.slots = event.slots;
            const step: Draft = {
              task,
              kind: "call",
              depth: event.depth,
              function: prototype.name,
              arguments: formatArguments(kernel, prototype),
              ...place(at === undefined ? undefined : facts.sites[at]),
            };
            steps.push(step);
            open.push(step);
            return;
          }
          case "return": {
            const step = open.pop();
            const { result } = facts.kernelFunctions[event.function]!;
            if (step === undefined || result === "void") return;
            // What never fails gives numbers: the node -1 is no -EPERM.
            const isNumber = !isPointer(result) && kernelFunctions[step.function!]?.declared.fails === "never";
            step.result = isNumber ? String(event.result) : formatResult(kernel, result, event.result, nameOf);
            return;
          }
          case "callback": {
            const target =
              typeof event.function === "string"
                ? facts.functions.find(({ name }) => name === event.function)
                : driver.functionAt(event.function);
            const name = target === undefined ? event.name : "function" in target ? target.function : target.name;
            steps.push({
              task,
              kind: "callback",
              depth: event.depth,
              function: name,
              ...(target === undefined ? {} : { file: target.file, line: target.line }),
            });
            return;
          }
          case "callback end":
            return;
          case "sleep":
            steps.push({ task, kind: "note", depth: event.depth, what: `sleeps (${event.reason})` });
            return;
          case "wait":
            steps.push({ task, kind: "note", depth: event.depth, what: `waits in ${event.reason}()` });
            return;
        }
      },
      asks: (question, answer) => {
        if (answer.fault === undefined) return;
        const step = open.at(-1);
        const fault: Draft = step ?? { task, kind: "fault", depth: 1, function: question };
        if (step === undefined) steps.push(fault);
        fault.kind = "fault";
        fault.result ??= answer.label;
        fault.why = `${question} is made to answer ${answer.label}`;
        const { file, line } = fault;
        faults.push({
          function: question,
          result: answer.label,
          ...(file === undefined ? {} : { file }),
          ...(line === undefined ? {} : { line }),
        });
      },
    },
    () => replay(system, schedule),
  );
  return { steps, faults };

  /** An access in words: `reads res of struct cxl_sysram`. */
  function aboutToDo({ access, at, length, to }: PendingAccess): string {
    const { kind, field } = facts.accesses[access]!;
    const { live } = kernel.state.slab;
    if (to !== undefined) return `copies ${describe(live, at, length)} to ${describe(live, to, length)}`;
    const verb = { read: "reads", write: "writes", update: "reads and writes" }[kind];
    return `${verb} ${field ?? describe(live, at, length)}`;
  }

  /** A function by its name, an allocation by what the line that made it assigns it to. */
  function nameOf(at: Address): string | undefined {
    const target = driver.functionAt(at);
    if (target !== undefined) return target.function;
    const allocation = kernel.state.slab.live.find((candidate) => candidate.at === at);
    const site = allocation === undefined ? undefined : facts.sites[allocation.site];
    if (site === undefined) return undefined;
    return /^\s*(?:[\w\s*]*?[\s*])?([\w>.-]+)\s*=[^=]/.exec(sourceLine(site.file, site.line) ?? "")?.[1];
  }

  function formatArguments(k: RunningKernel, { parameters }: Prototype): readonly string[] {
    return parameters.flatMap((type, index): readonly string[] => {
      if (type === "void") return [];
      if (type === "char *" && parameters[index + 1] === "void") return [quote(call.formatted(index))];
      return [formatValue(k, type, index)];
    });
  }

  function formatValue(k: RunningKernel, type: string, index: number): string {
    if (type === "char *") {
      const at = call.address(index);
      return at === NULL ? "NULL" : quote(call.string(index));
    }
    if (isPointer(type)) return formatPointer(k, type, call.address(index), nameOf);
    if (/^(u64|resource_size_t|phys_addr_t|unsigned long|size_t|__u64)$/.test(type)) return formatWord(call.u64(index));
    if (/^(unsigned|u32|gfp_t|mhp_t|enum)/.test(type)) return String(call.i32(index));
    return String(call.i32(index));
  }
};

const isPointer = (type: string): boolean => type.endsWith("*");

const quote = (text: string): string => JSON.stringify(text);

/** Small numbers as people count, large ones as addresses. */
const formatWord = (value: number): string => (value < 0x10000 ? String(value) : `0x${value.toString(16)}`);

const formatResult = (k: RunningKernel, type: string, value: number, nameOf: NameOf): string => {
  if (!isPointer(type)) return describeResult(value);
  if (value < 0 && value >= -MAX_ERRNO) return `ERR_PTR(${describeResult(value)})`;
  return formatPointer(k, type, value as Address, nameOf);
};

/** A pointer by what it points to, as far as that has a name. */
const formatPointer = (k: RunningKernel, type: string, at: Address, nameOf: NameOf): string => {
  if (at === NULL) return "NULL";
  const { state } = k;
  for (const region of state.cxlRegion.regions) {
    if (at === region.at && type === "struct cxl_region *") return "cxlr";
    if (at === region.device) return "&cxlr->dev";
  }
  if (type === "struct device *" && state.device.devices.some((device) => device.at === at)) return "&sysram->dev";
  if (type === "struct resource *") return at === state.iomem.root ? "&iomem_resource" : "res";
  if (type === "struct memory_dev_type *") return "mtype";
  return nameOf(at) ?? formatAddress(at);
};

/** What the subject's own lines call the thing at an address. */
type NameOf = (at: Address) => string | undefined;
