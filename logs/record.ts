import { type Address, NULL } from "../abi/address.ts";
import { MAX_ERRNO } from "../abi/errno.ts";
import type { CallSite, Prototype } from "../driver/compile/image.ts";
import { callArguments } from "../harness/driver-kernel.ts";
import type { SysramSystem } from "../harness/sysram-system.ts";

/**
 * A run in the modelled kernel as a tracer would have seen it: every call between kernel and driver, by its symbols.
 *
 * Around a function of the driver stands the function of the kernel that calls it, which the models have no call of:
 * `device_release`, `devm_action_release`, `dev_attr_store`. A work runs in a task of its own, as it would.
 */
export type RecordedEvent =
  | {
      readonly kind: "enter";
      readonly task: string;
      readonly function: string;
      readonly caller: string;
      readonly arguments: readonly string[];
      /** The name of the device that it is about, where it is the first argument. */
      readonly device: string | undefined;
    }
  | { readonly kind: "leave"; readonly task: string; readonly function: string; readonly result: string };

/** Who calls the driver, by what the models call it for. */
const CALLERS: Readonly<Record<string, string>> = {
  release: "device_release",
  action: "devm_action_release",
  func: "process_one_work",
};

const callerOf = (name: string): string | undefined => {
  if (/_store$/.test(name)) return "dev_attr_store";
  if (/_show$/.test(name)) return "dev_attr_show";
  return /^devm_/.test(name) ? "cxl_region_probe" : CALLERS[name];
};

/** What a shell and a worker are called in a log. */
const SHELL = "bash-";
const WORKER = "kworker/u8:1-57";

/** Who calls the kernel's functions around the driver. */
const OUTSIDE = "vfs_write";

/** Takes steps of a system, and gives what was called in them. */
export const recorded = (system: SysramSystem, take: () => void): readonly RecordedEvent[] => {
  const { driver } = system;
  const { facts } = driver;
  const events: RecordedEvent[] = [];
  const call = callArguments(driver);
  /** What each task is in, innermost last. */
  const stacks = new Map<number, { readonly task: string; readonly functions: readonly string[] }[]>();
  const names = new Map<Address, string>();
  let open: { readonly task: string; readonly functions: readonly string[] }[] = [];
  let task = SHELL;

  const enter = (functions: readonly string[], caller: string, values: readonly string[], device?: string): void => {
    const about = { task, arguments: values, device };
    for (const [index, name] of functions.entries()) {
      events.push({ kind: "enter", function: name, caller: functions[index - 1] ?? caller, ...about });
    }
    open.push({ task, functions });
  };
  const leave = (result: string): void => {
    const top = open.pop();
    for (const name of top?.functions.toReversed() ?? []) events.push({ kind: "leave", task, function: name, result });
    task = open.at(-1)?.task ?? task;
  };

  system.watching(
    {
      begins: (_, id) => {
        open = stacks.get(id) ?? [];
        stacks.set(id, open);
        task = open.at(-1)?.task ?? `${SHELL}${1977 + id}`;
      },
      happens: (event) => {
        switch (event.kind) {
          case "call": {
            call.slots = event.slots;
            const prototype = facts.kernelFunctions[event.function]!;
            const { name, parameters } = prototype;
            const site = event.backtrace.map((at) => facts.sites[at]!).find(isSubject);
            const caller = site?.function ?? open.at(-1)?.functions.at(-1) ?? OUTSIDE;
            const first = parameters[0] === "struct device *" ? call.address(0) : NULL;
            if (name === "dev_set_name") names.set(first, call.formatted(1));
            enter([name], caller, valuesOf(prototype), names.get(first));
            return;
          }
          case "return":
            leave(resultText(facts.kernelFunctions[event.function]!.result, event.result));
            return;
          case "callback": {
            const target =
              typeof event.function === "string"
                ? event.function
                : (driver.functionAt(event.function)?.function ?? event.name);
            const around = callerOf(event.name);
            const outer = open.at(-1)?.functions.at(-1) ?? OUTSIDE;
            if (event.name === "func") task = WORKER;
            const device = names.get((event.arguments[0] ?? 0) as Address);
            const functions = around === undefined ? [target] : [around, target];
            enter(
              functions,
              outer,
              event.arguments.map((value) => pointer(value)),
              device,
            );
            return;
          }
          case "callback end":
            leave(decimal(event.result));
            return;
          case "sleep":
          case "wait":
            return;
        }
      },
    },
    take,
  );
  return events;

  function valuesOf({ parameters }: Prototype): readonly string[] {
    return parameters
      .filter((type) => type !== "void")
      .map((type, index) => {
        if (type.endsWith("*")) return pointer(call.address(index));
        return isWide(type) ? `0x${call.u64(index).toString(16)}` : decimal(call.i32(index));
      });
  }
};

const isSubject = ({ file }: CallSite): boolean => file !== "" && !file.startsWith("include/");

const isWide = (type: string): boolean => /^(?:u64|resource_size_t|phys_addr_t|unsigned long|size_t|__u64)$/.test(type);

const LOWEST_ADDRESS = 0x1000;

const decimal = (value: number): string => String(value);

/** An address of the model as one of the kernel's direct map; an error pointer as the errno that it is. */
const pointer = (value: number): string => {
  if (value === NULL) return "0x0";
  if (value < 0 && value >= -MAX_ERRNO) return decimal(value);
  if (value < LOWEST_ADDRESS) return `0x${value.toString(16)}`; // a length or a flag among a callback's arguments
  return `0xffff8881${value.toString(16).padStart(8, "0")}`;
};

const resultText = (type: string, value: number): string => (type.endsWith("*") ? pointer(value) : decimal(value));
